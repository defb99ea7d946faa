using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Api;

/// <summary>A page of the queue.</summary>
/// <param name="Next">The cursor of the next page; null: this is the last.</param>
/// <param name="Available">False: this server sends no mail on.</param>
/// <param name="Totals">Of the whole queue, whatever is filtered.</param>
internal sealed record QueueListing(IReadOnlyList<QueueItem> Items, string? Next, bool Available, QueueFigures Totals);

/// <summary>One message at one destination.</summary>
/// <param name="Destination">Empty: it goes nowhere any more, and waits for its sender to be told so.</param>
/// <param name="From">Empty for bounces, and where the message cannot be read.</param>
/// <param name="To">Recipients that are not settled, the first few.</param>
/// <param name="Recipients">How many there are.</param>
/// <param name="Failures">Attempts that failed so far.</param>
/// <param name="NextAt">The next attempt; null: it is being tried, or held, or no route leads there.</param>
/// <param name="Why">What the last attempt ended with.</param>
/// <param name="Host">The server that said so.</param>
/// <param name="Node">Of nodes that share the queue, the one that has it in hand; null: none has, or there is only this server.</param>
internal sealed record QueueItem(
    string Id,
    string Destination,
    QueueState State,
    string From,
    IReadOnlyList<string> To,
    int Recipients,
    long Octets,
    DateTimeOffset ReceivedAt,
    int Failures,
    DateTimeOffset? NextAt,
    string? Why,
    string? Host,
    string? Node = null)
{
    public static QueueItem Of(QueueEntry e) => new(
        e.Id.ToString(), e.Destination, e.State, e.From, e.To, e.Recipients, e.Length, e.ReceivedAt, e.Failures, e.NextAt, e.Why, e.Host, e.Node);
}

/// <summary>How much there is in all. The states count a message once for each destination.</summary>
/// <param name="DueSince">Since when mail is due and is not tried; null: the queue keeps up.</param>
/// <param name="Unreadable">Messages that the disk does not give back now.</param>
/// <param name="Untold">Messages of which the sender is still to be told something.</param>
/// <param name="UntoldWhy">Why senders cannot be told now; null: they are.</param>
/// <param name="Pressure"><c>none</c>, <c>slow</c> or <c>full</c> (mail for other servers is refused).</param>
internal sealed record QueueFigures(
    long Messages, long Octets, long Active, long Waiting, long Held, int Destinations, DateTimeOffset? OldestAt, DateTimeOffset? DueSince, string Pressure,
    long Unreadable = 0, long Untold = 0, string? UntoldWhy = null)
{
    public static QueueFigures Of(QueueTotals t) => new(
        t.Messages, t.Octets, t.Active, t.Waiting, t.Held, t.Destinations, t.OldestAt, t.DueSince,
        t.Pressure.Level switch { PressureLevel.Normal => "none", PressureLevel.Slow => "slow", _ => "full" }, t.Unreadable, t.Untold, t.UntoldWhy);
}

/// <summary>The queue at a glance.</summary>
/// <param name="Items">Destinations, those with the most first.</param>
internal sealed record QueueOverview(bool Available, QueueFigures Totals, IReadOnlyList<DestinationFigures> Items);

/// <summary>What waits for one destination.</summary>
/// <param name="RestsUntil">Nothing is tried before, since nothing could be delivered there; null: it is not at rest.</param>
/// <param name="Why">Why it rests, or what the last attempt that failed ended with.</param>
internal sealed record DestinationFigures(
    string Destination, long Messages, long Active, long Held, DateTimeOffset? OldestAt, DateTimeOffset? NextAt, DateTimeOffset? RestsUntil, string? Why)
{
    public static DestinationFigures Of(DestinationTotals d) => new(d.Destination, d.Messages, d.Active, d.Held, d.OldestAt, d.NextAt, d.RestsUntil, d.Why);
}

/// <summary>A message in the queue, with all that is known of it.</summary>
/// <param name="Session">The session that brought it.</param>
/// <param name="User">Who logged in to send it; null: nobody.</param>
/// <param name="EarlierAttempts">Attempts that are not kept any more.</param>
/// <param name="Problem">What is wrong with it on this server's disk; null: nothing.</param>
/// <param name="Notices">What its sender is still to be told.</param>
/// <param name="Node">Of nodes that share the queue, the one that has it in hand; null: none has, or there is only this server.</param>
internal sealed record QueueDetail(
    string Id,
    string From,
    long Octets,
    DateTimeOffset ReceivedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? WarnedAt,
    string? Session,
    string? User,
    string? Client,
    string? EnvelopeId,
    bool RequireTls,
    IReadOnlyList<QueueRecipient> Recipients,
    IReadOnlyList<QueueAttempt> Attempts,
    int EarlierAttempts,
    string? Problem,
    IReadOnlyList<OwedNotice> Notices,
    string? Node = null)
{
    public static QueueDetail Of(QueuedMessage m) => new(
        m.Envelope.Id.ToString(),
        m.Envelope.From.Mailbox?.ToString() ?? "",
        m.Length,
        m.Envelope.ReceivedAt,
        m.ExpiresAt,
        m.WarnedAt,
        m.Envelope.SessionId.Length == 0 ? null : m.Envelope.SessionId,
        m.Envelope.User,
        m.Envelope.ClientName ?? m.Envelope.ClientAddress?.ToString(),
        m.Envelope.EnvelopeId,
        m.Envelope.RequireTls,
        [.. m.Recipients.Select(r => new QueueRecipient(r.Address.ToString(), r.Destination, r.State, r.Failures, r.NextAt, r.Status?.ToString(), r.Why))],
        [.. m.Attempts.Select(a => QueueAttempt.Of(a, m.Envelope))],
        m.EarlierAttempts,
        m.Problem,
        [.. m.Notices.Select(n => new OwedNotice(n.Id.ToString(), n.Action.ToString().ToLowerInvariant(), n.Recipients.Length, n.NextAt, n.Why))],
        m.Node);
}

/// <summary>What a message's sender is still to be told.</summary>
/// <param name="What"><c>failed</c>, <c>delayed</c>, <c>relayed</c> or <c>expanded</c>.</param>
/// <param name="Recipients">Of how many.</param>
/// <param name="NextAt">When it is tried again.</param>
internal sealed record OwedNotice(string Id, string What, int Recipients, DateTimeOffset NextAt, string Why);

/// <param name="State"><c>active</c>, <c>waiting</c>, <c>held</c>, <c>delivered</c>, <c>relayed</c> (that server reports nothing) or <c>failed</c>.</param>
/// <param name="Status">The enhanced code of the last attempt.</param>
internal sealed record QueueRecipient(string Address, string Destination, RecipientState State, int Failures, DateTimeOffset? NextAt, string? Status, string? Why);

/// <summary>One attempt at one server.</summary>
/// <param name="Server">Name and address as people read them; null: none was reached.</param>
/// <param name="Tls">Version and cipher; null: clear text, or it did not come to that.</param>
/// <param name="TlsProblem">Why the server's certificate is not to be trusted.</param>
/// <param name="TlsPolicy"><c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>.</param>
/// <param name="Phase">How far the dialogue came.</param>
internal sealed record QueueAttempt(
    DateTimeOffset At,
    double Seconds,
    string Destination,
    string? Server,
    string? Host,
    string? Address,
    string? Tls,
    string? TlsProblem,
    string? TlsPolicy,
    string Phase,
    string? Why,
    IReadOnlyList<AttemptOutcome> Outcomes)
{
    public static QueueAttempt Of(AttemptReport a, Protocol.Delivery.Envelope envelope) => new(
        a.At,
        Math.Round(a.Took.TotalSeconds, 3),
        a.Destination,
        AttemptWords.Server(a),
        a.Host,
        a.Address?.ToString(),
        a.Tls is { } tls ? $"TLSv{tls.Version} with cipher {tls.CipherSuite}" : null,
        a.Tls?.CertificateProblem,
        a.TlsPolicy,
        a.Phase.ToString().ToLowerInvariant(),
        a.Why,
        [
            .. a.Outcomes.Select(o => new AttemptOutcome(
                o.Recipient < envelope.Recipients.Length ? envelope.Recipients[o.Recipient].Address.ToString() : "?",
                AttemptWords.Word(o.Kind), o.Status.ToString(), o.Reply?.ToString(), o.Why)),
        ]);
}

/// <param name="What"><c>delivered</c>, <c>relayed</c>, <c>put off</c> or <c>given up</c>.</param>
/// <param name="Reply">The reply that decided.</param>
internal sealed record AttemptOutcome(string Recipient, string What, string Status, string? Reply, string? Why);
