using System.Text;
using ActorSmtp.Testing.Outbound;
using ActorSmtp.Web.Events;

namespace ActorSmtp.Web.Tests.Events;

/// <summary>Changes of the queue for many pages: once a second, however many there are.</summary>
public sealed class QueueFeedTests
{
    private readonly EventHub _hub = new(mostWatchers: 8);
    private readonly MemoryQueue _queue = new(TimeProvider.System);
    private readonly GivenQueue _given = new(TimeProvider.System);
    private readonly Ticks _time = new();

    [Fact]
    public async Task Nobody_listens_to_the_queue_while_nobody_watches()
    {
        await using var feed = new QueueFeed(_queue, _hub, _time);
        Assert.False(_queue.Changes.IsWanted);
        var pages = Enumerable.Range(0, 3).Select(_ => feed.Join()).ToList();
        Assert.True(_queue.Changes.IsWanted);
        pages.ForEach(p => p.Dispose());
        pages[0].Dispose();
        Assert.False(_queue.Changes.IsWanted);
    }

    [Fact]
    public async Task What_changed_in_a_second_is_one_event_with_the_totals()
    {
        await using var feed = new QueueFeed(_queue, _hub, _time);
        using var page = _hub.Watch((type, _) => type == QueueFeed.Type)!;
        using var joined = feed.Join();
        _time.Tick();
        Assert.Equal(0, page.Waiting.Count);

        var mail = _given.Envelope("a@here.example", "b@far.example", "c@other.example");
        _queue.Add(mail);
        _time.Tick();
        var told = Read(page);
        Assert.Contains($"\"ids\":[\"{mail.Id}\"]", told);
        Assert.Contains("\"messages\":1,", told);
        Assert.Contains("\"waiting\":2,", told);
        _time.Tick();
        Assert.Equal(0, page.Waiting.Count);
    }

    [Fact]
    public async Task Too_many_changes_are_not_named()
    {
        await using var feed = new QueueFeed(_queue, _hub, _time);
        using var page = _hub.Watch((_, _) => true)!;
        using var joined = feed.Join();
        for (var i = 0; i <= QueueFeed.Most; i++)
        {
            _queue.Add(_given.Envelope("a@here.example", "b@far.example"));
        }

        _time.Tick();
        Assert.Contains("\"ids\":null", Read(page));
        Assert.Equal(0, page.Waiting.Count);
    }

    private static string Read(Watcher page)
    {
        Assert.True(page.Waiting.TryRead(out var what));
        return Encoding.UTF8.GetString(what.Data);
    }
}
