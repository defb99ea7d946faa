namespace ActorSmtp.Server.Outbound;

/// <summary>An attempt in words: the same in the log, in stories, on the command line and in the console.</summary>
public static class AttemptWords
{
    /// <summary>The server as far as one was tried: <c>mx1.far.example [192.0.2.1]:25</c>, or <c>192.0.2.1:25</c>; null: none.</summary>
    public static string? Server(AttemptReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Address is not { } address)
        {
            return report.Host;
        }

        var isLiteral = report.Host is null || report.Host.Trim('[', ']') == address.Address.ToString();
        return isLiteral ? address.ToString() : $"{report.Host} [{address.Address}]:{address.Port}";
    }

    /// <summary>
    /// How it was protected: <c>TLSv1.3 (dane, verified)</c>, or <c>clear text</c>; where it did not come to that, what was asked for, <c>no TLS (mta-sts)</c>; null: nothing was.
    /// </summary>
    public static string? Protection(AttemptReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Tls is not { } tls)
        {
            return report.TlsPolicy is null ? null
                : report.Outcomes.Any(o => o.Kind is OutcomeKind.Delivered or OutcomeKind.Relayed) ? "clear text"
                : report.TlsPolicy is "required" or "dane" or "mta-sts" ? $"no TLS ({report.TlsPolicy})"
                : null;
        }

        return $"TLSv{tls.Version} ({report.TlsPolicy ?? "opportunistic"}, {(tls.CertificateProblem is null ? "verified" : "not verified")})";
    }

    /// <summary>What decided about a recipient: the reply, or our own words, or what went wrong with the whole.</summary>
    public static string Of(AttemptReport report, RecipientOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(outcome);
        var words = outcome.Why ?? (outcome.Reply is null ? report.Why : null);
        return outcome.Reply is { } reply ? words is null ? reply.ToString() : $"{reply} ({words})"
            : words is null ? outcome.Status.ToString()
            : $"{outcome.Status} {words}";
    }

    /// <summary>The word for what became of a recipient.</summary>
    public static string Word(OutcomeKind kind) => kind switch
    {
        OutcomeKind.Delivered => "delivered",
        OutcomeKind.Relayed => "relayed",
        OutcomeKind.Later => "put off",
        _ => "given up",
    };

    /// <summary>In one line what a waiting message waits for: what the first recipient that was put off heard, else the first there is, else what happened to the attempt.</summary>
    public static string Why(AttemptReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var deciding = report.Outcomes.FirstOrDefault(o => o.Kind == OutcomeKind.Later) ?? report.Outcomes.FirstOrDefault();
        return deciding is null ? report.Why ?? "nothing was tried" : Of(report, deciding);
    }
}
