using System.Text;
using System.Text.Json;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Tests.Mime;
using ActorSmtp.Protocol.Tests.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Delivery;

/// <summary>Reports to senders: who gets which, and what Python's email package and our own reader make of them.</summary>
public sealed class DeliveryReportTests
{
    private const string Header = "From: Ann <ann@here.test>\r\nTo: bob@far.test\r\nSubject: a question\r\n that goes on\r\nMessage-ID: <q1@here.test>\r\n";
    private const string Message = Header + "\r\nHi Bob,\r\n--=_forged\r\n.\r\nend\r\n";

    private static readonly DateTimeOffset _at = new(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(1));
    private static readonly MailIdGenerator _ids = new(1);
    private static readonly MailId _about = _ids.Next(_at);
    private static readonly MailId _own = _ids.Next(_at);

    [SkippableFact]
    public void Python_reads_a_bounce()
    {
        var read = Python(Report(Failed()));
        Assert.Equal(("multipart/report", "delivery-status"), (Text(read, "type"), Text(read, "reportType")));
        Assert.Equal(["text/plain", "message/delivery-status", "message/rfc822"], read.GetProperty("tree").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(0, read.GetProperty("defects").GetArrayLength());
        Assert.Equal(Message, Encoding.Latin1.GetString(read.GetProperty("returned").GetBytesFromBase64()));
        var headers = Pairs(read.GetProperty("headers"));
        Assert.Equal("Mail Delivery <MAILER-DAEMON@mx.here.test>", headers["From"]);
        Assert.Equal("ann@here.test", headers["To"]);
        Assert.Equal("Not delivered: bob@far.test", headers["Subject"]);
        Assert.Equal(("auto-replied", "<q1@here.test>", "<q1@here.test>"), (headers["Auto-Submitted"], headers["In-Reply-To"], headers["References"]));
        Assert.Equal($"<{_own}@mx.here.test>", headers["Message-ID"]);
        var fields = read.GetProperty("fields").EnumerateArray().Select(Pairs).ToArray();
        Assert.Equal(2, fields.Length);
        Assert.Equal(("dns; mx.here.test", "dns; client.here.test", "Wed, 4 Mar 2026 03:06:07 +0000"), (fields[0]["Reporting-MTA"], fields[0]["Received-From-MTA"], fields[0]["Arrival-Date"]));
        Assert.Equal(("rfc822; bob@far.test", "failed", "5.1.1"), (fields[1]["Final-Recipient"], fields[1]["Action"], fields[1]["Status"]));
        Assert.Equal(("dns; mx1.far.test", "smtp; 550-5.1.1 No such user 550 5.1.1 here"), (fields[1]["Remote-MTA"], fields[1]["Diagnostic-Code"]));
        Assert.Equal((_about.ToString(), "Wed, 4 Mar 2026 04:06:07 +0000"), (fields[1]["Final-Log-ID"], fields[1]["Last-Attempt-Date"]));
        Assert.DoesNotContain("Original-Recipient", fields[1].Keys);
        Assert.DoesNotContain("Original-Envelope-Id", fields[0].Keys);
        var words = Text(read, "words").ReplaceLineEndings("\n");
        Assert.Contains("It could not be delivered to:\n\n  bob@far.test\n    mx1.far.test said:\n      550-5.1.1 No such user\n      550 5.1.1 here\n", words, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Python_reads_a_report_on_many_recipients_with_what_the_sender_gave()
    {
        var report = Report(
            Failed("bob@far.test", new OriginalRecipient("rfc822", "bob+list@far.test")),
            new RecipientReport(To("carol@far.test"), ReportAction.Failed, new EnhancedCode(4, 4, 7)) { Why = "no server for far.test could be reached in 5 days" },
            Failed("dora@far.test", new OriginalRecipient("utf-8", "dörä+=\\ x@far.test")));
        report = report with { About = report.About with { EnvelopeId = "QQ+314=159", Return = DsnReturn.Headers } };
        var read = Python(report);
        Assert.Equal("text/rfc822-headers", read.GetProperty("tree")[2].GetString());
        Assert.Equal(Header, Encoding.Latin1.GetString(read.GetProperty("returned").GetBytesFromBase64()));
        Assert.Equal("Not delivered: bob@far.test and 2 more", Pairs(read.GetProperty("headers"))["Subject"]);
        var fields = read.GetProperty("fields").EnumerateArray().Select(Pairs).ToArray();
        Assert.Equal("QQ+314=159", fields[0]["Original-Envelope-Id"]);
        Assert.Equal("rfc822; bob+list@far.test", fields[1]["Original-Recipient"]);
        Assert.Equal("x-actorsmtp; no server for far.test could be reached in 5 days", fields[2]["Diagnostic-Code"]);
        Assert.Equal(@"utf-8; d\x{F6}r\x{E4}\x{2B}\x{3D}\x{5C}\x{20}x@far.test", fields[3]["Original-Recipient"]);
    }

    [SkippableFact]
    public void Python_reads_a_warning()
    {
        var read = Python(Report(new RecipientReport(To("bob@far.test"), ReportAction.Delayed, new EnhancedCode(4, 4, 3))
        {
            Why = "the mail servers of far.test cannot be looked up now",
            RetriesUntil = _at + TimeSpan.FromDays(5),
        }));
        Assert.Equal("Not delivered yet: bob@far.test", Pairs(read.GetProperty("headers"))["Subject"]);
        var fields = Pairs(read.GetProperty("fields")[1]);
        Assert.Equal(("delayed", "4.4.3", "Mon, 9 Mar 2026 04:06:07 +0000"), (fields["Action"], fields["Status"], fields["Will-Retry-Until"]));
        Assert.Contains("you need not send it again", Text(read, "words"), StringComparison.Ordinal);
        Assert.Equal("text/rfc822-headers", read.GetProperty("tree")[2].GetString());
    }

    [Fact]
    public void A_report_on_an_internationalised_message_is_one_in_UTF_8()
    {
        var about = About() with { From = new ReversePath(Mailbox.Parse("änn@hier.test")), SmtpUtf8 = true };
        var report = Report(Failed("bøb@färn.test", new OriginalRecipient("utf-8", "böb@far.test"))) with { About = about };
        var composed = report.With("Subject: Grüße\r\n", "Subject: Grüße\r\n\r\nHallo\r\n").Compose();
        var message = MimeReader.Read(composed, MimeLimits.Ample);
        Assert.Empty(message.Defects);
        Assert.Equal(["text/plain", "message/global-delivery-status", "message/global"], message.Parts.Select(c => c.ContentType.MediaType));
        var raw = Encoding.UTF8.GetString(composed);
        Assert.Contains("\r\nTo: <änn@hier.test>\r\n", raw, StringComparison.Ordinal);
        Assert.Contains("\r\nOriginal-Recipient: utf-8; böb@far.test\r\nFinal-Recipient: utf-8; bøb@färn.test\r\n", raw, StringComparison.Ordinal);
        Assert.Contains("Subject: Grüße\r\n\r\nHallo\r\n\r\n--=_", raw, StringComparison.Ordinal);
        Assert.Contains("report-type=global-delivery-status", raw, StringComparison.Ordinal);
        Assert.True(report.ToEnvelope().SmtpUtf8);
    }

    [Theory]
    [InlineData(DsnReturn.Full, ReportAction.Failed, BodyType.SevenBit, false, 10, true)]
    [InlineData(DsnReturn.Full, ReportAction.Delayed, BodyType.SevenBit, false, 1000, false)]       // RFC 3461 §4.3
    [InlineData(DsnReturn.Full, ReportAction.Delivered, BodyType.SevenBit, false, 1000, false)]
    [InlineData(DsnReturn.Headers, ReportAction.Failed, BodyType.SevenBit, false, 1000, false)]
    [InlineData(DsnReturn.Unspecified, ReportAction.Failed, BodyType.EightBitMime, false, 1000, true)]
    [InlineData(DsnReturn.Unspecified, ReportAction.Failed, BodyType.SevenBit, false, 10, false)]
    [InlineData(DsnReturn.Full, ReportAction.Failed, BodyType.BinaryMime, false, 1000, false)]
    [InlineData(DsnReturn.Full, ReportAction.Failed, BodyType.SevenBit, true, 1000, false)]
    public void How_much_goes_back_is_as_the_sender_wants_within_reason(DsnReturn wish, ReportAction action, BodyType body, bool requireTls, long most, bool whole)
    {
        var report = Report(Failed() with { Action = action }) with { MostReturned = most };
        report = report with { About = report.About with { Return = wish, Body = body, RequireTls = requireTls } };
        Assert.Equal(whole, report.ReturnsWhole);
        var raw = Encoding.Latin1.GetString(report.Compose());
        Assert.Equal(whole, raw.Contains("Hi Bob", StringComparison.Ordinal));
        Assert.Contains("a question", raw, StringComparison.Ordinal);
        Assert.Equal(requireTls, report.ToEnvelope().RequireTls);
    }

    [Theory]
    [InlineData(DsnNotify.Unspecified, ReportAction.Failed, true)]
    [InlineData(DsnNotify.Unspecified, ReportAction.Delayed, true)]
    [InlineData(DsnNotify.Unspecified, ReportAction.Delivered, false)]
    [InlineData(DsnNotify.Unspecified, ReportAction.Relayed, false)]
    [InlineData(DsnNotify.Never, ReportAction.Failed, false)]
    [InlineData(DsnNotify.Never, ReportAction.Delayed, false)]
    [InlineData(DsnNotify.Failure, ReportAction.Failed, true)]
    [InlineData(DsnNotify.Failure, ReportAction.Delayed, false)]
    [InlineData(DsnNotify.Success, ReportAction.Failed, false)]
    [InlineData(DsnNotify.Success, ReportAction.Delivered, true)]
    [InlineData(DsnNotify.Success, ReportAction.Relayed, true)]
    [InlineData(DsnNotify.Success, ReportAction.Expanded, true)]
    [InlineData(DsnNotify.Delay | DsnNotify.Failure, ReportAction.Delayed, true)]
    [InlineData(DsnNotify.Delay | DsnNotify.Failure, ReportAction.Delivered, false)]
    public void The_sender_hears_what_it_wants_to_hear_and_nobody_hears_of_a_bounce(DsnNotify notify, ReportAction action, bool isWanted)
    {
        var recipient = To("bob@far.test") with { Notify = notify };
        Assert.Equal(isWanted, Notices.IsWanted(About(), recipient, action));
        Assert.False(Notices.IsWanted(About() with { From = ReversePath.Null }, recipient, action));
    }

    [Theory]
    [InlineData("mx1.far.test", "dns; mx1.far.test")]
    [InlineData("10.0.0.7", "dns; [10.0.0.7]")]                         // RFC 3461 §9.3
    [InlineData("2001:db8::7", "dns; [IPv6:2001:db8::7]")]
    [InlineData("relay", "x-local-hostname; relay")]                    // RFC 3461 §6.3 (b)
    [InlineData("/run/lists/lmtp.sock", "x-unix; /run/lists/lmtp.sock")]
    public void A_server_is_named_by_what_kind_of_name_it_has_and_only_where_it_said_something(string host, string expected)
    {
        Assert.Contains($"\r\nRemote-MTA: {expected}\r\nDiagnostic-Code: smtp; 550-5.1.1 No such user", Raw(Report(Failed() with { RemoteHost = host })), StringComparison.Ordinal);
        var silent = Raw(Report(Failed() with { RemoteHost = host, Reply = null, Why = "connection refused" }));
        Assert.DoesNotContain("Remote-MTA", silent, StringComparison.Ordinal);                          // RFC 3464 §2.3.5, §2.3.6
        Assert.Contains($"\r\nDiagnostic-Code: x-actorsmtp; {host}: connection refused\r\n", silent, StringComparison.Ordinal);
        Assert.Contains($"\r\n    {host}: connection refused\r\n", silent, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_it_came_from_is_told_with_the_address_and_we_by_a_type_that_our_name_has()
    {
        var report = Report(Failed()) with { Hostname = "mail", Postmaster = Mailbox.Parse("postmaster@here.test") };
        var raw = Raw(report with { About = report.About with { ClientAddress = System.Net.IPAddress.Parse("192.0.2.9") } });
        Assert.Contains("\r\nReporting-MTA: x-local-hostname; mail\r\nReceived-From-MTA: dns; client.here.test ([192.0.2.9])\r\n", raw, StringComparison.Ordinal);
        Assert.Contains("\r\nReply-To: <postmaster@here.test>\r\n", raw, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_called_8bit_that_are_and_a_plain_header_needs_no_8bit_way()
    {
        var report = Report(Failed()).With("Subject: a\r\n", "Subject: a\r\n\r\nGrüße\r\n");
        var message = MimeReader.Read(report.Compose(), MimeLimits.Ample);
        Assert.Equal(["", "", "8bit"], message.Parts.Select(part => part.Headers.Text("Content-Transfer-Encoding")?.Trim() ?? ""));           // RFC 3464 §2.1
        Assert.Equal(BodyType.EightBitMime, report.ToEnvelope().Body);

        report = report with { MostReturned = 1 };
        Assert.DoesNotContain("8bit", Raw(report), StringComparison.Ordinal);
        Assert.Equal(BodyType.SevenBit, report.ToEnvelope().Body);
    }

    [Fact]
    public void It_travels_from_nobody_to_the_sender_and_nothing_comes_back_for_it()
    {
        var envelope = Report(Failed()).ToEnvelope();
        Assert.True(envelope.From.IsNull);
        var to = Assert.Single(envelope.Recipients);
        Assert.Equal(("ann@here.test", DsnNotify.Never), (to.Address.ToString(), to.Notify));
        Assert.Equal(_own, envelope.Id);
        Assert.All(Enum.GetValues<ReportAction>(), action => Assert.False(Notices.IsWanted(envelope, to, action)));
    }

    [Fact]
    public void Nothing_that_others_say_ends_a_field_or_a_part() => Wire.Holds(Prop.ForAll(
        Gen.ArrayOf(Gen.Frequency(
            (5, Gen.Choose(0, 0x2FF).Select(c => (char)c)), (2, Gen.Elements('\r', '\n', ' ', '-', '=', ':')), (1, Gen.Elements('\u2028', '\uD83D', '\uFEFF')))).ToArbitrary(),
        characters =>
        {
            var text = string.Concat(Enumerable.Repeat(new string(characters), 1 + (characters.Length % 40)));
            var report = Report(Failed() with { Reply = new ServerReply(550, null, [text, text]), RemoteHost = text, Why = text }) with { Hostname = "mx.here.test" };
            var composed = (report with { About = report.About with { HelloName = text, EnvelopeId = text } }).Compose();
            var message = MimeReader.Read(composed, MimeLimits.Ample);
            var status = Encoding.Latin1.GetString(message.Parts[1].RawBody.Span);
            return message.Defects.Count == 0 && message.Parts.Count == 3 && status.Split("\r\n\r\n").Length == 2
                && status.Split("\r\n").All(l => l.Length is 0 or < 998 && (l.Length == 0 || l[0] == ' ' || l.Split(':')[0] is "Original-Envelope-Id" or "Reporting-MTA" or "Received-From-MTA"
                    or "Arrival-Date" or "Final-Recipient" or "Action" or "Status" or "Remote-MTA" or "Diagnostic-Code" or "Last-Attempt-Date" or "Final-Log-ID"))
                && Encoding.Latin1.GetString(composed).EndsWith("--\r\n", StringComparison.Ordinal);
        }), 500);

    [Fact]
    public void What_is_returned_is_fetched_only_while_the_report_is_written()
    {
        var opened = 0;
        IEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            opened++;
            for (var i = 0; i < 100; i++)
            {
                yield return new byte[1000];
            }
        }

        var report = Report(Failed()) with { Returned = new ReturnedMessage(new PartContent(100_000, Pieces), default, false), MostReturned = 1_000_000 };
        var composed = DeliveryReportComposer.Compose(report);
        Assert.Equal(0, opened);
        Assert.Equal(composed.Length, composed.Pieces().Sum(p => p.Length));
        Assert.Equal(1, opened);
        Assert.InRange(composed.Length, 100_000, 103_000);
    }

    [Theory]
    [InlineData("A: b\r\n\r\nbody", "A: b\r\n")]
    [InlineData("A: b\r\nC: d\r\n e\r\n\r\n", "A: b\r\nC: d\r\n e\r\n")]
    [InlineData("\r\nbody: x\r\n\r\n", "")]
    [InlineData("", "")]
    [InlineData("A: b\r\nC: cut off", "A: b\r\n")]
    [InlineData("A: b\r\nC: d\r\n e\r\n cut off", "A: b\r\n")]
    [InlineData("A: b\r\nC: maybe more\r\n", "A: b\r\n")]
    [InlineData("cut off", "")]
    public void The_header_of_a_message_is_its_whole_fields(string beginning, string header) =>
        Assert.Equal(header, Encoding.ASCII.GetString(ReturnedMessage.HeaderOf(Encoding.ASCII.GetBytes(beginning)).Span));

    [Fact]
    public void A_header_without_end_is_cut_before_a_field()
    {
        var endless = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("X-Field: value\r\n", 100_000)) + "\r\nbody");
        var header = ReturnedMessage.HeaderOf(endless);
        Assert.InRange(header.Length, ReturnedMessage.MostHeader - 32, ReturnedMessage.MostHeader);
        Assert.EndsWith("value\r\n", Encoding.ASCII.GetString(header.Span), StringComparison.Ordinal);
        Assert.True(ReturnedMessage.HeaderOf(Encoding.ASCII.GetBytes("X: " + new string('a', 100_000) + "\r\n\r\n")).IsEmpty);
    }

    private static Envelope About() => new()
    {
        Id = _about,
        ReceivedAt = _at - TimeSpan.FromHours(1),
        From = new ReversePath(Mailbox.Parse("ann@here.test")),
        Recipients = [To("bob@far.test")],
        HelloName = "client.here.test",
    };

    private static DeliveryReport Report(params RecipientReport[] recipients) => new()
    {
        Id = _own,
        At = _at,
        Hostname = "mx.here.test",
        About = About(),
        Recipients = [.. recipients],
        Returned = new ReturnedMessage(new PartContent(Encoding.ASCII.GetBytes(Message)), ReturnedMessage.HeaderOf(Encoding.ASCII.GetBytes(Message)), false),
        Entropy = 0x0123_4567_89AB_CDEF,
        MostReturned = 10_000,
    };

    private static RecipientReport Failed(string address = "bob@far.test", OriginalRecipient? original = null) =>
        new(To(address) with { Original = original }, ReportAction.Failed, new EnhancedCode(5, 1, 1))
        {
            RemoteHost = "mx1.far.test",
            Reply = new ServerReply(550, new EnhancedCode(5, 1, 1), ["No such user", "here"]),
            LastAttempt = _at,
        };

    private static Recipient To(string address) => new(Mailbox.Parse(address));

    private static string Raw(DeliveryReport report) => Encoding.Latin1.GetString(report.Compose());

    private static JsonElement Python(DeliveryReport report)
    {
        using var python = new Python("report");
        return JsonDocument.Parse(python.Ask(report.Compose())).RootElement;
    }

    private static Dictionary<string, string> Pairs(JsonElement fields) => fields.EnumerateArray().ToDictionary(f => f[0].GetString()!, f => f[1].GetString()!);

    private static string Text(JsonElement at, string key) => at.GetProperty(key).GetString()!;
}

internal static class Reports
{
    public static byte[] Compose(this DeliveryReport report) => DeliveryReportComposer.Compose(report).ToArray();

    public static DeliveryReport With(this DeliveryReport report, string header, string whole) => report with
    {
        Returned = new ReturnedMessage(new PartContent(Encoding.UTF8.GetBytes(whole)), Encoding.UTF8.GetBytes(header), true),
    };
}
