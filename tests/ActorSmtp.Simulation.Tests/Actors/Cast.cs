using Akka.Actor;

namespace ActorSmtp.Simulation.Tests.Actors;

/// <summary>Writes down what it hears, in order.</summary>
internal sealed class Listener : UntypedActor
{
    private readonly List<object> _heard;

    public Listener(List<object> heard) => _heard = heard;

    protected override void OnReceive(object message) => _heard.Add(message);
}

/// <summary>Told a number, tells somebody "NAME 1" to "NAME number", one for each turn.</summary>
internal sealed class Counter : ReceiveActor
{
    public Counter(string name, IActorRef to)
    {
        var at = 0;
        Receive<int>(most =>
        {
            to.Tell($"{name} {++at}");
            if (at < most)
            {
                Self.Tell(most);
            }
        });
    }
}

/// <summary>Answers a number with its double; after a while if it is odd. Fails at 13.</summary>
internal sealed class Doubler : ReceiveActor
{
    public Doubler(TimeProvider time)
    {
        ReceiveAsync<int>(async n =>
        {
            if (n % 2 == 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(n), time);
            }

            Sender.Tell(n == 13 ? throw new InvalidOperationException("thirteen") : n * 2);
        });
    }
}

/// <summary>Ticks by a timer of its own.</summary>
internal sealed class Ticker : ReceiveActor, IWithTimers
{
    public Ticker(TimeSpan every, Action tick)
    {
        Receive<string>(_ => tick());
        Every = every;
    }

    private TimeSpan Every { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", "tick", Every);
}
