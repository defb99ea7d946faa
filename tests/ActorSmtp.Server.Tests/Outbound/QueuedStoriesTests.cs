using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Stories of messages that are still in the queue.</summary>
public sealed class QueuedStoriesTests : IDisposable
{
    private readonly StandingTime _time = new();
    private readonly Metrics _metrics;
    private readonly QueueNews _news;
    private readonly MemoryQueue _queue;
    private readonly GivenQueue _given;
    private readonly Envelope _mail;
    private readonly ChronicleStories _memory;

    public QueuedStoriesTests()
    {
        var chronicle = new Chronicle(1 << 20, TimeSpan.FromHours(1), 100, _time);
        _metrics = new Metrics(_time);
        _news = new QueueNews(new Log(new LogLines()), _metrics, chronicle, _time);
        _memory = new ChronicleStories(chronicle, new SessionIds(1), ["mx"], "mx.test");
        _queue = new MemoryQueue(_time);
        _given = new GivenQueue(_time);
        _mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _queue.Add(_mail);
    }

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task What_neither_memory_nor_log_have_is_told_from_the_queue()
    {
        Tried(_given.Unreached("far.example", "connection refused", 0, 1), isTold: false);
        Tried(_given.Answered("far.example", "250 2.0.0 OK", 1), isTold: false);

        var story = await ExplainAsync(_mail.Id.ToString(), _memory);
        Assert.Equal(("message", false), (story.Kind, story.Complete));
        Assert.Equal(
            [
                "accepted: from <ann@here.example>, 1000 octets, in session s-1",
                "put off: to bob@far.example by mx.far.example [192.0.2.1]:25: 4.4.1 connection refused",
                "put off: to eve@far.example by mx.far.example [192.0.2.1]:25: 4.4.1 connection refused",
                "sent: to eve@far.example by mx.far.example [192.0.2.1]:25, TLSv1.3 (opportunistic, verified): 250 2.0.0 OK",
            ],
            story.Entries.Take(4).Select(e => $"{e.What}: {e.Detail}"));
        Assert.Matches(@"^for bob@far\.example, tried again at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: 4\.4\.1 connection refused$", story.Entries[4].Detail);
        Assert.Equal(story.Entries.Select(e => e.Detail), (await ExplainAsync(_mail.Id.ToString(), null)).Entries.Select(e => e.Detail));
    }

    [Fact]
    public async Task What_memory_tells_is_not_told_twice()
    {
        Tried(_given.Unreached("far.example", "connection refused", 0, 1), isTold: false);
        Tried(_given.Answered("far.example", "450 4.2.0 Greylisted", 0, 1), isTold: true);

        var story = await ExplainAsync(_mail.Id.ToString(), _memory);
        Assert.Equal(["put off", "put off", "put off", "put off", "waits"], story.Entries.Select(e => e.What));
        Assert.Equal(2, story.Entries.Count(e => e.What == "put off" && e.Detail.Contains("Greylisted", StringComparison.Ordinal)));
        Assert.StartsWith("for 2 recipients at far.example, tried again at", story.Entries[^1].Detail);
    }

    [Fact]
    public async Task A_delivery_is_one_recipients()
    {
        Tried(_given.Answered("far.example", "450 4.2.0 Greylisted", 0, 1), isTold: false);
        await _queue.ChangeAsync(QueueOrder.Hold, QueueFilter.All, default);

        var story = await ExplainAsync($"{_mail.Id}/BOB@far.example", _memory);
        Assert.Equal("delivery", story.Kind);
        Assert.Equal(["accepted", "put off", "waits"], story.Entries.Select(e => e.What));
        Assert.Equal("for bob@far.example: held by an administrator: 450 4.2.0 Greylisted", story.Entries[^1].Detail);
        Assert.Null(await new QueuedStories(_memory, _queue, "mx.test", _time).ExplainAsync($"{_mail.Id}/nobody@far.example", default));
    }

    [Fact]
    public async Task What_is_not_in_the_queue_is_as_it_was()
    {
        var other = _given.Envelope("ann@here.example", "bob@far.example");
        _news.Queued(other, "far.example", [0], 1);

        Assert.Equal("queued", Assert.Single((await ExplainAsync(other.Id.ToString(), _memory)).Entries).What);
        Assert.Null(await new QueuedStories(_memory, _queue, "mx.test", _time).ExplainAsync("s0001-1", default));
    }

    private void Tried(AttemptReport report, bool isTold)
    {
        _queue.Tried(_mail.Id, report, TimeSpan.FromMinutes(5));
        _time.Advance(TimeSpan.FromSeconds(40));
        if (isTold)
        {
            _news.Attempted(_mail, report, _time.GetUtcNow() + TimeSpan.FromMinutes(5));
        }
    }

    private async Task<Story> ExplainAsync(string id, ISessionStories? others) => (await new QueuedStories(others, _queue, "mx.test", _time).ExplainAsync(id, default))!;
}
