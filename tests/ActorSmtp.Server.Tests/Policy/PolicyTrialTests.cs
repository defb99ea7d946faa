using System.Collections.Immutable;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Policy.Milters;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>A message that is only tried: all that a listener asks is asked, and nothing is learned, stored or held back.</summary>
public sealed class PolicyTrialTests
{
    private static readonly PolicyQuestion s_question = new("mx", IPAddress.Parse("192.0.2.1"), "c.test", Mailbox.TryParse("x@c.test"), [Mailbox.TryParse("bob@mx.test")!, Mailbox.TryParse("ann@mx.test")!], null);

    [Fact]
    public async Task All_are_asked_behind_a_no_too_and_the_first_no_is_what_the_peer_hears()
    {
        var first = new ScriptedCheck("first") { Answer = ScriptedCheck.At(PolicySteps.Mail, new PolicyAnswer(PolicyAction.Reject) { Findings = [new Finding("first", "bad", "as the test wants", 2)] }) };
        var second = new ScriptedCheck("second") { Answer = ScriptedCheck.At(PolicySteps.Rcpt, new PolicyAnswer(PolicyAction.Defer)), Later = true };

        var report = await TryAsync(s_question, ["gatekeeping.tarpit.from-score=1", "gatekeeping.tarpit.delay=1m", "gatekeeping.scores.tag=1"], [first, second]);

        Assert.Equal("550 5.7.1 Refused by local policy (at mail)", report.Verdict);
        Assert.Equal(["connect", "helo", "mail", "rcpt", "rcpt", "content"], report.Steps.Select(s => s.Step));
        Assert.Equal(["192.0.2.1", "c.test", "<x@c.test>", "bob@mx.test", "ann@mx.test", "28 octets"], report.Steps.Select(s => s.About));
        Assert.Equal(["pass", "pass", "reject", "defer", "defer", "pass"], report.Steps.Select(s => s.Action));
        Assert.StartsWith("450 4.7.1", report.Steps[3].Reply, StringComparison.Ordinal);
        Assert.Equal(new PolicyTrialFinding("first", "bad", "as the test wants", 2), Assert.Single(report.Steps[2].Findings));
        Assert.Equal(first.Asked, second.Asked);
        Assert.Equal((2.0, "X-Policy: score=2\r\n"), (report.Score, report.Fields));
        Assert.Equal((0, 0), (first.Open, second.Open));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Milters_are_asked_where_that_is_wanted(bool wanted)
    {
        await using var transport = new MemoryTransport();
        await using var milter = new ScriptedMilter(transport);
        milter.Answer = (c, _) => c == 'E' ? [ScriptedMilter.Texts('h', null, "X-New", "1"), ScriptedMilter.Word('c')] : [ScriptedMilter.Word('c')];

        var report = await TryAsync(s_question with { AsksMilters = wanted }, ["listeners.mx.milters=[one]", $"gatekeeping.milters.one.address=\"{milter.Address}\""], [], transport);

        Assert.Equal("accepted", report.Verdict);
        Assert.Equal(wanted ? ["one changed +X-New"] : [], report.Steps.SelectMany(s => s.Findings).Select(f => $"{f.Check} {f.Result} {f.Reason}"));
        Assert.Equal(wanted, milter.Heard.Any(h => h[0] == 'B'));
    }

    [Fact]
    public async Task A_user_s_message_is_signed_for_show()
    {
        var keys = await Signing.SigningServer.KeysOfAsync("mx.test");

        var report = await TryAsync(s_question with { User = "ann", Sender = Mailbox.TryParse("ann@mx.test") }, Signing.SigningServer.Submission, [], keys: keys);

        Assert.Contains(report.Steps.SelectMany(s => s.Findings), f => f is { Check: "dkim-signature", Result: "signed", Reason: "mx.test (s1)" });
        Assert.StartsWith("DKIM-Signature: v=1; a=rsa-sha256;", report.Fields, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_there_is_not_is_told()
    {
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => TryAsync(s_question with { Listener = "nix" }, [], []));

        Assert.StartsWith("there is no listener nix that takes mail: mx", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task<PolicyTrialReport> TryAsync(PolicyQuestion question, string[] sets, ImmutableArray<ScriptedCheck> checks, ITransport? transport = null, MemorySigningKeys? keys = null)
    {
        var settings = TestMailServer.Settings(sets);
        settings = settings with { Listeners = [.. settings.Listeners.Select(l => l with { Checks = [.. checks.Select(c => new CheckChoice(c.Name, c.Most)), .. l.Checks] })] };
        var stores = Stores.InMemory(settings.Storage.Files);
        await using var own = new MemoryTransport();
        await using var trial = await MailServer.TryPolicyAsync(
            settings,
            new MailServerPorts
            {
                Transport = transport ?? own,
                Mail = stores.Mail,
                Mailboxes = stores.Mailboxes,
                Users = stores.Users,
                Logs = NullLoggerFactory.Instance,
                SigningKeys = keys,
                Checks = [.. checks],
                Seed = 1,
            },
            question, CancellationToken.None);
        await trial.BeginAsync(CancellationToken.None);
        foreach (var octet in Encoding.ASCII.GetBytes("From: ann@mx.test\r\n\r\nHello\r\n"))
        {
            await trial.WriteAsync(new[] { octet }, CancellationToken.None);
        }

        return await trial.EndAsync(CancellationToken.None);
    }
}
