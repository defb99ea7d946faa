using Serilog.Core;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// Leaves the lines of dialogues out while there are too many of them, and lets them in again when it is quieter: on a busy server writing
/// them down would cost more than the mail itself. What it counts costs an increment a line.
/// </summary>
internal sealed class DialogueGovernor : ILogEventSink, IDisposable
{
    private const int TicksPerSecond = 2;
    private const int QuietTicks = 4;
    private const int LinesPerMessage = 16;                                 // of dialogue, for a line that is always logged

    private readonly LoggingLevelSwitch _level;
    private readonly ITimer _timer;
    private readonly Action<bool, int> _say;
    private LogEventLevel _wanted;
    private int _rate;
    private int _dialogue;
    private int _others;
    private int _quiet;
    private bool _shedding;

    /// <param name="level">The switch it turns.</param>
    /// <param name="say">Told when it begins (true) and ends to leave lines out, and the rate.</param>
    public DialogueGovernor(LoggingLevelSwitch level, TimeProvider time, Action<bool, int> say)
    {
        _level = level;
        _say = say;
        var tick = TimeSpan.FromSeconds(1.0 / TicksPerSecond);
        _timer = time.CreateTimer(_ => Tick(), null, tick, tick);
    }

    /// <summary>What is to be logged, and how many lines of dialogue in a second; 0: any number.</summary>
    public void Set(LogEventLevel wanted, int rate)
    {
        _wanted = wanted;
        _rate = rate;
        _shedding &= rate > 0;
        _level.MinimumLevel = _shedding && wanted < LogEventLevel.Information ? LogEventLevel.Information : wanted;
    }

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Level < LogEventLevel.Information)
        {
            Interlocked.Increment(ref _dialogue);
        }
        else
        {
            Interlocked.Increment(ref _others);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        var dialogue = Interlocked.Exchange(ref _dialogue, 0);
        var others = Interlocked.Exchange(ref _others, 0);
        var most = _rate / TicksPerSecond;
        if (_rate == 0 || _wanted >= LogEventLevel.Information)
        {
            return;
        }

        if (!_shedding && dialogue > most)
        {
            _shedding = true;
            _quiet = 0;
            _level.MinimumLevel = LogEventLevel.Information;
            _say(true, _rate);
        }
        else if (_shedding)
        {
            _quiet = others * LinesPerMessage <= most ? _quiet + 1 : 0;
            if (_quiet >= QuietTicks)
            {
                _shedding = false;
                _level.MinimumLevel = _wanted;
                _say(false, _rate);
            }
        }
    }
}
