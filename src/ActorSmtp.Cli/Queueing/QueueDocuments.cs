namespace ActorSmtp.Cli.Queueing;

/// <summary>A page of the queue, as the server answers.</summary>
internal sealed record QueueListing(IReadOnlyList<QueueItem> Items, string? Next, bool Available, QueueFigures Totals);

/// <summary>One message at one destination.</summary>
internal sealed record QueueItem(
    string Id,
    string Destination,
    string State,
    string From,
    IReadOnlyList<string> To,
    int Recipients,
    long Octets,
    DateTimeOffset ReceivedAt,
    int Failures,
    DateTimeOffset? NextAt,
    string? Why,
    string? Host);

/// <summary>How much there is in all.</summary>
internal sealed record QueueFigures(
    long Messages, long Octets, long Active, long Waiting, long Held, int Destinations, DateTimeOffset? OldestAt, DateTimeOffset? DueSince, string Pressure);

/// <summary>The queue by destination.</summary>
internal sealed record QueueOverview(bool Available, QueueFigures Totals, IReadOnlyList<DestinationFigures> Items);

/// <summary>What waits for one destination.</summary>
internal sealed record DestinationFigures(
    string Destination, long Messages, long Active, long Held, DateTimeOffset? OldestAt, DateTimeOffset? NextAt, DateTimeOffset? RestsUntil, string? Why);

/// <summary>A message in the queue, with all that is known of it.</summary>
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
    int EarlierAttempts);

/// <summary>One of its recipients.</summary>
internal sealed record QueueRecipient(string Address, string Destination, string State, int Failures, DateTimeOffset? NextAt, string? Status, string? Why);

/// <summary>One attempt at one server.</summary>
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
    IReadOnlyList<AttemptOutcome> Outcomes);

/// <summary>What it did for one recipient.</summary>
internal sealed record AttemptOutcome(string Recipient, string What, string Status, string? Reply, string? Why);

/// <summary>What an order did.</summary>
internal sealed record QueueOutcome(int Changed);
