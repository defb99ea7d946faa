using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>What happens in the queue, as log, stories, figures and listeners tell it.</summary>
public sealed class QueueNewsTests : IDisposable
{
    private readonly StandingTime _time = new();
    private readonly LogLines _log = new();
    private readonly Metrics _metrics;
    private readonly QueueNews _news;
    private readonly ChronicleStories _stories;
    private readonly GivenQueue _given;

    public QueueNewsTests()
    {
        var chronicle = new Chronicle(1 << 20, TimeSpan.FromHours(1), 100, _time);
        _metrics = new Metrics(_time);
        _news = new QueueNews(new Log(_log), _metrics, chronicle, _time);
        _stories = new ChronicleStories(chronicle, new SessionIds(1), ["mx"], "mx.test");
        _given = new GivenQueue(_time);
    }

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task The_story_of_a_message_has_every_attempt()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _news.Queued(mail, "far.example", [0, 1], 1234);
        _news.Attempted(mail, _given.Unreached("far.example", "connection refused") with { Outcomes = [] }, null);
        _time.Advance(TimeSpan.FromSeconds(1));
        _news.Attempted(mail, Both(_given.Answered("far.example", "250 2.0.0 Queued", 0), _given.Answered("far.example", "450 4.2.0 Greylisted", 1)), _time.GetUtcNow() + TimeSpan.FromMinutes(5));
        _news.Ordered(QueueOrder.Retry, mail.Id, "far.example");
        _news.Attempted(mail, _given.Answered("far.example", "550 5.1.1 Nobody", 1), null);
        _news.Noticed(mail.Id, _given.Envelope("", "ann@here.example").Id, ReportAction.Failed, "ann@here.example");
        Assert.False((await _stories.ExplainAsync(mail.Id.ToString(), default))!.Complete);
        _news.Gone(mail.Id);

        var story = (await _stories.ExplainAsync(mail.Id.ToString(), default))!;
        Assert.Equal(
            [
                "queued: for far.example; 2 recipients there",
                "tried: for far.example: mx.far.example [192.0.2.1]:25: connection refused",
                "sent: to bob@far.example by mx.far.example [192.0.2.1]:25, TLSv1.3 (opportunistic, verified): 250 2.0.0 Queued (in 250 ms)",
                "put off: to eve@far.example by mx.far.example [192.0.2.1]:25: 450 4.2.0 Greylisted; tried again in 00:05:00",
                "ordered: retry, by an administrator, for far.example",
                "given up: to eve@far.example by mx.far.example [192.0.2.1]:25: 550 5.1.1 Nobody",
            ],
            story.Entries.Take(6).Select(e => $"{e.What}: {e.Detail}"));
        Assert.StartsWith("ann@here.example: failed, by ", story.Entries[6].Detail);
        Assert.Equal("done", story.Entries[7].What);
        Assert.All(story.Entries, e => Assert.Equal("/user/outbound", e.Actor));

        var delivery = (await _stories.ExplainAsync($"{mail.Id}/eve@far.example", default))!;
        Assert.Equal(["put off", "given up"], delivery.Entries.Select(e => e.What));
        Assert.True(delivery.Complete);
    }

    [Fact]
    public void The_log_has_a_line_for_each_recipient_under_the_names_that_stories_look_for()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example");
        _news.Queued(mail, "far.example", [0, 1], 1234);
        _news.Attempted(mail, _given.Answered("far.example", "250 2.0.0 Queued", 0), null);
        _news.Attempted(mail, _given.Answered("far.example", "450 4.2.0 Greylisted", 1), _time.GetUtcNow() + TimeSpan.FromMinutes(5));
        _news.Expired(mail, "far.example", [1]);
        _news.Rests("far.example", _time.GetUtcNow() + TimeSpan.FromMinutes(5), "nobody answers");

        Assert.Collection(
            _log.All,
            l => Assert.StartsWith($"Information queued {mail.Id} from <ann@here.example> for 2 at far.example, 1234 octets", l),
            l => Assert.StartsWith($"Information sent {mail.Id} to bob@far.example by mx.far.example [192.0.2.1]:25, TLSv1.3 (opportunistic, verified), after 00:00:00.2500000: 250 2.0.0 Queued", l),
            l => Assert.Matches($"^Warning {mail.Id} to eve@far.example by mx.far.example .* is put off until [-0-9]+ [0-9:]+ UTC: 450 4.2.0 Greylisted", l),
            l => Assert.StartsWith($"Warning {mail.Id} to eve@far.example is given up: it has expired", l),
            l => Assert.StartsWith("Warning nothing is tried for far.example until ", l));
        Assert.All(_log.All.Skip(1).Take(3), l => Assert.Contains("actor=/user/outbound", l, StringComparison.OrdinalIgnoreCase));
        Assert.All(_log.All.Skip(1).Take(3), l => Assert.Contains("account=", l, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["queued", "sent", "put off", "given up", "given up", "tried"], new[] { 1700, 1701, 1702, 1703, 1704, 1705 }.Select(StoryWords.OfLogLine));
    }

    [Fact]
    public void Outcomes_and_reasons_are_counted_by_recipient()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "eve@far.example", "joe@far.example");
        _news.Queued(mail, "far.example", [0, 1, 2], 1);
        _news.Attempted(mail, _given.Answered("far.example", "450 4.2.0 Greylisted", 0, 1), _time.GetUtcNow());
        _news.Attempted(mail, _given.Unreached("far.example", "connection refused", 2), _time.GetUtcNow());
        _news.Attempted(mail, _given.Answered("far.example", "250 OK", 0), null);
        _news.Attempted(mail, _given.Answered("far.example", "550 5.1.1 Nobody", 1), null);
        _news.Expired(mail, "far.example", [2]);
        _news.Noticed(mail.Id, mail.Id, ReportAction.Failed, "ann@here.example");
        var text = PrometheusText.Write(_metrics);

        Assert.Contains("\nactorsmtp_outbound_queued_total 1\n", text);
        Assert.Contains("outcomes_total{outcome=\"delivered\"} 1\n", text);
        Assert.Contains("outcomes_total{outcome=\"deferred\"} 3\n", text);
        Assert.Contains("outcomes_total{outcome=\"failed\"} 1\n", text);
        Assert.Contains("deferred_total{reason=\"policy\"} 2\n", text);
        Assert.Contains("deferred_total{reason=\"unreachable\"} 1\n", text);
        Assert.Contains("\nactorsmtp_outbound_expired_total 1\n", text);
        Assert.Contains("notices_total{kind=\"failed\"} 1\n", text);
        Assert.Contains("\nactorsmtp_outbound_attempt_duration_seconds_count 4\n", text);
        Assert.Contains("\nactorsmtp_outbound_delay_seconds_count 1\n", text);
    }

    [Fact]
    public void Who_listens_hears_what_became_of_it()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        var heard = new List<QueueChangeKind>();
        using (_news.Changes.Subscribe(c => heard.Add(c.What)))
        {
            _news.Queued(mail, "far.example", [0], 1);
            _news.Attempted(mail, _given.Answered("far.example", "450 4.2.0 Greylisted", 0), _time.GetUtcNow());
            _news.Ordered(QueueOrder.Hold, mail.Id, "far.example");
            _news.Ordered(QueueOrder.Release, mail.Id, "far.example");
            _news.Attempted(mail, _given.Answered("far.example", "250 OK", 0), null);
            _news.Ordered(QueueOrder.Remove, mail.Id, "far.example");
        }

        _news.Queued(mail, "far.example", [0], 1);
        Assert.Equal(
            [QueueChangeKind.Queued, QueueChangeKind.Deferred, QueueChangeKind.Held, QueueChangeKind.Released, QueueChangeKind.Delivered, QueueChangeKind.Removed], heard);
    }

    [Fact]
    public async Task Of_a_thousand_recipients_the_story_names_some_and_counts_the_rest()
    {
        var mail = _given.Envelope("ann@here.example", [.. Enumerable.Range(0, 1000).Select(i => $"r{i}@far.example")]);
        _news.Attempted(mail, _given.Answered("far.example", "250 OK", [.. Enumerable.Range(0, 1000)]), null);

        var story = (await _stories.ExplainAsync(mail.Id.ToString(), default))!;
        Assert.Equal(21, story.Entries.Length);
        Assert.Contains("980 more recipients", story.Entries[^1].Detail);
        Assert.Equal(1000, _log.All.Count);
    }

    private static AttemptReport Both(AttemptReport one, AttemptReport other) => one with { Outcomes = [.. one.Outcomes, .. other.Outcomes] };
}
