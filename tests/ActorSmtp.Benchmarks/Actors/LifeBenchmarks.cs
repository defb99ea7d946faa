using Akka.Actor;

namespace ActorSmtp.Benchmarks.Actors;

/// <summary>Actors that come and go, and what one costs that only waits.</summary>
internal static class LifeBenchmarks
{
    internal static double StartAndStopAmong100() => Rate(alive: 100);

    internal static double StartAndStopAmong20000() => Rate(alive: 20_000);

    internal static double BytesPerIdleMachineWithTimer()
    {
        const int Machines = 20_000;
        var system = Bench.System();
        try
        {
            using var started = new CountdownEvent(Machines);
            var parent = system.ActorOf(Made<Parent>.Props(() => new Parent(() => new Session(started))));
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < Machines; i++)
            {
                parent.Tell("start", ActorRefs.NoSender);
            }

            started.Wait();
            var after = GC.GetTotalMemory(forceFullCollection: true);
            GC.KeepAlive(parent);
            return (after - before) / (double)Machines;
        }
        finally
        {
            system.Terminate().Wait();
        }
    }

    private static double Rate(int alive)
    {
        const int Lives = 40_000;
        var system = Bench.System();
        try
        {
            using var standing = new CountdownEvent(alive);
            using var done = new ManualResetEventSlim();
            var parent = system.ActorOf(Made<Nursery>.Props(() => new Nursery(alive, Lives, standing, done)));
            standing.Wait();
            return Lives / 1e3 / Bench.Seconds(() =>
            {
                parent.Tell("go", ActorRefs.NoSender);
                done.Wait();
            });
        }
        finally
        {
            system.Terminate().Wait();
        }
    }

    private enum State
    {
        Greeting,
        Ready,
        Mail,
        Rcpt,
        Data,
        Storing,
        Checking,
        Authenticating,
        Securing,
        Discarding,
        Closing,
        Closed,
    }

    private sealed class Parent(Func<ActorBase> make) : UntypedActor
    {
        private readonly Props _props = Made<ActorBase>.Props(make);

        protected override void OnReceive(object message) => Context.ActorOf(_props);
    }

    /// <summary>Keeps so many children alive; then starts and stops others, each after the one before has gone.</summary>
    private sealed class Nursery : UntypedActor
    {
        private const int AtOnce = 50;
        private readonly ManualResetEventSlim _done;
        private readonly Props _props;
        private int _toStart;
        private int _toStop;

        public Nursery(int alive, int lives, CountdownEvent standing, ManualResetEventSlim done)
        {
            _done = done;
            _toStart = _toStop = lives;
            _props = Made<Session>.Props(() => new Session(null));
            var standingProps = Made<Session>.Props(() => new Session(standing));
            for (var i = 0; i < alive; i++)
            {
                Context.ActorOf(standingProps);
            }
        }

        protected override void OnReceive(object message)
        {
            if (message is Terminated)
            {
                if (--_toStop == 0)
                {
                    _done.Set();
                }
                else if (_toStart > 0)
                {
                    One();
                }
            }
            else
            {
                for (var i = 0; i < AtOnce; i++)
                {
                    One();
                }
            }
        }

        private void One()
        {
            _toStart--;
            Context.Stop(Context.Watch(Context.ActorOf(_props)));
        }
    }

    /// <summary>A machine of a dozen states, as a session is, with one timer running.</summary>
    private sealed class Session : FSM<State, object>
    {
        private static readonly object NoData = new();

        public Session(CountdownEvent? started)
        {
            StartWith(State.Greeting, NoData);
            When(State.Greeting, On);
            When(State.Ready, On);
            When(State.Mail, On);
            When(State.Rcpt, On);
            When(State.Data, On);
            When(State.Storing, On);
            When(State.Checking, On);
            When(State.Authenticating, On);
            When(State.Securing, On);
            When(State.Discarding, On);
            When(State.Closing, On);
            When(State.Closed, On);
            SetTimer("deadline", NoData, TimeSpan.FromMinutes(5));
            Initialize();
            started?.Signal();
        }

        private State<State, object> On(Event<object> e) => Stay();
    }
}
