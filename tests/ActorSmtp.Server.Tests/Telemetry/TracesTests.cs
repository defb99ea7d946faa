using System.Collections.Concurrent;
using System.Diagnostics;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Tests.Telemetry;

/// <summary>Spans of messages.</summary>
public sealed class TracesTests
{
    private readonly MailIdGenerator _ids = new(3);

    [Fact]
    public void A_message_and_its_deliveries_are_one_trace_with_the_times_they_took()
    {
        using var traces = new Traces();
        var id = _ids.Next(DateTimeOffset.UnixEpoch.AddYears(60));
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Traces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == Traces.TraceOf(id))
                {
                    spans.Enqueue(span);
                }
            },
        };
        Assert.False(traces.AreWanted);
        ActivitySource.AddActivityListener(listener);
        Assert.True(traces.AreWanted);
        var at = DateTimeOffset.UnixEpoch.AddYears(60);

        traces.Accepted(id, "s1", "mx", 2, 99, at, at.AddMilliseconds(5), at.AddMilliseconds(8));
        traces.Delivered(id, "bob", null, at, at.AddMilliseconds(20));
        traces.Delivered(id, "ann", "no room", at, at.AddMilliseconds(21));

        Assert.Equal(["commit", "receive", "deliver", "deliver"], spans.Select(s => s.OperationName));
        Assert.Equal([3, 8, 20, 21], spans.Select(s => (int)s.Duration.TotalMilliseconds));
        Assert.Equal(spans.ElementAt(1).SpanId, spans.ElementAt(0).ParentSpanId);
        Assert.Equal(default, spans.ElementAt(1).ParentSpanId);
        Assert.Equal(ActivityStatusCode.Error, spans.ElementAt(3).Status);
        Assert.Equal(id.ToString(), spans.ElementAt(2).GetTagItem("message.id"));
    }

    [Fact]
    public void Traces_of_many_messages_are_all_different_in_the_half_that_decides_on_sampling()
    {
        var halves = Enumerable.Range(0, 10_000).Select(_ => Traces.TraceOf(_ids.Next(DateTimeOffset.UnixEpoch.AddYears(60))).ToHexString()[16..]).ToList();

        Assert.Equal(halves.Count, halves.Distinct().Count());
        Assert.InRange(halves.Count(h => h[0] < '8'), 4500, 5500);
    }
}
