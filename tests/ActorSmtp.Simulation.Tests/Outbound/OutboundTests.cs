using System.Diagnostics;
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
        Simulated.RunAll(Simulated.Seeds(60), async simulation =>
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
            string[] needed = ["power cut", "kill", "death in a call", "orderly stop", "rest", "outcome Later", "outcome Never", "outcome Relayed", "outcome Delivered"];
            Assert.All(needed, what => Assert.True(tally.GetValueOrDefault(what) > 0, $"never came: {what}"));
        }
    }

    [Fact]
    public void Five_days_of_retries_go_by_without_a_death()
    {
        var trace = Simulated.Run(4711, simulation => new OutboundWorld(simulation).RunAsync(messages: 40, deaths: 0));
        output.WriteLine($"{trace.Count} events");
    }

    [Fact]
    public void The_ledger_finds_mail_that_is_lost_without_syncs()
    {
        var found = 0;
        foreach (var seed in Enumerable.Range(1, 25))
        {
            try
            {
                Simulated.Run(seed, simulation => new OutboundWorld(simulation, forgetsSyncs: true).RunAsync(messages: 40, deaths: 5));
            }
            catch (SimulationFailedException)
            {
                found++;
            }
        }

        Assert.True(found > 0, "no run lost anything");
    }
}
