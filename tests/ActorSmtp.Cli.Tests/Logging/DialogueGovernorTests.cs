using ActorSmtp.Cli.Logging;
using Serilog.Core;
using Serilog.Events;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>Dialogues are logged while there are few, left out while there are many.</summary>
public sealed class DialogueGovernorTests
{
    private readonly LoggingLevelSwitch _level = new();
    private readonly List<bool> _said = [];
    private readonly Clock _clock = new();

    [Fact]
    public void A_flood_is_left_out_and_comes_back_when_it_is_quiet()
    {
        using var governor = new DialogueGovernor(_level, _clock, (begins, _) => _said.Add(begins));
        governor.Set(LogEventLevel.Debug, rate: 100);
        Assert.Equal(LogEventLevel.Debug, _level.MinimumLevel);

        Tick(governor, dialogue: 51);
        Assert.Equal(LogEventLevel.Information, _level.MinimumLevel);

        Tick(governor, others: 10);                                      // still busy, by the lines that are always logged
        for (var i = 0; i < 3; i++)
        {
            Tick(governor);
        }

        Assert.Equal(LogEventLevel.Information, _level.MinimumLevel);
        Tick(governor);
        Assert.Equal(LogEventLevel.Debug, _level.MinimumLevel);
        Assert.Equal([true, false], _said);
    }

    [Fact]
    public void Without_a_limit_nothing_is_left_out()
    {
        using var governor = new DialogueGovernor(_level, _clock, (begins, _) => _said.Add(begins));
        governor.Set(LogEventLevel.Debug, rate: 0);
        Tick(governor, dialogue: 100_000);

        Assert.Equal(LogEventLevel.Debug, _level.MinimumLevel);
        Assert.Empty(_said);
    }

    [Fact]
    public void A_level_that_shows_no_dialogue_stays_as_it_is()
    {
        using var governor = new DialogueGovernor(_level, _clock, (begins, _) => _said.Add(begins));
        governor.Set(LogEventLevel.Warning, rate: 10);
        Tick(governor, others: 1000);

        Assert.Equal(LogEventLevel.Warning, _level.MinimumLevel);
    }

    private void Tick(DialogueGovernor governor, int dialogue = 0, int others = 0)
    {
        for (var i = 0; i < dialogue + others; i++)
        {
            governor.Emit(Lines.Of("x", i < dialogue ? LogEventLevel.Debug : LogEventLevel.Information));
        }

        _clock.Tick();
    }

    /// <summary>A clock with one timer, which goes when it is told.</summary>
    private sealed class Clock : TimeProvider
    {
        private Action _tick = () => { };

        public void Tick() => _tick();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _tick = () => callback(state);
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
