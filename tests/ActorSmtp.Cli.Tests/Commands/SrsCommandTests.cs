namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>srs</c>: secrets made, changed for new ones, and what an address becomes.</summary>
public sealed class SrsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_secrets_the_configuration_says_how_to_make_them_and_then_it_stands()
    {
        Assert.Contains("`actorsmtp srs rotate` makes it", (await Typed.Run(["config", "check", .. Site])).Complaint, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["srs", "list", .. Site])).ExitCode);

        var made = await Typed.Run(["srs", "rotate", .. Site]);

        Assert.Equal((ExitCodes.Ok, ""), (made.ExitCode, made.Error));
        Assert.StartsWith($"made {_folder.Path}/data/srs-secrets: 1 secrets, 0 taken away", made.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, (await Typed.Run(["config", "check", .. Site])).ExitCode);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_folder.Path}/data/srs-secrets"));
        }
    }

    [Fact]
    public async Task What_an_address_becomes_leads_back_also_behind_a_new_secret()
    {
        await Typed.Run(["srs", "rotate", .. Site]);
        var ours = (await Typed.Run(["srs", "show", "ann@far.test", "--json", .. Site])).Json.GetProperty("other").GetString()!;
        Assert.Matches("^SRS0=.{4}=..=far.test=ann@here.test$", ours);
        Assert.Equal(2, (await Typed.Run(["srs", "rotate", "--wait", "1h", "--json", .. Site])).Json.GetProperty("secrets").GetArrayLength());
        Assert.Matches("(?s)^[0-9a-f]{8}  waits  from .*\n[0-9a-f]{8}  makes", (await Typed.Run(["srs", "list", .. Site])).Out);
        Assert.Equal($"ann@far.test becomes {ours}\n", (await Typed.Run(["srs", "show", "ann@far.test", .. Site])).Out);
        await Typed.Run(["srs", "rotate", .. Site]);

        var back = await Typed.Run(["srs", "show", ours, .. Site]);

        Assert.Equal((ExitCodes.Ok, $"{ours} leads back to ann@far.test\n"), (back.ExitCode, back.Out));
        Assert.NotEqual($"ann@far.test becomes {ours}\n", (await Typed.Run(["srs", "show", "ann@far.test", .. Site])).Out);
        var forged = await Typed.Run(["srs", "show", ours.Replace("=ann", "=eve", StringComparison.Ordinal), .. Site]);
        Assert.Equal((ExitCodes.BadData, true), (forged.ExitCode, forged.Out.Contains("none of our secrets made it", StringComparison.Ordinal)));
        Assert.Contains("stays as it is", (await Typed.Run(["srs", "show", "ann@here.test", .. Site])).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await Typed.Run(["srs", "show", "nobody", .. Site])).ExitCode);
        Assert.Equal(ExitCodes.Usage, (await Typed.Run(["srs", "rotate", "--wait", "soon", .. Site])).ExitCode);
    }

    private string[] Site =>
    [
        "--set", $"data-dir={_folder.Path}/data", "--set", "srs.enabled=on", "--set", "domains=[here.test]", "--set", "outbound.routes.\"*\"=mx",
    ];
}
