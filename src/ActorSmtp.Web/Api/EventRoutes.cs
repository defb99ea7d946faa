using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorSmtp.Web.Events;
using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace ActorSmtp.Web.Api;

/// <summary>What happens, as server-sent events (the HTML standard's <c>text/event-stream</c>).</summary>
internal static class EventRoutes
{
    private static readonly string[] Types = ["message", "message-changed", "message-removed", "session", "lease", "scenario", "queue", "metrics", "log"];
    private static readonly string[] Usual = ["message", "message-changed", "message-removed", "lease"];
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Events")
        .With(new ApiRoute("GET", "/api/events", "Events", "What happens, as it happens.", call => StreamAsync(services, call))
        {
            Produces = "text/event-stream",
            IsStream = true,
            Query =
            [
                new("types", $"Which, with commas between: {string.Join(", ", Types)}. Not given: {string.Join(", ", Usual)}."),
                new("mailbox", "Messages of this mailbox only."),
                .. InspectionRoutes.LogQuery,
                new("q", "Of the log: in the message."),
            ],
        });

    /// <summary>Writes one event.</summary>
    public static void Write(IBufferWriter<byte> to, long? number, string type, ReadOnlySpan<byte> json)
    {
        if (number is { } id)
        {
            to.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {id}\n")));
        }

        to.Write(Encoding.ASCII.GetBytes($"event: {type}\ndata: "));
        to.Write(json);
        to.Write("\n\n"u8);
    }

    /// <summary>Begins an answer that goes on.</summary>
    public static void Begin(ApiCall call)
    {
        var response = call.Http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";       // proxies would hold it back
        call.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static async Task StreamAsync(ConsoleServices services, ApiCall call)
    {
        var types = call.Text("types")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal) ?? [.. Usual];
        var mailbox = call.Text("mailbox");
        var filter = InspectionRoutes.LogFilterOf(call);
        foreach (var unknown in types.Except(Types))
        {
            call.Mistake("types", $"there is no '{unknown}'; expected {string.Join(", ", Types)}");
        }

        call.Check();
        using var watcher = services.Events.Watch((type, of) => types.Contains(type) && type is not ("log" or "metrics") && (mailbox is null || of is null || of == mailbox))
            ?? throw new ProblemException(Problem.Busy("Too many watch already; close another page"));
        services.Need();
        using var others = new Subscriptions();
        var inside = services.Parts.Inspection;
        if (types.Contains(SessionFeed.Type))
        {
            others.Add(services.SessionFeed.Join());
        }

        if (types.Contains(QueueFeed.Type))
        {
            others.Add(services.QueueFeed.Join());
        }

        if (types.Contains("metrics"))
        {
            others.Add(inside.Metrics?.Watch(sample => watcher.Offer(Of("metrics", sample))));
        }

        if (types.Contains("log"))
        {
            others.Add(inside.Log?.Watch(filter, line => watcher.Offer(Of("log", line))));
        }

        Begin(call);
        await SendAsync(services, call, watcher).ConfigureAwait(false);
    }

    private static async Task SendAsync(ConsoleServices services, ApiCall call, Watcher watcher)
    {
        var body = call.Http.Response.BodyWriter;
        Write(body, null, "hello", JsonSerializer.SerializeToUtf8Bytes(
            new HelloDocument(services.Parts.Settings.Server.Hostname, services.Parts.Version, services.Parts.Time.GetUtcNow()), Json.Options));
        await body.FlushAsync(call.Cancellation).ConfigureAwait(false);
        var more = watcher.Waiting.WaitToReadAsync(call.Cancellation).AsTask();
        try
        {
            while (true)
            {
                var isThere = await IsThereAsync(more, services.Parts.Time, call.Cancellation).ConfigureAwait(false);
                if (!call.IsStillLetIn)
                {
                    return;                                 // the page opens it again, and learns why it cannot
                }

                if (!isThere)
                {
                    body.Write(": \n\n"u8);
                }
                else
                {
                    while (watcher.Waiting.TryRead(out var next))
                    {
                        if (next.Type is not null)
                        {
                            Write(body, next.Number == 0 ? null : next.Number, next.Type, next.Data);
                        }
                    }

                    more = watcher.Waiting.WaitToReadAsync(call.Cancellation).AsTask();
                }

                if (watcher.TakeLost() is > 0 and var lost)
                {
                    Write(body, null, "lost", JsonSerializer.SerializeToUtf8Bytes(new LostDocument(lost), Json.Options));
                }

                if ((await body.FlushAsync(call.Cancellation).ConfigureAwait(false)).IsCompleted)
                {
                    return;
                }

                // The first event goes at once; what follows close behind it goes together.
                await Task.Delay(Gathering, services.Parts.Time, call.Cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the server stops.
        }
    }

    /// <summary>False: nothing has come for so long that the other side should hear that we are still here.</summary>
    private static async Task<bool> IsThereAsync(Task<bool> more, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            return await more.WaitAsync(Beat, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static HubEvent Of<T>(string type, T data) => new(0, type, JsonSerializer.SerializeToUtf8Bytes(data, Json.Options));

    private sealed class Subscriptions : IDisposable
    {
        private readonly List<IDisposable> _all = [];

        public void Add(IDisposable? one)
        {
            if (one is not null)
            {
                _all.Add(one);
            }
        }

        public void Dispose() => _all.ForEach(s => s.Dispose());
    }
}

internal sealed record HelloDocument(string Node, string Version, DateTimeOffset At);

/// <param name="Count">Events that were not sent, because they came faster than they were taken.</param>
internal sealed record LostDocument(long Count);
