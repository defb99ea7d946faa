using System.Text;
using System.Text.Json;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Sending;

/// <summary><c>actorsmtp send</c>, read back by other people's programs.</summary>
[Collection(LaptopCollection.Name)]
public sealed class SendCommandTests(LaptopServer laptop)
{
    [SkippableFact]
    public async Task An_attachment_a_text_and_names_beyond_ASCII_are_read_back_intact_by_Python()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        (await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{laptop.Port}", "--from", "Änn Müller <ann@client.test>", "--to", "send@example.com",
            "--subject", "Grüße: ein ziemlich langer Betreff, der über mehr als eine Zeile gehen muß, weil er nicht in eine paßt", "--body", "Zeile eins\n.\n.zwei – drei",
            "--attach", folder.Write("beigefügt.bin", SampleFile.Octets), "--attach", folder.Write("notes.txt", "plain\n"))).Succeeded();
        var mail = await PythonMail.Read(await Maildirs.Only(laptop.Server, "send@example.com"));
        Assert.Empty(mail.Defects);
        Assert.Equal("Grüße: ein ziemlich langer Betreff, der über mehr als eine Zeile gehen muß, weil er nicht in eine paßt", mail.Subject);
        Assert.Equal("Änn Müller <ann@client.test>", mail.From);
        Assert.Equal("send@example.com", mail.To);
        Assert.Equal(SampleFile.Octets, mail.Attachment("beigefügt.bin").Content);
        Assert.Equal("plain", Encoding.UTF8.GetString(mail.Attachment("notes.txt").Content).TrimEnd());
        var text = Encoding.UTF8.GetString(mail.Parts[0].Content).Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.Equal("Zeile eins\n.\n.zwei – drei", text.TrimEnd());
    }

    [SkippableFact]
    public async Task Bare_on_a_terminal_it_asks_step_by_step_and_asks_again_what_makes_no_sense()
    {
        Tool.Need("python3");
        using var folder = new TemporaryFolder();
        (string[] Shown, string Typed)[] answers =
        [
            (["Server:"], "a:b:c"), (["expected HOST:PORT, [IPv6]:PORT or unix:PATH", "Server:"], $"127.0.0.1:{laptop.Port}"),
            (["TLS:"], "maybe"), (["TLS:"], ""),
            (["User"], ""),
            (["From:"], "nonsense"), (["has no '@'", "From:"], ""), (["an address is needed", "From:"], "asked@client.test"),
            (["To:"], ""), (["an address is needed", "To:"], "prompted@example.com"),
            (["Cc"], ""), (["Bcc"], ""),
            (["Subject:"], "asked"),
            (["Text"], "one line\r."),
            (["Attach"], folder["none"]), (["there is no such file", "Attach"], folder.Write("notes.txt", "plain\n")), (["Another"], ""),
            (["Send it to prompted@example.com"], "y"),
        ];

        var typed = await Tool.Run(
            "python3", [Scripts.Python("type.py"), BuiltProgram.Path, "send"],
            JsonSerializer.SerializeToUtf8Bytes(answers.Select(a => new object[] { a.Shown, a.Typed })), patience: TimeSpan.FromMinutes(3));

        typed.Succeeded();
        var mail = await PythonMail.Read(await Maildirs.Only(laptop.Server, "prompted@example.com"));
        Assert.Equal(("asked", "asked@client.test"), (mail.Subject, mail.From));
        Assert.Equal("plain", Encoding.UTF8.GetString(mail.Attachment("notes.txt").Content).TrimEnd());
        Assert.Equal("one line", Encoding.UTF8.GetString(mail.Parts[0].Content).TrimEnd());
    }

    [Fact]
    public async Task A_blind_copy_arrives_and_is_named_nowhere()
    {
        (await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{laptop.Port}", "--from", "ann@client.test", "--to", "seen@example.com", "--bcc", "hidden@example.com",
            "--subject", "x", "--body", "x")).Succeeded();
        Assert.DoesNotContain("hidden", (await Maildirs.Only(laptop.Server, "seen@example.com")).Raw, StringComparison.Ordinal);
        var copy = await Maildirs.Only(laptop.Server, "hidden@example.com");
        Assert.DoesNotContain("hidden", copy.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_file_goes_as_it_is()
    {
        using var folder = new TemporaryFolder();
        const string Message = "From: ann@client.test\r\nTo: eml@example.com\r\nSubject: as it is\r\nX-Odd:  two  blanks\r\n\r\n.\r\n..\r\nend\r\n";
        (await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{laptop.Port}", "--from", "ann@client.test", "--to", "eml@example.com", "--eml", folder.Write("mail.eml", Message))).Succeeded();
        Assert.EndsWith(Message, (await Maildirs.Only(laptop.Server, "eml@example.com")).Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_end_in_an_argument_is_refused_and_nothing_is_sent()
    {
        var refused = await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{laptop.Port}", "--from", "ann@client.test", "--to", "injected@example.com",
            "--subject", "x\r\nBcc: everybody@example.com", "--body", "x");
        Assert.Equal(65, refused.ExitCode);
        Assert.Single(refused.Errors.TrimEnd().Split('\n'));
        Assert.Equal(0, laptop.Server.Mail.Count("injected@example.com"));
    }

    [Fact]
    public async Task Its_JSON_says_what_became_of_each_recipient()
    {
        var sent = (await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{laptop.Port}", "--from", "ann@client.test", "--to", "json@example.com", "--subject", "x", "--body", "x", "--json")).Succeeded();
        using var report = JsonDocument.Parse(sent.Output);
        Assert.Contains("json@example.com", sent.Output, StringComparison.Ordinal);
        Assert.Contains((await Maildirs.Only(laptop.Server, "json@example.com")).Id, sent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_it_ends_with_69_and_one_line()
    {
        using var nobody = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        nobody.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));      // bound, not listening: refused
        var refused = await BuiltProgram.Run(
            "send", "--server", $"127.0.0.1:{((System.Net.IPEndPoint)nobody.LocalEndPoint!).Port}", "--from", "ann@client.test", "--to", "bob@example.com",
            "--subject", "x", "--body", "x");
        Assert.Equal(69, refused.ExitCode);
        Assert.Single(refused.Errors.TrimEnd().Split('\n'));
    }
}
