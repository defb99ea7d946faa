namespace ActorSmtp.Client.Load;

/// <summary>How a load stands, or stood at its end.</summary>
/// <param name="Accepted">Messages the server acknowledged.</param>
/// <param name="Failed">Messages begun and not acknowledged: refused, cut off, or without an answer in time.</param>
/// <param name="Elapsed">From the first connection to the last acknowledgement (while it runs: to now).</param>
/// <param name="Octets">Octets of the acknowledged messages.</param>
/// <param name="Latency">Of the acknowledged messages.</param>
/// <param name="Errors">Why messages failed, the most frequent first; bounded, see <see cref="LoadErrors"/>.</param>
/// <param name="Open">Connections open now.</param>
/// <param name="GaveUp">Why it ended early; null if it did not.</param>
public sealed record LoadReport(
    long Accepted, long Failed, TimeSpan Elapsed, long Octets, LatencySummary Latency, IReadOnlyList<LoadError> Errors, int Open, string? GaveUp)
{
    /// <summary>Acknowledged messages a second.</summary>
    public double PerSecond => Elapsed > TimeSpan.Zero ? Accepted / Elapsed.TotalSeconds : 0;
}

/// <summary>
/// Times from the begin of a message (its MAIL; its connection, where each has one; the moment it was due, where a rate is given, so that
/// a server which stalls is not excused from the messages it kept waiting) to the reply that acknowledges it. Microseconds.
/// </summary>
public sealed record LatencySummary(double Mean, long P50, long P90, long P95, long P99, long P999, long Max)
{
    internal static LatencySummary Of(LatencyHistogram h) =>
        new(h.Mean, h.Quantile(.5), h.Quantile(.9), h.Quantile(.95), h.Quantile(.99), h.Quantile(.999), h.Max);
}

/// <summary>One kind of failure.</summary>
/// <param name="Step">What was awaited: connect, greeting, ehlo, starttls, tls, mail, rcpt, data, message.</param>
/// <param name="Code">The reply's code; 0 where no reply came.</param>
/// <param name="Example">The first reply of that kind, or what happened to the connection.</param>
/// <param name="Count">How often.</param>
public sealed record LoadError(string Step, int Code, string Example, long Count);

/// <summary>Failures by kind: step, code and enhanced code. At most <see cref="Kinds"/>; what is beyond counts as "other".</summary>
internal sealed class LoadErrors
{
    public const int Kinds = 64;
    private readonly Dictionary<(string Step, int Code, string Detail), LoadError> _byKind = [];

    public void Add(string step, int code, string detail, string example)
    {
        var kind = (step, code, detail);
        if (!_byKind.ContainsKey(kind) && _byKind.Count >= Kinds)
        {
            kind = ("other", 0, "");
            example = "kinds of failure beyond the first";
        }

        var before = _byKind.GetValueOrDefault(kind) ?? new LoadError(kind.Item1, kind.Item2, example, 0);
        _byKind[kind] = before with { Count = before.Count + 1 };
    }

    public IReadOnlyList<LoadError> Sorted() => [.. _byKind.Values.OrderByDescending(e => e.Count).ThenBy(e => e.Step, StringComparer.Ordinal)];
}
