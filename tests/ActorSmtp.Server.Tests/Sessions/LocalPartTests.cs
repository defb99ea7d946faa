using System.Text;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>
/// What a stranger writes before the @ is a name and nothing else: where every address has a mailbox it becomes a directory below <c>mail/</c>
/// and never a way out of it, and it never breaks a line of the log.
/// </summary>
public sealed class LocalPartTests : IDisposable
{
    private static readonly string[] Names =
    [
        "\"../../../../tmp/escaped\"", "\"..\"", "\".\"", "\"/etc/passwd\"", "\"a/../../b\"", "\".hidden\"", "\"..%2f..%2fx\"", "\"%2e%2e\"", "\"con\"", "\"nul.txt\"",
        "\"a b\"", "\" \"", "\"\"", "\"~\"", "\"*\"", "\"?\"", "\"$(id)\"", "\"`id`\"", "\"; rm -rf .\"", "\"' OR 1=1 --\"", "\"a\\\"b\"", "\"a\\\\b\"", "\"{x}\"",
        "\"-rf\"", "--help", "a..b", "x+../../y", "\"x+/etc\"", "ALL.CAPS", "all.caps", "\"quoted@at\"", "%s%n%x", "{0}", "tmp", "new", "cur", "users", "journal",
        "\u00e9", "e\u0301", "\ufb01", "\u202egnp", "\ud83d\ude00", "\u0130", "\u212a", new string('x', 64), "\"" + new string('/', 62) + "\"",
    ];

    private readonly string _data = Path.Combine(Path.GetTempPath(), "actorsmtp-" + Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_data))
        {
            Directory.Delete(_data, recursive: true);
        }
    }

    [Fact]
    public async Task It_becomes_a_directory_below_mail_and_never_a_path()
    {
        string[] sets = ["unknown-recipients=accept", $"data-dir=\"{_data}\"", "storage.sync=never", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=4MiB",
            "limits.errors-per-session=1000", "storage.free-space-floor=0"];
        var accepted = 0;
        await using (var server = await TestMailServer.StartAsync(stores: Stores.OnDisk(TestMailServer.Settings(sets).Storage.Files, null, TimeProvider.System), sets: sets))
        {
            var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(60));
            await Expect(peer, "220");
            peer.Send("EHLO client.test\r\n"u8);
            while ((await peer.ReadLineAsync())!.StartsWith("250-", StringComparison.Ordinal))
            {
            }

            foreach (var name in Names)
            {
                peer.Send(Encoding.UTF8.GetBytes($"MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<{name}@mx.test>\r\n"));
                await Expect(peer, "250 2.1.0");
                var taken = (await peer.ReadLineAsync())!.StartsWith("250", StringComparison.Ordinal);
                accepted += taken ? 1 : 0;
                peer.Send(taken ? "BDAT 3 LAST\r\nx\r\n"u8 : "RSET\r\n"u8);
                await Expect(peer, "250 2.0.0");
            }

            await Until(() => Files().Count(f => f.Contains("/Maildir/new/", StringComparison.Ordinal)) == accepted, "not all delivered");
            Assert.All(server.Log.All, l => Assert.DoesNotContain(l, c => char.IsControl(c) || c is '\u2028' or '\u2029'));
        }

        Assert.InRange(accepted, 30, Names.Length);
        Assert.False(File.Exists("/tmp/escaped"));
        Assert.All(Directory.GetDirectories(Path.Combine(_data, "mail")), d =>
        {
            var account = Path.GetFileName(d);
            Assert.Matches("^[a-z0-9@+=_%~-][A-Za-z0-9.@+=_%~-]*$", account);
            Assert.Equal(["Maildir"], Directory.GetDirectories(d).Select(Path.GetFileName));
        });
        Assert.Equal(
            Directory.GetDirectories(Path.Combine(_data, "mail")).Length,
            Directory.GetDirectories(Path.Combine(_data, "mail")).Select(d => d.ToLowerInvariant()).Distinct().Count());
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(_data, "*", SearchOption.AllDirectories);
}
