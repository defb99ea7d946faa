using System.Diagnostics;
using System.Text;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>OpenDKIM's filter, as Debian has it, verifies what we sign.</summary>
public sealed class BesideOpendkimTests : IDisposable
{
    private const string Program = "/usr/sbin/opendkim";

    private readonly string _folder = Directory.CreateTempSubdirectory("actorsmtp-opendkim-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task It_takes_what_we_sign_and_sees_what_was_changed()
    {
        Skip.IfNot(File.Exists(Program), "opendkim is not installed");
        var keys = new DkimKeys();
        await File.WriteAllTextAsync(Path.Combine(_folder, "keys"), $"{keys.Signer.KeyName} {keys.Signer.KeyRecord}\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "conf"), $"Mode v\nTestPublicKeys {Path.Combine(_folder, "keys")}\n");
        var random = new Random(5);
        for (var i = 0; i < 12; i++)
        {
            // OpenDKIM's own reader of files wants a line end at the end.
            var message = keys.Sign("From: Ann <ann@example.com>\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n" + MailByChance.Make(random)["From".Length..].Insert(0, "X-First") + "\r\n");
            var verdict = await Verify(message);
            Assert.True(verdict.Contains("dkim=pass (2048-bit key) header.d=example.com", StringComparison.Ordinal), $"{verdict}\n{message}");
            Assert.Contains("dkim=fail", await Verify(message.Replace("Ann <", "Eve <", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.Contains("dkim=fail", await Verify(message + "x\r\n"), StringComparison.Ordinal);
        }
    }

    private async Task<string> Verify(string message)
    {
        var path = Path.Combine(_folder, "mail");
        await File.WriteAllBytesAsync(path, Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\n")));      // as it reads files
        using var process = Process.Start(new ProcessStartInfo(Program, ["-x", Path.Combine(_folder, "conf"), "-f", "-vv", "-t", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        return await output + await errors;
    }
}
