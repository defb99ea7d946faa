using System.Text;
using System.Text.Json;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Outbound;

/// <summary>The built server sends through other people's servers: Postfix found by MX records in unbound, and OpenSMTPD. What they refuse comes back.</summary>
public sealed class NextHopTests
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 5000).Select(i => $".{i}: Gr\u00fc\u00dfe aus dem langen Brief, Zeile um Zeile\r\n"));

    [SkippableFact]
    public async Task Postfix_takes_mail_over_TLS_and_what_it_refuses_comes_back_to_its_sender()
    {
        Tool.Need("python3");
        Tool.Need("mutt");
        await using var postfix = await PostfixServer.StartAsync();
        await using var unbound = await UnboundServer.StartAsync("check.test", "check.test. 300 IN MX 10 mx.check.test.", "mx.check.test. 300 IN A 127.0.0.1");
        using var folder = new TemporaryFolder();
        await using var ours = await Start(
            folder["data"], "outbound.routes.\"*\"=mx", $"outbound.mx-port={postfix.Port}", "outbound.never-to=[]", "outbound.ip=ipv4", $"dns.servers=[\"127.0.0.1:{unbound.Port}\"]");
        await Send(ours, "Subject: to and fro\r\n\r\n.one\r\n", "ann@check.test", "nobody@check.test");

        await Eventually.True(() => postfix.OfAnn().Length > 0, "Postfix to deliver", ours);
        var delivered = Assert.Single(postfix.OfAnn());
        Assert.EndsWith("\n.one\n", delivered.Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("(using TLSv1.", delivered, StringComparison.Ordinal);
        Assert.Contains("Return-Path: <bob@home.test>", delivered, StringComparison.Ordinal);

        var bounce = await Maildirs.Only(ours, "bob@home.test");
        var read = JsonDocument.Parse((await Tool.Run("python3", [Scripts.Python("report.py"), bounce.File])).Succeeded().Output).RootElement;
        Assert.Equal(
            ["multipart/report", "delivery-status", "bob@home.test", "auto-replied", "[]", "message/rfc822", "to and fro"],
            [Of(read, "type"), Of(read, "reportType"), Of(read, "to"), Of(read, "autoSubmitted"), Of(read, "defects"), Of(read, "original"), Of(read, "originalSubject")]);
        Assert.Contains("nobody@check.test", Of(read, "words"), StringComparison.Ordinal);
        Assert.Equal(("x-local-hostname; localhost", "QQ314"), (Of(read, "message", "reporting-mta"), Of(read, "message", "original-envelope-id")));
        var recipient = Assert.Single(read.GetProperty("recipients").EnumerateArray());
        Assert.Equal(
            ["rfc822; nobody@check.test", "rfc822; else+where@check.test", "failed", "5.1.1", "dns; mx.check.test"],
            [Of(recipient, "final-recipient"), Of(recipient, "original-recipient"), Of(recipient, "action"), Of(recipient, "status"), Of(recipient, "remote-mta")]);
        Assert.StartsWith("smtp; 550 5.1.1 <nobody@check.test>", Of(recipient, "diagnostic-code"), StringComparison.Ordinal);

        (await Tool.Run("python3", [Scripts.Python("mutt.py"), ours.Mail.PathOf("bob@home.test"), folder["muttrc"], folder["message"]])).Succeeded();
        Assert.Contains("Subject: Not delivered: nobody@check.test", await File.ReadAllTextAsync(folder["message"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Postfix_takes_a_long_message_in_chunks()
    {
        await using var postfix = await PostfixServer.StartAsync();
        using var folder = new TemporaryFolder();
        await using var ours = await Start(folder["data"], $"outbound.routes.\"*\"=\"smtp://127.0.0.1:{postfix.Port}\"");
        await Send(ours, "Subject: long\r\n\r\n" + Utf8(Long), "ann@check.test");

        await Eventually.True(() => postfix.OfAnn().Length > 0, "Postfix to deliver", ours);
        Assert.EndsWith("\n\n" + Utf8(Long).Replace("\r", "", StringComparison.Ordinal), Assert.Single(postfix.OfAnn()).Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_an_alias_passes_on_comes_from_a_sender_of_ours_and_Postfixs_bounce_to_that_finds_its_way_back()
    {
        await using var postfix = await PostfixServer.StartAsync();
        using var folder = new TemporaryFolder();
        string[] srs = ["srs.enabled=on", "domains=[\"home.test\"]"];
        (await Tool.Run(BuiltProgram.Path, ["srs", "rotate", .. srs.Append($"data-dir={folder["data"]}").SelectMany(s => (string[])["--set", s])])).Succeeded();
        await using var ours = await RunningServer.Laptop(
            folder["data"], [.. srs, "unknown-recipients=reject", "aliases={\"list\"=\"gone@check.test\"}", $"outbound.routes.\"check.test\"=\"smtp://127.0.0.1:{postfix.Port}\""]);
        postfix.Leads("home.test", ours.Port());
        using (var talk = await SmtpTalk.Greeted(ours.Port()))
        {
            await talk.Say("MAIL FROM:<ann@check.test>", "250 2.1.0");
            await talk.Say("RCPT TO:<list@home.test>", "250 2.1.5");
            await talk.Say("DATA", "354");
            await talk.Say("From: ann@check.test\r\nSubject: there and back\r\n\r\nHello\r\n.", "250 2.0.0");
        }

        await Eventually.True(() => postfix.OfAnn().Length > 0, "Postfix's bounce to come back to Ann", ours);
        var bounce = Assert.Single(postfix.OfAnn());
        Assert.Matches("(?m)^To: SRS0=[^=]+=[A-Z2-7]{2}=check\\.test=ann@home\\.test", bounce);       // whom Postfix told
        Assert.Contains("Final-Recipient: rfc822; gone@check.test", bounce, StringComparison.Ordinal);
        Assert.Contains("Subject: there and back", bounce, StringComparison.Ordinal);
        Assert.Contains("Return-Path: <>", bounce, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task OpenSMTPD_takes_what_it_knows_and_the_rest_comes_back()
    {
        await using var other = await OpenSmtpdServer.StartAsync();
        using var folder = new TemporaryFolder();
        await using var ours = await Start(folder["data"], $"outbound.routes.\"osm.test\"=\"smtp://127.0.0.1:{other.Port}\"");
        await Send(ours, "Subject: long\r\n\r\n" + Utf8(Long), "ann@osm.test", "nobody@osm.test");

        await Eventually.True(() => other.OfAnn().Length > 0, "OpenSMTPD to deliver", ours);
        Assert.EndsWith("\n\n" + Utf8(Long).Replace("\r", "", StringComparison.Ordinal), Assert.Single(other.OfAnn()).Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var bounce = await Maildirs.Only(ours, "bob@home.test");
        Assert.Contains("Final-Recipient: rfc822; nobody@osm.test", bounce.Raw, StringComparison.Ordinal);
        Assert.Contains("Diagnostic-Code: smtp; 524 5.2.4 ", bounce.Raw, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_race_with_Postfix_to_smtp_sink_can_be_run()
    {
        Tool.Need("postfix");
        Tool.Need("python3");
        Skip.IfNot(Environment.UserName == "root", "Postfix is started by root only");
        var outcome = (await Tool.Run(
            "/usr/bin/env",
            [$"ACTORSMTP={BuiltProgram.Path}", "python3", Scripts.Campaign("performance", "outbound.py"), "--rounds", "1", "--messages", "200", "--domains", "5"],
            patience: TimeSpan.FromMinutes(10))).Succeeded();
        Assert.Contains("RESULT ratio_of_medians=", outcome.Output, StringComparison.Ordinal);
    }

    private static Task<RunningServer> Start(string data, params string[] sets) => RunningServer.Laptop(
        data, ["domains=[\"home.test\"]", "unknown-recipients=accept", "listeners.smtp.relay-from=[\"127.0.0.0/8\"]", .. sets]);

    /// <summary>From Bob at home; the last of several recipients was another one before.</summary>
    private static async Task Send(RunningServer server, string content, params string[] to)
    {
        using var talk = await SmtpTalk.Greeted(server.Port());
        await talk.Say("MAIL FROM:<bob@home.test> BODY=8BITMIME ENVID=QQ314", "250 2.1.0");
        foreach (var recipient in to)
        {
            await talk.Say($"RCPT TO:<{recipient}> NOTIFY=FAILURE ORCPT=rfc822;else+2Bwhere@{recipient.Split('@')[1]}", "250 2.1.5");
        }

        await talk.Say("DATA", "354");
        await talk.Say(content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".", "250 2.0.0");
    }

    private static string Of(JsonElement element, params string[] path) =>
        path.Aggregate(element, (at, name) => at.GetProperty(name)) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : path.Aggregate(element, (at, name) => at.GetProperty(name)).GetRawText();

    // each octet a character, as SmtpTalk sends it
    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
