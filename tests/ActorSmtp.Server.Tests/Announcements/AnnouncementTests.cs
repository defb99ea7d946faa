using ActorSmtp.Server.Announcements;

namespace ActorSmtp.Server.Tests.Announcements;

/// <summary>Facts told to whoever listens, and to nobody at no cost.</summary>
public sealed class AnnouncementTests
{
    private readonly List<Exception> _faults = [];

    [Fact]
    public void It_is_wanted_only_while_somebody_listens()
    {
        var channel = new Announcement<string>(_faults.Add);
        Assert.False(channel.IsWanted);

        var first = channel.Subscribe(_ => { });
        var second = channel.Subscribe(_ => { });
        first.Dispose();
        first.Dispose();                                        // twice is once
        Assert.True(channel.IsWanted);

        second.Dispose();
        Assert.False(channel.IsWanted);
    }

    [Fact]
    public void Everybody_who_listens_hears_in_the_order_they_came()
    {
        var channel = new Announcement<string>(_faults.Add);
        var heard = new List<string>();
        channel.Subscribe(m => heard.Add("a " + m));
        using (channel.Subscribe(m => heard.Add("b " + m)))
        {
            channel.Publish("1");
        }

        channel.Publish("2");

        Assert.Equal(["a 1", "b 1", "a 2"], heard);
    }

    [Fact]
    public void A_listener_that_fails_costs_the_others_nothing()
    {
        var channel = new Announcement<string>(_faults.Add);
        var heard = new List<string>();
        channel.Subscribe(_ => throw new InvalidOperationException("broken"));
        channel.Subscribe(heard.Add);

        channel.Publish("1");

        Assert.Equal(["1"], heard);
        Assert.Equal("broken", Assert.Single(_faults).Message);
    }
}
