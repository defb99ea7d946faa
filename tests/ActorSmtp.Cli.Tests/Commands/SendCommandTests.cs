using System.Text;
using System.Text.Json;
using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>send</c>: arguments, outcomes, exit codes.</summary>
public sealed class SendCommandTests
{
    [Theory]
    [InlineData("--subject", "a\r\nBcc: eve@example.com")]
    [InlineData("--from", "bob@example.com>\r\nRCPT TO:<eve@example.com")]
    [InlineData("--to", "ann@example.com\nDATA")]
    [InlineData("--cc", "ann@example.com\rx")]
    [InlineData("--bcc", "ann@example.com\0")]
    [InlineData("--header", "X-A: b\nX-C: d")]
    [InlineData("--helo", "x\r\nMAIL FROM:<>")]
    [InlineData("--user", "x\ny")]
    [InlineData("--dsn-id", "x\r\ny")]
    [InlineData("--attach", "x\ny")]
    [InlineData("--server", "127.0.0.1:25\r\n")]
    public async Task A_line_break_in_an_argument_is_65_and_one_line(string option, string value)
    {
        var typed = await Typed.Run(["send", "--to", "ann@example.com", option, value, .. option == "--server" ? Array.Empty<string>() : ["--server", "127.0.0.1:1"]]);

        Assert.Equal(ExitCodes.BadData, typed.ExitCode);
        Assert.StartsWith(option, typed.Complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "--tls", "maybe")]
    [InlineData(ExitCodes.Usage, "--server", "a:b:c")]
    [InlineData(ExitCodes.Usage, "--auth", "PLAIN")]
    [InlineData(ExitCodes.Usage, "--dsn", "never,success")]
    [InlineData(ExitCodes.Usage, "--timeout", "soon")]
    [InlineData(ExitCodes.Usage, "--user", "barbie")]
    [InlineData(ExitCodes.BadData, "--to", "nobody")]
    [InlineData(ExitCodes.BadData, "--from", "a b c")]
    [InlineData(ExitCodes.BadData, "--attach", "/there/is/no/such/file")]
    [InlineData(ExitCodes.BadData, "--attach", "/")]
    [InlineData(ExitCodes.BadData, "--header", "no colon")]
    [InlineData(ExitCodes.BadData, "--helo", "two words")]
    public async Task What_makes_no_sense_is_refused_before_a_connection(int code, string option, string value)
    {
        var typed = await Typed.Run(["send", "--to", "ann@example.com", option, value, .. option == "--server" ? Array.Empty<string>() : ["--server", "127.0.0.1:1"]]);

        Assert.Equal(code, typed.ExitCode);
        Assert.DoesNotContain("connection refused", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_to_send_to_is_64() => Assert.Equal(ExitCodes.Usage, (await Typed.Run("send", "--subject", "x")).ExitCode);

    [Fact]
    public async Task No_server_is_69()
    {
        var typed = await Typed.Run("send", "--server", "127.0.0.1:1", "--to", "ann@example.com");

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("connection refused", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_arrives_as_it_was_given()
    {
        await using var server = await RunningServer.StartAsync();
        var html = server.Folder.File("page.html", "<p>Gr\u00fc\u00dfe</p>");
        var attached = server.Folder.File("r\u00e9sum\u00e9.txt", new string('x', 200_000));

        var typed = await Typed.RunWith(
            "Gr\u00fc\u00dfe\n.\n..\nlast", null, "send", "--server", server.Address, "--from", "Bob \u00d6 <bob@example.org>", "--to", "ann@example.com", "--cc", "Eve <eve@example.com>",
            "--bcc", "secret@example.com", "--subject", "Gr\u00fc\u00dfe", "--body-file", "-", "--html", html, "--attach", attached, "--header", "X-Kind: test");

        Assert.Equal(("", ExitCodes.Ok), (typed.Error, typed.ExitCode));
        Assert.Equal(3, typed.Out.Split('\n').Count(l => l.Contains("accepted, 250", StringComparison.Ordinal)));
        string[] data = ["--set", $"data-dir={server.Data}"];
        await server.UntilMail("secret@example.com");
        var read = await Typed.Run(["mailbox", "read", "secret@example.com", "--json", .. data]);
        Assert.Equal("Gr\u00fc\u00dfe\n.\n..\nlast\n", read.Json.GetProperty("text").GetString()!.ReplaceLineEndings("\n"));
        Assert.Equal(200_000, read.Json.GetProperty("attachments")[0].GetProperty("octets").GetInt64());
        Assert.Equal("r\u00e9sum\u00e9.txt", read.Json.GetProperty("attachments")[0].GetProperty("name").GetString());
        Assert.DoesNotContain("secret", string.Concat(read.Json.GetProperty("headers").EnumerateArray().Select(h => h.GetProperty("value").GetString())
            .Where(v => !v!.Contains("for <", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_eml_file_goes_as_it_is_but_for_its_line_ends_and_its_Bcc()
    {
        await using var server = await RunningServer.StartAsync();
        var eml = server.Folder.File("m.eml", "From mailer Mon Jan  1 00:00:00 2024\nFrom: bob@example.org\nTo: ann@example.com\nBcc: eve@example.com,\n  mallory@example.com\nSubject: as is\n\n.dot\nend");

        var typed = await Typed.Run("send", "--server", server.Address, "--eml", eml, "--json");

        Assert.Equal(ExitCodes.Ok, typed.ExitCode);
        Assert.Equal(["ann@example.com", "eve@example.com", "mallory@example.com"],
            typed.Json.GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("address").GetString()));
        await server.UntilMail("eve@example.com");
        var raw = await Typed.Run("mailbox", "read", "eve@example.com", "--raw", "--set", $"data-dir={server.Data}");
        var text = Encoding.UTF8.GetString(raw.Octets);
        Assert.EndsWith("From: bob@example.org\r\nTo: ann@example.com\r\nSubject: as is\r\n\r\n.dot\r\nend\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_transcript_and_the_document_hold_no_password()
    {
        await using var server = await RunningServer.StartAsync();
        var variables = new Dictionary<string, string> { ["ACTORSMTP_PASSWORD"] = "canary-77" };

        var text = await Typed.RunWith("", variables, "send", "--server", server.Address, "--to", "ann@example.com", "--user", "barbie", "--transcript");
        var json = await Typed.RunWith("", variables, "send", "--server", server.Address, "--to", "ann@example.com", "--user", "barbie", "--auth", "login", "--transcript", "--json");

        Assert.Equal((ExitCodes.Ok, ExitCodes.Ok), (text.ExitCode, json.ExitCode));
        Assert.Contains("C: AUTH PLAIN ***", text.Out, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Array, json.Json.GetProperty("transcript").ValueKind);
        foreach (var secret in new[] { "canary-77", Convert.ToBase64String("canary-77"u8), Convert.ToBase64String("\0barbie\0canary-77"u8) })
        {
            Assert.DoesNotContain(secret, text.Out + text.Error + json.Out + json.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_77()
    {
        await using var server = await RunningServer.StartAsync("auth.accept-any=false");
        var password = server.Folder.File("password", "wrong\n");

        var typed = await Typed.Run("send", "--server", server.Address, "--to", "ann@example.com", "--user", "barbie", "--password-file", password);

        Assert.Equal(ExitCodes.Permission, typed.ExitCode);
        Assert.Contains("535 5.7.8", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_recipient_is_69_and_the_others_get_theirs()
    {
        await using var server = await RunningServer.StartAsync("unknown-recipients=reject", "domains=[example.com]");

        var typed = await Typed.Run("send", "--server", server.Address, "--to", "postmaster@example.com", "--to", "nobody@example.com", "--json");

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Equal([true, false], typed.Json.GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("accepted").GetBoolean()));
        Assert.Equal("5.1.1", typed.Json.GetProperty("recipients")[1].GetProperty("enhanced").GetString());
    }

    [Fact]
    public async Task Quiet_says_nothing_when_all_went_well()
    {
        await using var server = await RunningServer.StartAsync();

        var typed = await Typed.Run("send", "--server", server.Address, "--to", "ann@example.com", "--quiet");

        Assert.Equal((ExitCodes.Ok, "", ""), (typed.ExitCode, typed.Out, typed.Error));
    }
}
