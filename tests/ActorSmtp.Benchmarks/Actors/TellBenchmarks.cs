using Akka.Actor;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>How many messages get through a mailbox.</summary>
internal static class TellBenchmarks
{
    private const int Messages = 4_000_000;

    internal static double OneTellerToOneActor() => Rate(tellers: 1);

    internal static double TwoTellersToOneActor() => Rate(tellers: 2);

    /// <summary>A chain of actors, each of which tells the next.</summary>
    internal static double ActorsTellingActors()
    {
        const int Length = 10;
        const int Each = 300_000;
        using var done = new ManualResetEventSlim();
        return Length * Each / 1e6 / Bench.Seconds(system =>
        {
            var next = system.ActorOf(Made<Counter>.Props(() => new Counter(Each, done)));
            for (var i = 1; i < Length; i++)
            {
                var to = next;
                next = system.ActorOf(Made<Passer>.Props(() => new Passer(to)));
            }

            for (var i = 0; i < Each; i++)
            {
                next.Tell("go", ActorRefs.NoSender);
            }

            done.Wait();
        });
    }

    private static double Rate(int tellers)
    {
        using var done = new ManualResetEventSlim();
        return Messages / 1e6 / Bench.Seconds(system =>
        {
            var counter = system.ActorOf(Made<Counter>.Props(() => new Counter(Messages, done)));
            var threads = Enumerable.Range(0, tellers).Select(_ => new Thread(() =>
            {
                for (var i = 0; i < Messages / tellers; i++)
                {
                    counter.Tell("go", ActorRefs.NoSender);
                }
            })).ToList();
            threads.ForEach(t => t.Start());
            done.Wait();
            threads.ForEach(t => t.Join());
        });
    }

    private sealed class Counter(int expected, ManualResetEventSlim done) : UntypedActor
    {
        private int _count;

        protected override void OnReceive(object message)
        {
            if (++_count == expected)
            {
                done.Set();
            }
        }
    }

    private sealed class Passer(IActorRef next) : UntypedActor
    {
        protected override void OnReceive(object message) => next.Tell(message, ActorRefs.NoSender);
    }
}
