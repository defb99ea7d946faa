using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Outbound.Relaying;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Outbound.Reporting;

/// <summary>Reports to other domains: when, to whom, and what is in them, on a clock that moves only when a test says so.</summary>
public sealed class TlsReportsActorTests : RelayTestKit
{
    private static readonly string[] _lines = ["version: STSv1", "mode: enforce", "mx: mx1.far.test", "mx: *.far.test", "max_age: 86400"];

    private string _node = "";

    private readonly StoreSet _stores = Stores.InMemory(TestMailServer.Settings([]).Storage.Files);

    [Fact]
    public void A_domain_that_asks_for_it_is_told_how_TLS_went_the_day_before()
    {
        Zone.Add("_smtp._tls.far.test 60 TXT \"v=TLSRPTv1; rua=mailto:tls%2Brpt@far.test?subject=no,https://far.test/tls,mailto:two@rpt.test\"");
        Note("far.test", "mta-sts", succeeded: 3, failed: 2);
        Note("other.test", "opportunistic", succeeded: 1);
        var day = Today;
        Start();
        var mail = NextMail();

        var envelope = mail.Envelope;
        Assert.Equal((ReversePath.Null, true, "tls+rpt@far.test two@rpt.test"), (envelope.From, envelope.TlsNotRequired, string.Join(' ', envelope.Recipients.Select(r => r.Address))));
        Assert.All(envelope.Recipients, r => Assert.Equal((DsnNotify.Never, null), (r.Notify, r.Account)));
        var text = TextOf(mail);
        var (header, body) = (text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", " ", StringComparison.Ordinal), text);
        foreach (var line in (string[])
        [
            "From: <postmaster@us.test>", "To: <tls+rpt@far.test>, <two@rpt.test>", $"Subject: Report Domain: far.test Submitter: us.test Report-ID: <{day:yyyyMMdd}.far.test@mx.us.test>",
            $"Message-ID: <{day:yyyyMMdd}.far.test@mx.us.test>", "TLS-Report-Domain: far.test", "TLS-Report-Submitter: us.test", "TLS-Required: No", "Auto-Submitted: auto-generated",
        ])
        {
            Assert.Contains($"\r\n{line}\r\n", $"\r\n{header}\r\n", StringComparison.Ordinal);
        }

        Assert.Contains("Content-Type: multipart/report; report-type=tlsrpt; boundary=", header, StringComparison.Ordinal);
        Assert.Contains($"us.test!far.test!{At(day)}!{At(day) + 86_399}!{day:yyyyMMdd}fartest.json.gz", body, StringComparison.Ordinal);
        var document = Unpacked(body);
        Assert.Equal(("Example Org", "postmaster@us.test", $"{day:yyyy-MM-dd}T00:00:00Z", $"{day:yyyy-MM-dd}T23:59:59Z"), (
            document.GetProperty("organization-name").GetString(), document.GetProperty("contact-info").GetString(),
            document.GetProperty("date-range").GetProperty("start-datetime").GetString(), document.GetProperty("date-range").GetProperty("end-datetime").GetString()));
        var one = Assert.Single(document.GetProperty("policies").EnumerateArray().ToArray());
        Assert.Equal(
            """{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce","mx: mx1.far.test","mx: *.far.test","max_age: 86400"],"policy-domain":"far.test","mx-host":["mx1.far.test","*.far.test"]}""",
            one.GetProperty("policy").GetRawText());
        Assert.Equal("""{"total-successful-session-count":3,"total-failure-session-count":2}""", one.GetProperty("summary").GetRawText());
        Assert.Equal(
            """[{"result-type":"starttls-not-supported","receiving-mx-hostname":"mx1.far.test","receiving-ip":"192.0.2.1","failed-session-count":2}]""", one.GetProperty("failure-details").GetRawText());
        AwaitAssert(() => Assert.Equal((0, 1), (Reports.Count, Reports.Sent)));             // other.test asked for none
        Assert.Contains(Lines.All, l => l.Contains("far.test is told by tls+rpt@far.test, two@rpt.test", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_reported_before_the_day_is_over()
    {
        Zone.Add("_smtp._tls.far.test 60 TXT \"v=TLSRPTv1; rua=mailto:tls@far.test\"");
        Time.Advance(new DateTimeOffset(Time.GetUtcNow().UtcDateTime.Date.AddDays(1).AddMinutes(2), TimeSpan.Zero) - Time.GetUtcNow());
        Note("far.test", "opportunistic", succeeded: 1);
        var actor = Start();
        for (var hour = 0; hour < 23; hour++)
        {
            Time.Advance(TimeSpan.FromHours(1));
            Settle(actor);
        }

        Assert.Equal((1, 0L), (Reports.Count, _stores.Mail.Statistics.Stored));
        Assert.Empty(Names.Asked);
        Assert.Equal("far.test", TextOf(NextMail()).Split("TLS-Report-Domain: ")[1].Split('\r')[0]);
    }

    [Fact]
    public void What_cannot_be_looked_up_is_tried_again_in_an_hour()
    {
        Names.Fail("_smtp._tls.far.test", DnsType.Txt);
        Note("far.test", "opportunistic", succeeded: 1);
        var actor = Start();
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromHours(1));
            Settle(actor);
            Assert.InRange(Names.Asked.Count, 3, 100);
        });
        Assert.Equal((1, 0L), (Reports.Count, Reports.Sent));
        Assert.Contains(Lines.All, l => l.Contains("far.test is not told for now", StringComparison.Ordinal));
    }

    [Fact]
    public void Domains_whose_name_servers_do_not_answer_keep_the_others_waiting_for_some_seconds_only()
    {
        var slow = new SilentResolver(Names, "silent");
        Resolver = slow;
        for (var i = 0; i < 20; i++)
        {
            Note($"silent{i:00}.test", "opportunistic", succeeded: 1);
        }

        Zone.Add("_smtp._tls.well.test 60 TXT \"v=TLSRPTv1; rua=mailto:tls@well.test\"");
        Note("well.test", "opportunistic", succeeded: 1);                       // the last by its name
        var actor = Start();
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromHours(1));
            Settle(actor);
            Assert.Equal(8, slow.Waiting);                                      // never more at a time
        });
        for (var rounds = 0; _stores.Mail.Statistics.Stored == 0; rounds++)
        {
            Assert.InRange(slow.Waiting, 0, 8);
            Assert.InRange(rounds, 0, 1000);
            AwaitAssert(() => Assert.True(_stores.Mail.Statistics.Stored > 0 || slow.Waiting > 0));
            Time.Advance(TimeSpan.FromSeconds(8));
            Settle(actor);
        }

        var mail = new StoredMail[1];
        AwaitAssert(() => Assert.Equal(1, _stores.Mail.Deliveries.Take(mail)));  // the clock stands: nobody is asked again
        Assert.Equal("well.test", TextOf(mail[0]).Split("TLS-Report-Domain: ")[1].Split('\r')[0]);
        Time.Advance(TimeSpan.FromSeconds(8));
        AwaitAssert(() => Assert.Equal(20, Lines.All.Count(l => l.Contains("is not told for now", StringComparison.Ordinal) && l.Contains("within 8 s", StringComparison.Ordinal))));
        Assert.Equal(20, Reports.Count);                                        // they are asked again, as long as the day is
    }

    [Fact]
    public void Nodes_that_share_a_database_report_under_names_of_their_own_and_a_long_domain_has_a_short_boundary()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('a', 50), 4)) + ".test";
        Zone.Add($"_smtp._tls.{domain} 60 TXT \"v=TLSRPTv1; rua=mailto:tls@rpt.test\"");
        Note(domain, "mta-sts", succeeded: 1);
        var id = $"{Today:yyyyMMdd}.{domain}.mx-2";
        _node = "MX-2/…";
        Start();

        var text = TextOf(NextMail());
        Assert.Equal(id, Unpacked(text).GetProperty("report-id").GetString());
        Assert.Contains($"<{id}@mx.us.test>", text.Replace("\r\n ", " ", StringComparison.Ordinal));
        Assert.InRange(text.Split("boundary=")[1].Split("\r\n")[0].Trim('"').Length, 1, 70);           // RFC 2046 §5.1.1
    }

    [Fact]
    public void A_domain_of_ours_gets_its_report_into_its_mailbox()
    {
        Zone.Add("_smtp._tls.far.test 60 TXT \"v=TLSRPTv1; rua=mailto:ann@us.test\"");
        Note("far.test", "opportunistic", succeeded: 1);
        Start("ann");
        Assert.Equal("ann", Assert.Single(NextMail().Envelope.Recipients).Account);
    }

    /// <summary>Of some names it never hears, however long it is waited for.</summary>
    private sealed class SilentResolver(IResolver others, string silent) : IResolver
    {
        private int _waiting;

        public int Waiting => Volatile.Read(ref _waiting);

        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            if (!question.Name.ToString().Contains(silent, StringComparison.Ordinal))
            {
                return await others.ResolveAsync(question, cancellation);
            }

            var over = new TaskCompletionSource<DnsOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _waiting);
            using var registered = cancellation.Register(() => over.TrySetCanceled(cancellation));
            try
            {
                return await over.Task;
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }

    private DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    private static long At(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();

    private void Note(string domain, string policy, int succeeded, int failed = 0)
    {
        var hop = new Hop(new RouteHost("mx1.far.test", 10, []), new NextHop(IPEndPoint.Parse("192.0.2.1:25"), "mx1.far.test", TlsDemand.Verified), policy)
        {
            Published = policy == "mta-sts" ? [.. _lines] : [],
        };
        for (var i = 0; i < succeeded; i++)
        {
            Reports.Stood(domain, hop, Facts);
        }

        for (var i = 0; i < failed; i++)
        {
            Reports.Stood(domain, hop, null);
        }
    }

    private static Transport.TlsFacts Facts { get; } = new(System.Security.Authentication.SslProtocols.Tls13, System.Net.Security.TlsCipherSuite.TLS_AES_256_GCM_SHA384, null, null, null, null);

    private IActorRef Start(params string[] accounts)
    {
        _stores.Mail.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        var users = accounts.Aggregate(UserTable.Empty, (table, name) => table.With(new UserAccount(name, "", [], Disabled: false, Admin: false)));
        var directory = new AccountDirectory(["us.test"], acceptUnknown: false, users);
        return Sys.ActorOf(
            Supervision.OfTlsReports(new ReportContext(
                new ReportSettings(IsOn: true, null, "Example Org", TimeSpan.FromHours(4)), Mailbox.Parse("postmaster@us.test"), "mx.us.test", Resolver ?? Names, _stores.Mail, () => directory,
                new MailIdGenerator(1), new PoolBackground(), Time, new Random(1), new Log(Lines))
            { Node = _node }, Reports),
            "tls-reports");
    }

    /// <summary>What was told to it before, it has done.</summary>
    private void Settle(IActorRef actor)
    {
        var asker = CreateTestProbe();
        actor.Tell(new Identify(1), asker);
        asker.ExpectMsg<ActorIdentity>(TimeSpan.FromSeconds(20));
    }

    /// <summary>Lets the time pass until there is a message.</summary>
    private StoredMail NextMail()
    {
        var mail = new StoredMail[1];
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(1, _stores.Mail.Deliveries.Take(mail));
        });
        return mail[0];
    }

    private static string TextOf(StoredMail mail)
    {
        Assert.True(mail.TryGetContent(out var content));
        return Encoding.ASCII.GetString(content.Span);
    }

    private static JsonElement Unpacked(string message)
    {
        var start = message.IndexOf("\r\n\r\n", message.IndexOf("application/tlsrpt+gzip", StringComparison.Ordinal), StringComparison.Ordinal);
        var base64 = message[start..message.IndexOf("\r\n--", start, StringComparison.Ordinal)];
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(base64.Replace("\r\n", "", StringComparison.Ordinal))), CompressionMode.Decompress);
        return JsonDocument.Parse(packed).RootElement;
    }
}
