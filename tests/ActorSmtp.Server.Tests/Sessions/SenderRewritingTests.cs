using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Senders of mail that aliases pass on (SRS): what is noted for the way out, and which bounces find the way back.</summary>
public sealed class SenderRewritingTests
{
    private static readonly string[] _sets = ["outbound.routes={\"far.test\"=mx,\"c.test\"=mx}", "aliases={\"one\"=\"carl@far.test\",\"both\"=[\"ann\",\"carl@far.test\"],\"here\"=\"ann\"}"];

    [Theory]
    [InlineData("x@c.test", "one", true)]
    [InlineData("SRS0=abcd=2W=d.test=x@c.test", "one", true)]
    [InlineData("x@mx.test", "one", false)]                        // ours already
    [InlineData("", "one", false)]                                 // nobody's
    [InlineData("x@c.test", "here", false)]                        // stays here
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@c.test", "one", false)]      // 65 octets before the @
    public async Task What_an_alias_passes_on_is_marked_where_its_sender_is_rewritten(string from, string to, bool isRewritten)
    {
        await using var at = await StartRewritingAsync();
        var envelope = await SendAsync(at, $"MAIL FROM:<{from}>", $"RCPT TO:<{to}@mx.test>");

        Assert.Equal($"<{from}>", envelope.From.ToString());       // Return-Path here, and whom our own notices go to
        Assert.Equal(isRewritten, Assert.Single(envelope.Recipients).IsPassedOn);
        Assert.Equal(envelope.Recipients[0].IsPassedOn, at.Server.Server.Accounts!.SenderPassedOn(envelope.From) != envelope.From && to == "one");
    }

    [Fact]
    public async Task A_copy_that_stays_keeps_its_sender_and_the_story_tells_the_other()
    {
        await using var at = await StartRewritingAsync();
        var envelope = await SendAsync(at, "MAIL FROM:<x@c.test>", "RCPT TO:<both@mx.test>");

        Assert.Equal([("ann", false), (null, true)], envelope.Recipients.Select(r => (r.Account, r.IsPassedOn)));
        Assert.Contains("actorsmtp_srs_rewritten_total 1\n", await FiguresAsync(at), StringComparison.Ordinal);
        var story = await at.Server.Inspection.Stories!.ExplainAsync(envelope.Id.ToString(), CancellationToken.None);
        Assert.Contains(story!.Entries, e => e.What == "alias" && e.Detail == $"both@mx.test leads to ann, carl@far.test; passed on from {at.Server.Server.Accounts!.SenderPassedOn(envelope.From)}");
        Assert.StartsWith("<SRS0=", at.Server.Server.Accounts!.SenderPassedOn(envelope.From).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("auto-reply@far.test")]
    public async Task A_bounce_to_a_rewritten_sender_goes_back_to_who_sent_it(string from)
    {
        await using var at = await StartRewritingAsync();
        var ours = at.Server.Server.Accounts!.SenderPassedOn(new ReversePath(Mailbox.Parse("x@c.test"))).Mailbox!;
        var envelope = await SendAsync(at, $"MAIL FROM:<{from}>", $"RCPT TO:<{ours.ToString().ToLowerInvariant()}>");

        var recipient = Assert.Single(envelope.Recipients);
        Assert.Equal(("x@c.test", null, from.Length > 0), (recipient.Address.ToString(), recipient.Account, recipient.IsPassedOn));
    }

    [Fact]
    public async Task What_we_did_not_make_or_made_long_ago_is_refused_and_nothing_is_relayed_by_it()
    {
        await using var at = await StartRewritingAsync("unknown-recipients=accept");
        var ours = Ours(at, "x@c.test");
        var unrouted = Ours(at, "x@elsewhere.test");
        var peer = await ReadyAsync(at);
        await SayAsync(peer, "MAIL FROM:<>", "250 2.1.0");
        await SayAsync(peer, "RCPT TO:<SRS0=abcd=2W=c.test=x@mx.test>", "550 5.1.1 This return address was not made here");
        await SayAsync(peer, $"RCPT TO:<{ours.Replace("=x@", "=y@", StringComparison.Ordinal)}>", "550 5.1.1 This return address was not made here");
        await SayAsync(peer, $"RCPT TO:<{ours.Replace("c.test", "victim.test", StringComparison.Ordinal)}>", "550 5.1.1 This return address was not made here");
        await SayAsync(peer, "RCPT TO:<SRS0=x@mx.test>", "550 5.1.1 This return address was not made here");
        await SayAsync(peer, $"RCPT TO:<{ours.Replace("mx.test", "far.test", StringComparison.Ordinal)}>", "550 5.7.1");      // another server's: no relaying
        await SayAsync(peer, $"RCPT TO:<{unrouted}>", "550 5.7.1");                                                          // no route leads back
        await SayAsync(peer, $"RCPT TO:<{ours}>", "250 2.1.5");
        at.Time.Advance(TimeSpan.FromDays(22));
        var later = await ReadyAsync(at);
        await SayAsync(later, "MAIL FROM:<>", "250 2.1.0");
        await SayAsync(later, $"RCPT TO:<{ours}>", "550 5.1.1 This return address is too old");

        var figures = await FiguresAsync(at);                              // what is another server's is not counted
        Assert.All(
            (string[])["good\"} 2", "forged\"} 3", "malformed\"} 1", "expired\"} 1"], figure => Assert.Contains($"actorsmtp_srs_returns_total{{result=\"{figure}\n", figures, StringComparison.Ordinal));
        Assert.Contains("actorsmtp_srs_rewritten_total 0\n", figures, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_senders_are_not_rewritten_such_an_address_is_as_any_other()
    {
        await using var at = await StartAsync(_sets[0], "aliases={\"one\"=\"carl@far.test\",\"srs0=x\"=\"ann\"}");
        var envelope = await SendAsync(at, "MAIL FROM:<x@c.test>", "RCPT TO:<one@mx.test>", "RCPT TO:<SRS0=x@mx.test>");

        Assert.Equal([(null, false), ("ann", false)], envelope.Recipients.Select(r => (r.Account, r.IsPassedOn)));
        var peer = await ReadyAsync(at);
        await SayAsync(peer, "MAIL FROM:<>", "250 2.1.0");
        await SayAsync(peer, "RCPT TO:<SRS0=abcd=2W=c.test=x@mx.test>", "550 5.1.1 No such user here");
    }

    private static async Task<string> FiguresAsync(SessionHarness at)
    {
        using var text = new MemoryStream();
        await at.Server.Inspection.Metrics!.WritePrometheusAsync(text, CancellationToken.None);
        return Encoding.ASCII.GetString(text.ToArray());
    }

    private static string Ours(SessionHarness at, string sender) => at.Server.Server.Accounts!.SenderPassedOn(new ReversePath(Mailbox.Parse(sender))).Mailbox!.ToString();

    private static async Task<SessionHarness> StartRewritingAsync(params string[] more)
    {
        var at = await StartAsync([.. _sets, .. more]);
        var rewriter = new SenderRewriter(MailDomain.TryParse("mx.test")!, [new SrsSecret("a secret of this test"u8.ToArray(), DateTimeOffset.MinValue)], 4, 21);
        at.Server.Server.FollowAddresses(at.Server.Server.Accounts!.Rules with { Senders = rewriter });
        await Until(() => at.Server.Server.Accounts!.Rules.Senders is not null, "the secret is not taken in");
        return at;
    }

    private static async Task<Envelope> SendAsync(SessionHarness at, params string[] commands)
    {
        var peer = await ReadyAsync(at);
        foreach (var command in commands)
        {
            await SayAsync(peer, command, "250 ");
        }

        await SayAsync(peer, "DATA", "354");
        await SayAsync(peer, "Subject: x\r\n\r\nHello\r\n.", "250 2.0.0");
        peer.Abort();
        return at.Store.Writers.Single().Envelope!;
    }

    private static async Task<Testing.Dialogues.DialoguePeer> ReadyAsync(SessionHarness at)
    {
        var peer = await at.ConnectAsync();
        await Expect(peer, "220 ");
        await SayAsync(peer, "HELO c.test", "250 ");
        return peer;
    }

    private static async Task SayAsync(Testing.Dialogues.DialoguePeer peer, string line, string reply)
    {
        peer.Send(Encoding.ASCII.GetBytes(line + "\r\n"));
        await Expect(peer, reply);
    }
}
