using System.Collections.Concurrent;
using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>What goes wrong on purpose.</summary>
public sealed class Boom(string message = "boom") : Exception(message);

/// <summary>What actors note down, in order, for a test to read.</summary>
public sealed class Journal
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join(" ", _lines);

    public void Note(string line) => _lines.Enqueue(line);

    public int Count(string line) => _lines.Count(l => l == line);
}

/// <summary>An actor whose behaviour a test writes down where it is used.</summary>
public sealed class Acts(Action<object, IUntypedActorContext> behaviour) : UntypedActor
{
    /// <summary>Answers what it is told.</summary>
    public static Props Echo { get; } = On((message, context) => context.Sender.Tell(message, context.Self));

    /// <summary>Does nothing.</summary>
    public static Props Idle { get; } = On((_, _) => { });

    public static Props On(Action<object, IUntypedActorContext> behaviour) => Props.Create(() => new Acts(behaviour));

    protected override void OnReceive(object message) => behaviour(message, Context);
}

/// <summary>Notes its hooks and messages; throws at "boom", says which instance it is at "id".</summary>
public sealed class Diarist : UntypedActor
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);
    private readonly Journal _journal;

    public Diarist(Journal journal)
    {
        _journal = journal;
        _journal.Note("ctor");
    }

    public static Props With(Journal journal) => Props.Create(() => new Diarist(journal));

    protected override void PreStart() => _journal.Note("preStart");

    protected override void PostStop() => _journal.Note("postStop");

    protected override void PreRestart(Exception reason, object message)
    {
        _journal.Note($"preRestart({message})");
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        _journal.Note("postRestart");
        base.PostRestart(reason);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case "boom":
                throw new Boom();
            case "id":
                Sender.Tell(_instance);
                break;
            default:
                _journal.Note($"got({message})");
                break;
        }
    }
}

/// <summary>Makes children of the props it is told, under a strategy of its own, and says who they are.</summary>
public sealed class Nurse(SupervisorStrategy strategy) : UntypedActor
{
    public static Props With(SupervisorStrategy strategy) => Props.Create(() => new Nurse(strategy));

    protected override SupervisorStrategy SupervisorStrategy() => strategy;

    protected override void OnReceive(object message) => Sender.Tell(Context.ActorOf((Props)message));
}

/// <summary>Lets an actor stop in the middle of a message until the test has done its part.</summary>
public sealed class Gate
{
    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _open = new();

    /// <summary>The actor waits here.</summary>
    public void Pass()
    {
        _reached.Set();
        Assert.True(_open.Wait(TimeSpan.FromSeconds(30)));
    }

    /// <summary>The test waits here for the actor.</summary>
    public void AwaitArrival() => Assert.True(_reached.Wait(TimeSpan.FromSeconds(30)));

    public void Open() => _open.Set();
}
