using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Mail on its way to other servers: what waits, why, and what is to be done with it.</summary>
internal static class QueueRoutes
{
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(3650);

    /// <summary>A filter that seldom matches is followed for so long before a page goes out that is short.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly QueryParameter[] Filter =
    [
        new("id", "Only these messages, with commas between."),
        new("destination", "Only for this domain; with a dot before it for every domain below."),
        new("sender", "Only with this in the sender's address; <> for bounces."),
        new("recipient", "Only with this in the address of a recipient that is not settled."),
        new("state", "Only what is active, waiting or held."),
        new("olderThan", "Only what came in so long ago or longer, such as 2h."),
        new("error", "Only with this in what the last attempt ended with."),
    ];

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Queue")
        .Get("/api/queue", "Mail on its way to other servers, in an order that stays; one item for a message at a destination.", call => ListAsync(services, call),
            [.. Filter, new("limit", $"Items on a page, 1 to {QueuePage.Largest}; 50 where it is not given. A page may be shorter and have a next one.", "integer"), Routes.Paging[1]])
        .Get("/api/queue/totals", "How much waits, and for whom: the destinations with the most.", call => TotalsAsync(services, call),
            new QueryParameter("q", "Destinations with this in their name."), new QueryParameter("limit", "Destinations, 1 to 200; 50 where it is not given.", "integer"))
        .Get("/api/queue/{id}", "A message in the queue, with its recipients and attempts.", async call =>
            await Have(services).ShowAsync(call.Part("id"), call.Cancellation).ConfigureAwait(false) is { } message
                ? QueueDetail.Of(message)
                : throw new ProblemException(Problem.NotFound("There is no such message in the queue (any more); its story may be known: /api/stories/ID")))
        .Post<QueueRequest, QueueOutcome>("/api/queue/actions", "Retries, holds, releases, removes or returns what a filter names.", (call, asked) => ChangeAsync(services, call, asked));

    private static IOutboundQueue Have(ConsoleServices services) =>
        services.Parts.Queue ?? throw new ProblemException(Problem.NotAvailable("This server sends no mail on (outbound.routes is empty): there is no queue"));

    private static async Task<QueueListing> ListAsync(ConsoleServices services, ApiCall call)
    {
        var filter = FilterOf(
            call, call.Text("id", longest: 20 * 1000)?.Split(','), call.Text("destination"), call.Text("sender"), call.Text("recipient"), call.Text("state"), call.Text("olderThan"), call.Text("error"));
        var (limit, cursor) = (call.Number("limit", ApiCall.UsualLimit, 1, QueuePage.Largest), call.Text("cursor"));
        call.Check();
        if (services.Parts.Queue is not { } queue)
        {
            return new QueueListing([], null, false, QueueFigures.Of(QueueTotals.None));
        }

        var page = await PageAsync(queue, filter, cursor, limit, services.Parts.Time, call).ConfigureAwait(false);
        return new QueueListing([.. page.Items.Select(QueueItem.Of)], page.Next, true, QueueFigures.Of(queue.Totals));
    }

    private static async Task<QueuePage> PageAsync(IOutboundQueue queue, QueueFilter filter, string? cursor, int limit, TimeProvider time, ApiCall call)
    {
        var began = time.GetTimestamp();
        var items = ImmutableArray.CreateBuilder<QueueEntry>();
        try
        {
            do
            {
                var page = await queue.ListAsync(filter, cursor, limit - items.Count, call.Cancellation).ConfigureAwait(false);
                items.AddRange(page.Items);
                cursor = page.Next;
            }
            while (cursor is not null && items.Count < limit && time.GetElapsedTime(began) < Patience);
        }
        catch (FormatException)
        {
            call.Mistake("cursor", "expected next of the page before");
            call.Check();
        }

        return new QueuePage(items.ToImmutable(), cursor);
    }

    private static async Task<QueueOverview> TotalsAsync(ConsoleServices services, ApiCall call)
    {
        var (part, limit) = (call.Text("q"), call.Limit());
        call.Check();
        return services.Parts.Queue is { } queue
            ? new QueueOverview(true, QueueFigures.Of(queue.Totals), [.. (await queue.DestinationsAsync(part, limit, call.Cancellation).ConfigureAwait(false)).Select(DestinationFigures.Of)])
            : new QueueOverview(false, QueueFigures.Of(QueueTotals.None), []);
    }

    private static async Task<QueueOutcome> ChangeAsync(ConsoleServices services, ApiCall call, QueueRequest asked)
    {
        var queue = Have(services);
        if (asked.Action is null)
        {
            call.Mistake("action", "expected retry, hold, release, remove or return");
        }

        var filter = FilterOf(call, asked.Ids, asked.Destination, asked.Sender, asked.Recipient, asked.State, asked.OlderThan, asked.Error);
        call.Check();
        if (filter.IsAll && asked.All != true)
        {
            throw new ProblemException(Problem.Invalid("all", "the whole queue is meant only where all is true; else say ids, destination, sender, recipient, state, olderThan or error"));
        }

        return new QueueOutcome(await queue.ChangeAsync(asked.Action!.Value, filter, call.Cancellation).ConfigureAwait(false));
    }

    private static QueueFilter FilterOf(ApiCall call, string?[]? ids, string? destination, string? sender, string? recipient, string? state, string? olderThan, string? error)
    {
        var known = ImmutableHashSet.CreateBuilder<MailId>();
        foreach (var id in ids ?? [])
        {
            if (MailId.TryParse(id, out var mail))
            {
                known.Add(mail);
            }
            else
            {
                call.Mistake("ids", $"{PlainLine.Of(id ?? "null", 40)} is no id of a message");
                break;
            }
        }

        if (ids is { Length: 0 } || known.Count > QueueFilter.MostIds)
        {
            call.Mistake("ids", string.Create(CultureInfo.InvariantCulture, $"expected 1 to {QueueFilter.MostIds} ids"));
        }

        QueueState? wanted = Enum.TryParse<QueueState>(state, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && !char.IsAsciiDigit(state[0]) ? parsed : null;
        if (!string.IsNullOrEmpty(state) && wanted is null)
        {
            call.Mistake("state", "expected active, waiting or held");
        }

        if (destination?.Contains('/') == true)
        {
            call.Mistake("destination", "expected a domain; what a server said is found by error, with its name, address or path");
        }

        return new QueueFilter
        {
            Ids = known.ToImmutable(),
            Destination = Given(destination) is { } domain ? QueueFilter.CanonicalOf(domain) : null,
            Sender = sender,
            Recipient = Given(recipient),
            State = wanted,
            OlderThan = call.DurationOf("olderThan", Given(olderThan), TimeSpan.Zero, Oldest),
            Error = Given(error),
        };
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>What is to be done, and with what. All that is said has to hold.</summary>
internal sealed record QueueRequest
{
    public QueueOrder? Action { get; init; }

    /// <summary>Only these messages.</summary>
    public string?[]? Ids { get; init; }

    /// <summary>Only for this domain; with a dot before it for every domain below.</summary>
    public string? Destination { get; init; }

    /// <summary>Only with this in the sender's address; empty, or &lt;&gt;: bounces.</summary>
    public string? Sender { get; init; }

    /// <summary>Only with this in the address of a recipient that is not settled.</summary>
    public string? Recipient { get; init; }

    /// <summary>Only what is active, waiting or held.</summary>
    public string? State { get; init; }

    /// <summary>Only what came in so long ago or longer, such as 2h.</summary>
    public string? OlderThan { get; init; }

    /// <summary>Only with this in what the last attempt ended with.</summary>
    public string? Error { get; init; }

    /// <summary>True: the whole queue is meant, where nothing else is said.</summary>
    public bool? All { get; init; }
}

/// <param name="Changed">How many it was done to; a message counts once for each destination.</param>
internal sealed record QueueOutcome(int Changed);
