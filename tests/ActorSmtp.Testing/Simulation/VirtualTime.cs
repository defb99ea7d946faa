namespace ActorSmtp.Testing.Simulation;

/// <summary>A host's view of the simulation's clock. Its timers die with the host.</summary>
internal sealed class VirtualTime(Simulation simulation, SimulatedHost host) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => simulation.Now;

    public override DateTimeOffset GetUtcNow() => new(simulation.Now, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new VirtualTimer(simulation, host, "timer", host, callback, state, dueTime, period);
}

/// <summary>One timer. When it is due it becomes something that can run, among others.</summary>
internal sealed class VirtualTimer : ITimer
{
    private readonly Simulation _simulation;
    private readonly SimulatedHost _host;
    private readonly string _kind;
    private readonly object? _who;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private TimeSpan _period;
    private int _setting;
    private bool _set;

    public VirtualTimer(
        Simulation simulation, SimulatedHost host, string kind, object? who, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _simulation = simulation;
        _host = host;
        _kind = kind;
        _who = who;
        _callback = callback;
        _state = state;
        Change(dueTime, period);
    }

    /// <summary>Whether this setting still counts.</summary>
    public bool IsSet(int setting) => _set && setting == _setting && _host.IsAlive;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _setting++;
        _period = period;
        _set = dueTime != Timeout.InfiniteTimeSpan;
        if (_set)
        {
            _simulation.Set(this, _simulation.Now + dueTime.Ticks, _setting);
        }

        return true;
    }

    /// <summary>Due: it can run.</summary>
    public void Fall()
    {
        _set = false;
        var setting = _setting;
        _simulation.Post(_host, _kind, _who, _ => Run(setting), null);
    }

    public void Dispose()
    {
        _setting++;
        _set = false;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void Run(int setting)
    {
        if (setting != _setting)
        {
            return;                                     // changed or disposed of meanwhile
        }

        if (_period > TimeSpan.Zero)
        {
            Change(_period, _period);
        }

        _callback(_state);
    }
}
