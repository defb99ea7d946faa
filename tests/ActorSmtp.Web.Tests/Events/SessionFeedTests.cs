using ActorSmtp.Server.Inspection;
using ActorSmtp.Web.Events;

namespace ActorSmtp.Web.Tests.Events;

/// <summary>Changes of sessions for many pages at the price of one hearer.</summary>
public sealed class SessionFeedTests
{
    private readonly EventHub _hub = new(mostWatchers: 8);
    private readonly Sessions _sessions = new();
    private readonly Ticks _time = new();

    [Fact]
    public async Task Ten_pages_are_one_hearer_and_none_is_none()
    {
        await using var feed = new SessionFeed(_sessions, _hub, _time);
        var pages = Enumerable.Range(0, 10).Select(_ => feed.Join()).ToList();

        Assert.Single(_sessions.Hearers);
        pages.ForEach(p => p.Dispose());
        pages[0].Dispose();                                     // a second time does nothing
        Assert.Empty(_sessions.Hearers);
        using (feed.Join())
        {
            Assert.Single(_sessions.Hearers);
        }
    }

    [Fact]
    public async Task So_many_a_second_are_told_and_the_rest_as_a_number()
    {
        await using var feed = new SessionFeed(_sessions, _hub, _time);
        using var page = _hub.Watch((type, _) => type == SessionFeed.Type)!;
        using var other = _hub.Watch((type, _) => type == "message")!;
        using var joined = feed.Join();

        _sessions.Change(1000);
        Assert.Equal(SessionFeed.Most, page.Waiting.Count);
        Assert.Equal((SessionFeed.Most, SessionFeed.Most), (_sessions.Made, _sessions.InWords));     // what is not told is not even made
        Assert.Equal(0, page.TakeLost());

        _time.Tick();
        Assert.Equal(1000 - SessionFeed.Most, page.TakeLost());
        Assert.Equal(0, other.TakeLost());
        _sessions.Change(1);
        Assert.Equal(SessionFeed.Most + 1, page.Waiting.Count);
    }

    [Fact]
    public void Who_waits_hears_soon_of_what_was_left_out()
    {
        using var page = _hub.Watch((_, _) => true)!;

        _hub.Lost("message", 5);

        Assert.True(page.Waiting.TryRead(out var nudge));
        Assert.Null(nudge.Type);
        Assert.Equal(5, page.TakeLost());
    }

    private sealed class Sessions : ILiveSessions
    {
        public List<(Action<SessionChange> Tell, Func<bool>? IsWanted, Func<bool>? IsOpen)> Hearers { get; } = [];

        public int Made { get; private set; }

        public int InWords { get; private set; }

        public void Change(int count)
        {
            for (var i = 0; i < count; i++)
            {
                foreach (var (tell, isWanted, _) in Hearers.Where(h => h.IsOpen is null || h.IsOpen()))
                {
                    Made++;
                    if (isWanted?.Invoke() == false)
                    {
                        continue;
                    }

                    InWords++;
                    tell(new SessionChange("s", "mx", null, "mail", "ready", null, null, null, 0, default, Ended: false));
                }
            }
        }

        public SessionPage List(SessionFilter filter, int limit, string? cursor) => throw new NotSupportedException();

        public SessionView? Find(string id) => throw new NotSupportedException();

        public IDisposable Watch(Action<SessionChange> onChange, Func<bool>? isWanted = null, Func<bool>? isOpen = null)
        {
            var hearer = (onChange, isWanted, isOpen);
            Hearers.Add(hearer);
            return new Ending(() => Hearers.Remove(hearer));
        }
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
