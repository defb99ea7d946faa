using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Guesses;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>Whose turn is next, and who goes without where there is no room.</summary>
public sealed class VerificationQueueTests
{
    private readonly VerificationQueue<string> _queue = new(3);

    [Fact]
    public void Those_known_go_first_and_each_rank_in_its_order()
    {
        _queue.Add("s1", Rank.Suspected);
        _queue.Add("u1", Rank.Unsuspected);
        _queue.Add("k1", Rank.Known);
        Assert.Equal(["k1", "u1", "s1"], Rest());
    }

    [Fact]
    public void A_full_queue_lets_a_better_one_in_for_the_youngest_of_the_worst()
    {
        _queue.Add("s1", Rank.Suspected);
        _queue.Add("s2", Rank.Suspected);
        _queue.Add("u1", Rank.Unsuspected);
        Assert.Equal("s2", _queue.Add("k1", Rank.Known));
        Assert.Equal("s1", _queue.Add("u2", Rank.Unsuspected));
        Assert.Equal("u3", _queue.Add("u3", Rank.Unsuspected));
        Assert.Equal("s3", _queue.Add("s3", Rank.Suspected));
        Assert.Equal(["k1", "u1", "u2"], Rest());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_queue_without_room_takes_nobody() => Assert.Equal("k", new VerificationQueue<string>(0).Add("k", Rank.Known));

    private List<string> Rest()
    {
        var rest = new List<string>();
        while (_queue.TryTake(out var next))
        {
            rest.Add(next);
        }

        return rest;
    }
}
