using System.Diagnostics;
using Akka.Actor;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Actors;

/// <summary>A bare actor system on one thread in virtual time, ruled by a seed.</summary>
public sealed class ActorSystemTests
{
    [Fact]
    public void The_order_of_messages_of_several_senders_varies_with_the_seed_and_each_senders_own_does_not()
    {
        var orders = new HashSet<string>();
        foreach (var seed in Enumerable.Range(1, 300))
        {
            var heard = new List<object>();
            Simulated.Run(seed, simulation => TwoCounters(simulation, heard));
            Assert.Equal(["a 1", "a 2", "a 3"], heard.Where(h => h.ToString()!.StartsWith('a')));
            Assert.Equal(["b 1", "b 2", "b 3"], heard.Where(h => h.ToString()!.StartsWith('b')));
            orders.Add(string.Join(',', heard));
        }

        Assert.Equal(20, orders.Count);                // six places, three of them a's: every order there is
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_seed_another()
    {
        var traces = new HashSet<ulong>();
        foreach (var seed in Enumerable.Range(1, 50))
        {
            var once = Simulated.Run(seed, Everything);
            var again = Simulated.Run(seed, Everything);
            Assert.Equal(once.Count, again.Count);
            Assert.Equal(once.Hash, again.Hash);
            traces.Add(once.Hash);
        }

        Assert.Equal(50, traces.Count);
    }

    [Fact]
    public void Five_days_of_ticks_take_moments()
    {
        var began = Stopwatch.GetTimestamp();
        Simulated.Run(1, simulation =>
        {
            var ticks = 0;
            Action tick = () => ticks++;
            var system = simulation.Outside.CreateSystem();
            system.ActorOf(Props.Create(() => new Ticker(TimeSpan.FromSeconds(10), tick)));
            simulation.RunFor(TimeSpan.FromDays(5));
            Assert.Equal(TimeSpan.FromDays(5), simulation.Elapsed);
            Assert.InRange(ticks, (5 * 8640) - 50, 5 * 8640);
            return Task.CompletedTask;
        });
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 60);
    }

    [Fact]
    public void Time_stands_still_while_anything_can_run() => Simulated.Run(3, async simulation =>
    {
        var heard = new List<object>();
        await TwoCounters(simulation, heard);
        Assert.Equal(6, heard.Count);
        Assert.Equal(TimeSpan.Zero, simulation.Elapsed);
    });

    [Fact]
    public void Asks_piped_answers_and_asynchronous_handlers_run_in_virtual_time() => Simulated.RunAll(Simulated.Seeds(40), async simulation =>
    {
        var system = simulation.Outside.CreateSystem();
        var doubler = system.ActorOf(Props.Create(() => new Doubler(simulation.Outside.Time)));
        Assert.Equal(8, await doubler.Ask<int>(4));
        Assert.Equal(TimeSpan.Zero, simulation.Elapsed);

        var heard = new List<object>();
        var listener = system.ActorOf(Props.Create(() => new Listener(heard)));
        await doubler.Ask<int>(5).PipeTo(listener);
        await Task.Delay(TimeSpan.FromSeconds(1), simulation.Outside.Time);
        Assert.Equal([10], heard);
        Assert.InRange(simulation.Elapsed.TotalSeconds, 6, 6.1);

        // It is busy with the 7 for seven seconds; the 2 waits its turn behind it.
        var slow = doubler.Ask<int>(7);
        var late = doubler.Ask<int>(2, TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<AskTimeoutException>(() => late);
        Assert.Equal(14, await slow);
        await system.Terminate();
    });

    [Fact]
    public void A_failing_actor_is_restarted_and_goes_on() => Simulated.RunAll(Simulated.Seeds(40), async simulation =>
    {
        var system = simulation.Outside.CreateSystem();
        var doubler = system.ActorOf(Props.Create(() => new Doubler(simulation.Outside.Time)));
        var never = doubler.Ask<int>(13, TimeSpan.FromMinutes(1));
        var second = doubler.Ask<int>(2);
        Assert.Equal(4, await second);
        await Assert.ThrowsAsync<AskTimeoutException>(() => never);
        Assert.True(await doubler.GracefulStop(TimeSpan.FromSeconds(5)));
        await system.Terminate();
    });

    [Fact]
    public void A_killed_host_does_nothing_any_more() => Simulated.RunAll(Simulated.Seeds(40), async simulation =>
    {
        var host = new SimulatedHost(simulation, "other");
        var ticks = 0;
        Action tick = () => ticks++;
        host.CreateSystem().ActorOf(Props.Create(() => new Ticker(TimeSpan.FromSeconds(1), tick)));
        await Task.Delay(TimeSpan.FromSeconds(10.5), simulation.Outside.Time);
        var before = ticks;
        Assert.InRange(before, 9, 10);
        host.Kill();
        await Task.Delay(TimeSpan.FromDays(1), simulation.Outside.Time);
        Assert.Equal(before, ticks);
    });

    internal static async Task TwoCounters(Testing.Simulation.Simulation simulation, List<object> heard)
    {
        var system = simulation.Outside.CreateSystem();
        var listener = system.ActorOf(Props.Create(() => new Listener(heard)));
        system.ActorOf(Props.Create(() => new Counter("a", listener))).Tell(3);
        system.ActorOf(Props.Create(() => new Counter("b", listener))).Tell(3);
        while (heard.Count < 6)
        {
            await Task.Yield();
        }
    }

    /// <summary>A bit of all there is: children, failures, timers, asks, stops.</summary>
    private static async Task Everything(Testing.Simulation.Simulation simulation)
    {
        var heard = new List<object>();
        await TwoCounters(simulation, heard);
        var system = simulation.Outside.CreateSystem("second");
        var doublers = Enumerable.Range(0, 5).Select(i => system.ActorOf(Props.Create(() => new Doubler(simulation.Outside.Time)), $"doubler-{i}")).ToList();
        var ticker = system.ActorOf(Props.Create(() => new Ticker(TimeSpan.FromSeconds(1), () => heard.Add("tick"))), "ticker");
        var asks = Enumerable.Range(0, 20).Select(n => doublers[simulation.Random.Next(5)].Ask<int>(n, TimeSpan.FromMinutes(2))).ToList();
        foreach (var ask in asks)
        {
            try
            {
                heard.Add(await ask);
            }
            catch (AskTimeoutException)
            {
                heard.Add("timed out");
            }
        }

        await ticker.GracefulStop(TimeSpan.FromSeconds(5));
        simulation.Note(string.Join(',', heard));
        await system.Terminate();
    }
}
