using System.IO.Compression;
using System.Net;
using System.Text;
using System.Xml.Linq;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Outbound.Relaying;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Outbound.Reporting;

/// <summary>Aggregate reports: to whom, and what is in them, on a clock that moves only when a test says so.</summary>
public sealed class DmarcReportsActorTests : RelayTestKit
{
    private readonly StoreSet _stores = Stores.InMemory(TestMailServer.Settings([]).Storage.Files);
    private DmarcCounts? _counts;

    private DmarcCounts Counts => _counts ??= new DmarcCounts(Time, "0123abcd");

    private DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    [Fact]
    public void A_domain_that_asks_for_it_is_told_what_came_in_its_name_the_day_before()
    {
        Zone.Add("_dmarc.far.test 60 TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@far.test,https://far.test/dmarc,mailto:more@sub.far.test!50m\"");
        Count("far.test", 3, Row());
        Count("far.test", 1, Row() with { Disposition = DmarcPolicy.Reject, Dkim = false, Spf = false, Sender = "evil.test", SpfResult = SpfVerdict.Fail, Signatures = "evil.test/s1/fail", Override = "sampled_out" });
        Count("other.test", 1, Row());
        var day = Today;
        Start();
        var mail = NextMail();

        Assert.Equal((ReversePath.Null, "dmarc@far.test more@sub.far.test"), (mail.Envelope.From, string.Join(' ', mail.Envelope.Recipients.Select(r => r.Address))));
        var text = TextOf(mail);
        var begin = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();
        Assert.Contains($"Subject: Report Domain: far.test Submitter: mx.us.test Report-ID: <{day:yyyyMMdd}.far.test.0123abcd@mx.us.test>", text.Replace("\r\n ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains($"mx.us.test!far.test!{begin}!{begin + 86_399}!{day:yyyyMMdd}.far.test.0123abcd.xml.gz", text, StringComparison.Ordinal);
        var xml = Unpacked(text);
        Assert.Equal("Example Org,postmaster@us.test", $"{xml.Element("report_metadata")!.Element("org_name")!.Value},{xml.Element("report_metadata")!.Element("email")!.Value}");
        Assert.Equal(
            "<policy_published><domain>far.test</domain><adkim>r</adkim><aspf>r</aspf><p>reject</p><sp>none</sp><pct>100</pct><fo>0</fo></policy_published>", Flat(xml.Element("policy_published")!));
        var records = xml.Elements("record").Select(Flat).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(2, records.Length);
        Assert.Equal(
            "<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf>"
            + "<reason><type>sampled_out</type></reason></policy_evaluated></row><identifiers><envelope_from>evil.test</envelope_from><header_from>far.test</header_from></identifiers>"
            + "<auth_results><dkim><domain>evil.test</domain><selector>s1</selector><result>fail</result></dkim>"
            + "<spf><domain>evil.test</domain><scope>mfrom</scope><result>fail</result></spf></auth_results></record>",
            records[0]);
        Assert.StartsWith("<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated>", records[1], StringComparison.Ordinal);
        AwaitAssert(() => Assert.Equal((0, 1), (Counts.Rows, Counts.Sent)));              // other.test asked for none
    }

    /// <summary>RFC 7489 §7.1: nobody can have reports sent to others.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("far.test._report._dmarc.reports.example 60 TXT \"v=spf1\"", null)]
    [InlineData("far.test._report._dmarc.reports.example 60 TXT \"v=DMARC1\"", "a@reports.example")]
    [InlineData("far.test._report._dmarc.reports.example 60 TXT \"v=DMARC1; rua=mailto:b@reports.example\"", "b@reports.example")]
    [InlineData("far.test._report._dmarc.reports.example 60 TXT \"v=DMARC1; rua=mailto:victim@elsewhere.example\"", "a@reports.example")]
    public void A_place_outside_of_the_domain_is_told_only_if_it_wants_that(string record, string? told)
    {
        Zone.Add("_dmarc.far.test 60 TXT \"v=DMARC1; p=none; rua=mailto:a@reports.example\"");
        if (record.Length > 0)
        {
            Zone.Add(record);
        }

        Count("far.test", 1, Row());
        Count("near.test", 1, Row());
        Zone.Add("_dmarc.near.test 60 TXT \"v=DMARC1; p=none; rua=mailto:dmarc@near.test\"");
        Start();

        string[] all = told is null ? [To(NextMail())] : [To(NextMail()), To(NextMail())];

        Assert.Equal(told is null ? ["dmarc@near.test"] : [told, "dmarc@near.test"], all.Order());          // domains have their turns side by side
        AwaitAssert(() => Assert.Equal(0, Counts.Rows));
    }

    [Fact]
    public void A_report_that_is_larger_than_a_place_takes_is_not_sent_there()
    {
        Zone.Add("_dmarc.far.test 60 TXT \"v=DMARC1; p=none; rua=mailto:a@far.test!1k,mailto:b@far.test!1m\"");
        Zone.Add("_dmarc.near.test 60 TXT \"v=DMARC1; p=none; rua=mailto:a@near.test!1k\"");
        Count("near.test", 1, Row());
        Count("far.test", 1, Row());
        Start();

        Assert.Equal("b@far.test", To(NextMail()));
        AwaitAssert(() => Assert.Equal((0, 1), (Counts.Rows, Counts.Sent)));
        Assert.Contains(Lines.All, l => l.Contains("near.test is not told for now of mail in its name (DMARC): its report has", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_looked_up_is_tried_again()
    {
        Names.Fail("_dmarc.far.test", DnsType.Txt);
        Count("far.test", 1, Row());
        Start();

        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromHours(1));
            Assert.InRange(Names.Asked.Count, 3, 1000);
        });
        Assert.Equal((1, 0L), (Counts.Rows, Counts.Sent));
    }

    private static AggregateRow Row() => new(IPAddress.Parse("192.0.2.1"), DmarcPolicy.None, true, true, "", "", "far.test", "far.test", "", SpfVerdict.Pass, "far.test/s1/pass");

    private void Count(string domain, int messages, AggregateRow row)
    {
        for (var i = 0; i < messages; i++)
        {
            Counts.Add(domain, new PublishedPolicy(DmarcPolicy.Reject, DmarcPolicy.None, false, false, 100), row);
        }
    }

    private void Start()
    {
        _stores.Mail.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        Sys.ActorOf(
            Supervision.OfDmarcReports(new ReportContext(
                new ReportSettings(IsOn: true, null, "Example Org", TimeSpan.FromHours(4)), Mailbox.Parse("postmaster@us.test"), "mx.us.test", Names, _stores.Mail,
                () => new AccountDirectory(["us.test"], acceptUnknown: false, UserTable.Empty), new MailIdGenerator(1), new PoolBackground(), Time, new Random(1), new Log(Lines)), Counts),
            "dmarc-reports");
    }

    /// <summary>Lets the time pass until there is a message.</summary>
    private StoredMail NextMail()
    {
        var mail = new StoredMail[1];
        AwaitAssert(() =>
        {
            if (_stores.Mail.Deliveries.Take(mail) == 0)
            {
                Time.Advance(TimeSpan.FromHours(1));
                Assert.Equal(1, _stores.Mail.Deliveries.Take(mail));
            }
        });
        return mail[0];
    }

    private static string To(StoredMail mail) => string.Join(' ', mail.Envelope.Recipients.Select(r => r.Address));

    private static string TextOf(StoredMail mail)
    {
        Assert.True(mail.TryGetContent(out var content));
        return Encoding.ASCII.GetString(content.Span);
    }

    private static XElement Unpacked(string message)
    {
        var start = message.IndexOf("\r\n\r\n", message.IndexOf("application/gzip", StringComparison.Ordinal), StringComparison.Ordinal);
        var base64 = message[start..message.IndexOf("\r\n--", start, StringComparison.Ordinal)];
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(base64.Replace("\r\n", "", StringComparison.Ordinal))), CompressionMode.Decompress);
        return XDocument.Load(packed).Root!;
    }

    private static string Flat(XElement element) => element.ToString(SaveOptions.DisableFormatting);
}
