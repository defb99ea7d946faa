using System.Diagnostics;
using Akka.Actor;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>What an event costs a machine beyond its message: transitions and timers.</summary>
internal static class MachineBenchmarks
{
    private const int Events = 1_000_000;

    internal static double GoTo() => Nanoseconds(() => new Machine(timeout: null));

    internal static double GoToWithStateTimeout() => Nanoseconds(() => new Machine(TimeSpan.FromMinutes(5)));

    internal static double SetAndCancelTimer()
    {
        var taken = 0L;
        Bench.Seconds(system =>
        {
            using var done = new ManualResetEventSlim();
            system.ActorOf(Made<TimerMachine>.Props(() => new TimerMachine(Events, t => taken = t, done))).Tell("go", ActorRefs.NoSender);
            done.Wait();
        });
        return taken * 1e9 / Stopwatch.Frequency / Events;
    }

    private static double Nanoseconds(Func<ActorBase> make)
    {
        var seconds = 0.0;
        Bench.Seconds(system =>
        {
            var machine = system.ActorOf(Made<ActorBase>.Props(make));
            machine.Ask<object>("where").Wait();
            seconds = Bench.Seconds(() =>
            {
                for (var i = 0; i < Events; i++)
                {
                    machine.Tell("go", ActorRefs.NoSender);
                }

                machine.Ask<object>("where").Wait();
            });
        });
        return seconds * 1e9 / Events;
    }

    private enum State
    {
        Here,
        There,
    }

    private sealed class Machine : FSM<State, object>
    {
        private static readonly object NoData = new();

        public Machine(TimeSpan? timeout)
        {
            StartWith(State.Here, NoData);
            When(State.Here, e => e.FsmEvent is "go" ? GoTo(State.There) : Stay().Replying(StateName), timeout);
            When(State.There, e => e.FsmEvent is "go" ? GoTo(State.Here) : Stay().Replying(StateName), timeout);
            Initialize();
        }
    }

    private sealed class TimerMachine : FSM<State, object>
    {
        private static readonly object NoData = new();

        public TimerMachine(int times, Action<long> taken, ManualResetEventSlim done)
        {
            StartWith(State.Here, NoData);
            When(State.Here, _ =>
            {
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < times; i++)
                {
                    SetTimer("t", NoData, TimeSpan.FromMinutes(5));
                    CancelTimer("t");
                }

                taken(Stopwatch.GetTimestamp() - start);
                done.Set();
                return Stay();
            });
            Initialize();
        }
    }
}
