using ActorSmtp.Web.Access;
using ActorSmtp.Web.Tests.Webhooks;

namespace ActorSmtp.Web.Tests.Access;

/// <summary>How many logins a network may try.</summary>
public sealed class LoginGuessesTests
{
    private readonly StagedTime _time = new();

    [Fact]
    public void Five_a_minute_then_none_until_the_minute_is_over()
    {
        var guesses = new LoginGuesses(_time);
        for (var i = 0; i < LoginGuesses.Most; i++)
        {
            Assert.Null(guesses.Count("192.0.2.1"));
            _time.Now += TimeSpan.FromSeconds(5);
        }

        Assert.Equal(TimeSpan.FromSeconds(35), guesses.Count("192.0.2.1"));
        Assert.Null(guesses.Count("192.0.2.2"));
        _time.Now += TimeSpan.FromSeconds(35);
        Assert.Null(guesses.Count("192.0.2.1"));
    }

    [Fact]
    public void A_right_one_makes_those_before_it_forgotten()
    {
        var guesses = new LoginGuesses(_time);
        for (var i = 0; i < LoginGuesses.Most; i++)
        {
            guesses.Count("192.0.2.1");
        }

        guesses.Forgive("192.0.2.1");
        Assert.Null(guesses.Count("192.0.2.1"));
    }

    [Fact]
    public void A_flood_of_networks_keeps_nobody_out_and_forgets_the_oldest_first()
    {
        var guesses = new LoginGuesses(_time, mostNetworks: 3);
        for (var i = 0; i < LoginGuesses.Most; i++)
        {
            guesses.Count("first");
            guesses.Count("second");
        }

        Assert.Null(guesses.Count("third"));
        Assert.Null(guesses.Count("fourth"));               // takes the place of the first
        Assert.NotNull(guesses.Count("second"));
        Assert.Null(guesses.Count("first"));
    }
}
