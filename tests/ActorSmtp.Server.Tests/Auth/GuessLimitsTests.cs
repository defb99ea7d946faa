using ActorSmtp.Server.Auth.Guesses;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>How guesses are slowed, and who is not.</summary>
public sealed class GuessLimitsTests
{
    private const string Here = "192.0.2.1";
    private const string There = "198.51.100.7";

    private static readonly GuessSettings Settings = new(
        FreePerAddress: 3, FreePerAccount: 5, FirstDelay: TimeSpan.FromSeconds(1), LongestDelay: TimeSpan.FromSeconds(10),
        HalfForgotten: TimeSpan.FromMinutes(10), WaitingPerAddress: 2, Waiting: 3, Table: 100);

    private readonly StandingTime _time = new();
    private readonly GuessLimits _limits;

    public GuessLimitsTests() => _limits = new GuessLimits(Settings, _time);

    [Fact]
    public void The_first_failures_cost_nothing_and_each_further_one_doubles_the_wait_up_to_the_longest()
    {
        var delays = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            delays.Add(DelayAt(Here, "bob"));
            _limits.Failed(Here, $"name{i}");
        }

        Assert.Equal([0, 0, 0, 1, 2, 4, 8, 10, 10], delays);
        Assert.Equal(0, DelayAt(There, "bob"));
    }

    [Fact]
    public void Guesses_at_one_account_from_many_addresses_slow_the_next_address()
    {
        for (var i = 0; i < 6; i++)
        {
            _limits.Failed($"203.0.113.{i}", "bob");
        }

        Assert.Equal(2, DelayAt(There, "bob"));
        Assert.Equal(0, DelayAt(There, "ann"));
    }

    [Fact]
    public void Where_an_account_logged_in_before_neither_strangers_nor_neighbours_slow_it()
    {
        _limits.Succeeded(Here, "bob");
        for (var i = 0; i < 50; i++)
        {
            _limits.Failed($"203.0.113.{i}", "bob");
            _limits.Failed(Here, "ann");
        }

        Assert.Equal(0, DelayAt(Here, "bob"));
        Assert.Equal(Rank.Known, _limits.Admit(Here, "bob").Rank);
        Assert.Equal(10, DelayAt(There, "bob"));
        Assert.Equal(10, DelayAt(Here, "ann"));
    }

    [Fact]
    public void Nor_does_it_let_anybody_guess_for_ever_from_there()
    {
        _limits.Succeeded(Here, "bob");
        for (var i = 0; i < 4; i++)
        {
            _limits.Failed(Here, "bob");
        }

        Assert.Equal(2, DelayAt(Here, "bob"));
        _limits.Succeeded(Here, "bob");
        Assert.Equal(0, DelayAt(Here, "bob"));
    }

    [Fact]
    public void A_success_elsewhere_or_as_another_forgives_nothing()
    {
        for (var i = 0; i < 4; i++)
        {
            _limits.Failed(Here, "bob");
        }

        _limits.Succeeded(Here, "mallory");                     // the guesser's own account
        _limits.Succeeded(There, "bob");
        Assert.Equal(2, DelayAt(Here, "bob"));
    }

    [Fact]
    public void So_many_wait_at_once_and_no_more()
    {
        for (var i = 0; i < 4; i++)
        {
            _limits.Failed(Here, "x");
            _limits.Failed(There, "y");
        }

        var first = _limits.Admit(Here, "a");
        Assert.False(first.IsImmediate || first.IsRefused);
        Assert.False(_limits.Admit(Here, "a").IsRefused);
        Assert.True(_limits.Admit(Here, "a").IsRefused);        // its address has two that wait
        Assert.False(_limits.Admit(There, "a").IsRefused);
        Assert.True(_limits.Admit(There, "a").IsRefused);       // three wait in all
        _limits.WaitIsOver(first);
        Assert.Equal(2, _limits.Waiting);
        Assert.False(_limits.Admit(There, "a").IsRefused);
    }

    [Fact]
    public void Time_forgets()
    {
        for (var i = 0; i < 8; i++)
        {
            _limits.Failed(Here, "bob");
        }

        Assert.Equal(10, DelayAt(Here, "bob"));
        _time.Advance(TimeSpan.FromMinutes(10));                // 4 of 8
        Assert.Equal(2, DelayAt(Here, "ann"));
        _time.Advance(TimeSpan.FromMinutes(10));                // 2 of 8
        Assert.Equal(0, DelayAt(Here, "ann"));
    }

    [Fact]
    public void A_long_attack_is_forgiven_in_hours()
    {
        for (var i = 0; i < 100_000; i++)
        {
            _limits.Failed(Here, "bob");
        }

        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, DelayAt(Here, "bob"));
    }

    [Fact]
    public void The_tables_stay_bounded_whatever_comes()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _limits.Failed($"n{i}", $"u{i}");
            _limits.Succeeded($"n{i}", $"u{i}");
        }

        Assert.Equal(3 * Settings.Table, _limits.Entries);
    }

    [Fact]
    public void Addresses_whose_guesses_failed_come_last()
    {
        Assert.Equal(Rank.Unsuspected, _limits.Admit(Here, "bob").Rank);
        _limits.Failed(Here, "ann");
        Assert.Equal(Rank.Suspected, _limits.Admit(Here, "bob").Rank);
    }

    private double DelayAt(string network, string name)
    {
        var admission = _limits.Admit(network, name);
        if (!admission.IsImmediate)
        {
            _limits.WaitIsOver(admission);
        }

        return admission.Delay.TotalSeconds;
    }
}
