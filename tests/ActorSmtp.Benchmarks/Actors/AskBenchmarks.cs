using System.Diagnostics;
using Akka.Actor;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>Questions from outside, one after another and many at once.</summary>
internal static class AskBenchmarks
{
    internal static double OneAtATime()
    {
        const int Asks = 50_000;
        var times = new long[Asks];
        Bench.Seconds(system =>
        {
            var echo = system.ActorOf(Made<Echo>.Props(() => new Echo()));
            Ask(echo, times).Wait();
        });
        Array.Sort(times);
        return times[Asks / 2] * 1e6 / Stopwatch.Frequency;

        static async Task Ask(IActorRef echo, long[] times)
        {
            var message = new object();
            for (var i = 0; i < times.Length; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await echo.Ask<object>(message, TimeSpan.FromSeconds(10)).ConfigureAwait(false);
                times[i] = Stopwatch.GetTimestamp() - start;
            }
        }
    }

    internal static double ManyOutstanding()
    {
        const int Asks = 500_000;
        const int AtOnce = 5_000;
        return Asks / 1e6 / Bench.Seconds(system =>
        {
            var echo = system.ActorOf(Made<Echo>.Props(() => new Echo()));
            var message = new object();
            var tasks = new Task[AtOnce];
            for (var round = 0; round < Asks / AtOnce; round++)
            {
                for (var i = 0; i < AtOnce; i++)
                {
                    tasks[i] = echo.Ask<object>(message, TimeSpan.FromSeconds(10));
                }

                Task.WhenAll(tasks).Wait();
            }
        });
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }
}
