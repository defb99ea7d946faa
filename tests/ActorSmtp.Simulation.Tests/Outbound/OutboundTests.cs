using System.Diagnostics;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Testing.Simulation;
using ActorSmtp.Testing.Simulation.Outbound;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.Outbound;

/// <summary>Mail on its way to others, through days of retries and deaths of the process (docs/simulation.md).</summary>
public sealed class OutboundTests(ITestOutputHelper output)
{
    [Fact]
    public void Each_message_arrives_or_goes_back_once_whenever_the_process_dies()
    {
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var began = Stopwatch.GetTimestamp();
        Simulated.RunAll(Simulated.Seeds(24), async simulation =>
        {
            var world = new OutboundWorld(simulation);
            await world.RunAsync(messages: simulation.Random.Next(5, 60), deaths: simulation.Random.Next(6));
            lock (tally)
            {
                world.Count("lives " + (world.Lives > 1 ? "several" : "one"));
                foreach (var (what, count) in world.Tally)
                {
                    tally[what] = tally.GetValueOrDefault(what) + count;
                }

                tally["arrived"] = tally.GetValueOrDefault("arrived") + world.Ledger.Arrivals;
                tally["noticed"] = tally.GetValueOrDefault("noticed") + world.Ledger.Notices;
            }
        });
        output.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {string.Join(", ", tally.Select(t => $"{t.Key} {t.Value}"))}");
        if (!Simulated.IsReplay)
        {
            string[] needed = ["power cut", "kill", "death in a call", "orderly stop", "rest", "outcome Later", "outcome Never", "outcome Relayed", "outcome Delivered", "relay broke", "order Retry", "order Hold", "order Release", "order Return"];
            Assert.All(needed, what => Assert.True(tally.GetValueOrDefault(what) > 0, $"never came: {what}"));
        }
    }

    [Fact]
    public void Five_days_of_retries_go_by_without_a_death()
    {
        var trace = Simulated.Run(4711, simulation => new OutboundWorld(simulation).RunAsync(messages: 40, deaths: 0));
        output.WriteLine($"{trace.Count} events");
    }

    [Theory]
    [InlineData(0, 0, "lost")]
    [InlineData(2, 0, "twice")]
    [InlineData(0, 2, "two notices")]
    [InlineData(1, 1, "delivered and returned")]
    [InlineData(1, 0, null)]
    [InlineData(0, 1, null)]
    public void The_ledger_sees_what_must_not_be(int arrivals, int notices, string? wrong)
    {
        var ids = new MailIdGenerator(1);
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var ledger = new OutboundLedger();
        var recipient = new Recipient(Mailbox.TryParse("bob@far.test")!);
        var sent = ledger.New(ids.Next(now), "ann@mx.test", [recipient], "x\r\n"u8.ToArray());
        sent.IsAcknowledged = true;
        for (; arrivals > 0; arrivals--)
        {
            ledger.Arrived(ErrandOf(sent.Id, "ann@mx.test", recipient), 0, sent.Content, now);
        }

        for (; notices > 0; notices--)
        {
            var notice = $"Final-Recipient: rfc822; bob@far.test\r\nAction: failed\r\nFinal-Log-ID: {sent.Id}\r\n";
            ledger.Arrived(ErrandOf(ids.Next(now), null, recipient), 0, System.Text.Encoding.ASCII.GetBytes(notice), now);
        }

        var said = Record.Exception(ledger.Check)?.Message;
        Assert.True(wrong is null ? said is null : said?.StartsWith(wrong, StringComparison.Ordinal) == true, said);
    }

    private static Errand ErrandOf(MailId id, string? from, Recipient recipient) => new(
        id, "far.test", [0],
        new Envelope { Id = id, ReceivedAt = default, From = new ReversePath(from is null ? null : Mailbox.TryParse(from)), Recipients = [recipient] }, 0, null!, 0);
}
