using System.Runtime.ExceptionServices;

namespace ActorSmtp.Testing.Simulation;

/// <summary>
/// A world on one thread in virtual time: everything that would run on some thread, some time (actors' turns, I/O events, steps of storage's
/// threads, continuations of tasks, timers) waits in one list, and the seed picks who is next. The clock moves only when nothing can run, to the
/// next timer. The same seed gives the same run, event by event; <see cref="Trace"/> has the proof.
/// </summary>
/// <remarks>
/// Use <see cref="Simulated"/>, which gives each simulation a thread of its own and a failing one its seed. What reaches for another thread behind
/// the simulation's back (<c>Task.Run</c>, or <c>ConfigureAwait(false)</c> on the way back from it) would make runs differ: it is caught where it
/// comes back, and the run fails with the place.
/// </remarks>
internal sealed class Simulation
{
    private static readonly long _epoch = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

    private readonly List<Runnable> _runnable = [];
    private readonly PriorityQueue<(VirtualTimer Timer, int Setting), (long Due, long Order)> _timers = new();
    private readonly Dictionary<object, string> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Random _choices;
    private readonly Taste _taste;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _timersSet;
    private volatile string? _escape;
    private ExceptionDispatchInfo? _broken;

    /// <param name="seed">Rules everything.</param>
    /// <param name="whole">Takes every event as a line; null: nobody does.</param>
    public Simulation(int seed, TextWriter? whole = null)
    {
        Trace = new EventTrace(whole);
        Seed = seed;
        Random = new Random(seed);
        _choices = new Random(Random.Next());
        _taste = (Taste)Random.Next(4);
        Outside = new SimulatedHost(this, "outside");
    }

    public int Seed { get; }

    /// <summary>The scenario's randomness. Who is next is chosen by another source, so that a scenario does not disturb it.</summary>
    public Random Random { get; }

    public EventTrace Trace { get; }

    /// <summary>Ticks of 100 ns of virtual time.</summary>
    public long Now { get; private set; } = _epoch;

    /// <summary>Virtual time since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now - _epoch);

    /// <summary>The host of the scenario itself: never killed.</summary>
    public SimulatedHost Outside { get; }

    /// <summary>Steps a run may take before it counts as running in a circle.</summary>
    public long MaxSteps { get; set; } = 5_000_000;

    /// <summary>Events that wait to be picked.</summary>
    public int Waiting => _runnable.Count;

    /// <summary>Puts a line of the scenario's own into the trace; it counts in the comparison of two runs.</summary>
    public void Note(string what) => Trace.Add(Now, EventTrace.Note, what, _runnable.Count);

    /// <summary>Runs until the scenario has ended.</summary>
    /// <exception cref="SimulationStuckException">Nothing can ever run again, and it has not ended; or it runs in a circle.</exception>
    public void Run(Func<Task> scenario)
    {
        SynchronizationContext.SetSynchronizationContext(Outside.Context);
        var ends = scenario();
        while (!ends.IsCompleted)
        {
            if (!Step())
            {
                _ = SpinWait.SpinUntil(() => _escape is not null, 1000);     // what runs elsewhere comes back and says where it was
                ThrowIfEscaped();
                throw new SimulationStuckException("nothing can run any more, and the scenario has not ended");
            }

            if (Trace.Count > MaxSteps)
            {
                throw new SimulationStuckException($"{MaxSteps} steps, and the scenario has not ended");
            }
        }

        ends.GetAwaiter().GetResult();
    }

    /// <summary>Runs for so much virtual time, or until nothing can run any more.</summary>
    public void RunFor(TimeSpan time)
    {
        var until = Now + time.Ticks;
        while (_runnable.Count > 0 || NextDue() <= until)
        {
            Step();
        }

        Now = Math.Max(Now, until);
    }

    /// <summary>Lets one thing happen. False: nothing can, now or ever.</summary>
    public bool Step()
    {
        while (_runnable.Count == 0)
        {
            if (!Advance())
            {
                return false;
            }
        }

        var at = Choose(_runnable.Count);
        var next = _runnable[at];
        _runnable.RemoveAt(at);
        Trace.Add(Now, next.Kind, NameOf(next.Who), _runnable.Count);
        SynchronizationContext.SetSynchronizationContext(next.Host.Context);
        try
        {
            next.Run(next.State);
        }
        catch (Exception e)
        {
            _broken ??= ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(Outside.Context);
        }

        _broken?.Throw();
        ThrowIfEscaped();
        return true;
    }

    /// <summary>Ends the run at the next look: something went wrong where an exception would be swallowed.</summary>
    public void Fail(Exception why) => _broken ??= ExceptionDispatchInfo.Capture(why);

    /// <summary>Something can run now.</summary>
    internal void Post(SimulatedHost host, string kind, object? who, Action<object?> run, object? state)
    {
        if (!IsOwnThread("queues work"))
        {
            return;
        }

        if (host.IsAlive)
        {
            _runnable.Add(new Runnable(host, kind, who, run, state));
        }
    }

    /// <summary>The same, after so much virtual time.</summary>
    internal void Post(SimulatedHost host, string kind, object? who, Action run, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Post(host, kind, who, static r => ((Action)r!)(), run);
        }
        else
        {
            _ = new VirtualTimer(this, host, kind, who, _ => run(), null, delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A choice between two ways to go on.</summary>
    internal bool Coin() => _choices.Next(2) == 0;

    internal void Set(VirtualTimer timer, long due, int setting)
    {
        if (IsOwnThread("sets a timer"))
        {
            _timers.Enqueue((timer, setting), (due, _timersSet++));
        }
    }

    /// <summary>The host is dead: nothing of it happens any more.</summary>
    internal void Drop(SimulatedHost host) => _runnable.RemoveAll(r => r.Host == host);

    private bool IsOwnThread(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        _escape ??= $"another thread {what}:\n{Environment.StackTrace}";
        return false;
    }

    private void ThrowIfEscaped()
    {
        if (_escape is { } where)
        {
            throw new InvalidOperationException($"The run reached for another thread, so that it can no longer be repeated: {where}");
        }
    }

    private int Choose(int count) => _taste switch
    {
        _ when count == 1 => 0,
        Taste.Newest when _choices.Next(10) < 7 => count - 1,
        Taste.Oldest when _choices.Next(10) < 7 => 0,
        Taste.Bursts when _choices.Next(10) < 9 => Math.Max(0, count - 1 - _choices.Next(3)),
        _ => _choices.Next(count),
    };

    private long NextDue()
    {
        while (_timers.TryPeek(out var next, out var at))
        {
            if (next.Timer.IsSet(next.Setting))
            {
                return at.Due;
            }

            _timers.Dequeue();
        }

        return long.MaxValue;
    }

    /// <summary>The clock goes on to the next timer; all that are due at that moment can run.</summary>
    private bool Advance()
    {
        var due = NextDue();
        if (due == long.MaxValue)
        {
            return false;
        }

        Now = Math.Max(Now, due);
        while (NextDue() <= Now)
        {
            _timers.Dequeue().Timer.Fall();
        }

        return true;
    }

    /// <summary>A name for the trace that is the same in every run; kept, since actors' paths are built anew each time.</summary>
    private string NameOf(object? who)
    {
        if (who is null or string)
        {
            return (string?)who ?? "";
        }

        if (!_names.TryGetValue(who, out var name))
        {
            _names[who] = name = who.ToString() ?? "";
        }

        return name;
    }

    private readonly record struct Runnable(SimulatedHost Host, string Kind, object? Who, Action<object?> Run, object? State);

    /// <summary>How the seed picks: pure chance finds other things than a world in which the latest, or the oldest, mostly goes first.</summary>
    private enum Taste
    {
        Any,
        Newest,
        Oldest,
        Bursts,
    }
}

/// <summary>A simulation that cannot go on: nothing can run, or it runs in a circle.</summary>
internal sealed class SimulationStuckException(string message) : Exception(message);
