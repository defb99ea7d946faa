using Akka.Actor;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Actors;

/// <summary>What the simulation itself promises: it finds races, says where to look, and knows when it is fooled.</summary>
public sealed class SimulationTests
{
    [Fact]
    public void A_race_is_found_and_its_seed_repeats_it()
    {
        var failed = Assert.Throws<SimulationFailedException>(() => Simulated.RunAll(Enumerable.Range(1, 50), LostUpdate));
        var again = Assert.Throws<SimulationFailedException>(() => Simulated.Run(failed.Seed, LostUpdate));
        Assert.Equal(failed.Message, again.Message);
        Assert.Contains($"ACTORSMTP_SEED={failed.Seed}", failed.Message, StringComparison.Ordinal);
        Assert.Contains("turn", failed.Message, StringComparison.Ordinal);
        Assert.Contains("/user/", failed.Message, StringComparison.Ordinal);

        static async Task LostUpdate(Testing.Simulation.Simulation simulation)
        {
            var system = simulation.Outside.CreateSystem();
            var store = system.ActorOf<Cell>("cell");
            await Task.WhenAll(Increment(), Increment());
            Assert.Equal(2, await store.Ask<int>("get"));

            async Task Increment()
            {
                var value = await store.Ask<int>("get");
                store.Tell(value + 1);                  // between the two somebody else may have been there
            }
        }
    }

    [Fact]
    public void What_another_thread_does_fails_the_run()
    {
        var failed = Assert.Throws<SimulationFailedException>(() => Simulated.Run(1, async simulation =>
        {
            var system = simulation.Outside.CreateSystem();
            var cell = system.ActorOf<Cell>();
            await Task.Delay(TimeSpan.FromSeconds(1), simulation.Outside.Time);     // it has started, and rests
            var other = new Thread(() => cell.Tell(1));
            other.Start();
            other.Join();                           // so that the order is ours: it has told before the run goes on
            await Task.Delay(TimeSpan.FromSeconds(1), simulation.Outside.Time);
        }));
        Assert.Contains("another thread", failed.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(What_another_thread_does_fails_the_run), failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_can_never_end_says_so()
    {
        var failed = Assert.Throws<SimulationFailedException>(() => Simulated.Run(1, simulation =>
            simulation.Outside.CreateSystem().ActorOf<Cell>().Ask<int>("nothing")));
        Assert.IsType<SimulationStuckException>(failed.InnerException);
    }

    [Fact]
    public void A_run_in_a_circle_says_so()
    {
        var failed = Assert.Throws<SimulationFailedException>(() => Simulated.Run(1, async simulation =>
        {
            simulation.MaxSteps = 10_000;
            while (true)
            {
                await Task.Yield();
            }
        }));
        Assert.IsType<SimulationStuckException>(failed.InnerException);
    }

    private sealed class Cell : ReceiveActor
    {
        private int _value;

        public Cell()
        {
            Receive<int>(value => _value = value);
            Receive<string>(ask => ask == "get", _ => Sender.Tell(_value));
        }
    }
}
