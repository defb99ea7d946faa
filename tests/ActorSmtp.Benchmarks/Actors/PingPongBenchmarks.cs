using Akka.Actor;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>Two actors that answer each other: one message at a time, or a pipe of them.</summary>
internal static class PingPongBenchmarks
{
    private const int Trips = 1_000_000;

    /// <summary>Four pairs with ten messages under way in each, two actors' turns at a time on each core.</summary>
    internal static double PairsAtOnce() => Rate(pairs: 4, underWay: 10);

    internal static double OnePair() => Rate(pairs: 1, underWay: 1);

    private static double Rate(int pairs, int underWay)
    {
        using var done = new CountdownEvent(pairs);
        return Trips / 1e6 / Bench.Seconds(system =>
        {
            for (var i = 0; i < pairs; i++)
            {
                var pong = system.ActorOf(Made<Pong>.Props(() => new Pong()));
                var ping = system.ActorOf(Made<Ping>.Props(() => new Ping(pong, Trips / pairs, underWay, done)));
                ping.Tell("start", ActorRefs.NoSender);
            }

            done.Wait();
        });
    }

    private sealed class Ping(IActorRef pong, int trips, int underWay, CountdownEvent done) : UntypedActor
    {
        private static readonly object Ball = new();
        private int _left = trips;

        protected override void OnReceive(object message)
        {
            if (message is string)
            {
                for (var i = 0; i < underWay; i++)
                {
                    pong.Tell(Ball, Self);
                }
            }
            else if (--_left > 0)
            {
                pong.Tell(Ball, Self);
            }
            else if (_left == 0)
            {
                done.Signal();
            }
        }
    }

    private sealed class Pong : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }
}
