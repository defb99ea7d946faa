using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>How connections to one destination went on one day.</summary>
/// <param name="Day">UTC.</param>
/// <param name="Domain">The destination.</param>
internal sealed record TlsSummary(DateOnly Day, string Domain, TlsPolicyOutcome Outcome)
{
    /// <summary><c>sts</c>, <c>tlsa</c> or <c>no-policy-found</c>.</summary>
    public string Policy => Outcome.Type;

    public long Succeeded => Outcome.Succeeded;

    public long Failed => Outcome.Failed;

    public ImmutableArray<TlsFailure> Failures => Outcome.Failures;
}

/// <summary>
/// Counts how TLS to other servers goes, per destination, policy and day, as TLS-RPT (RFC 8460) has it. Today and yesterday are kept, so many destinations of each; those beyond are only
/// counted in the totals. Any thread.
/// </summary>
internal sealed class TlsReports(TimeProvider time, int mostDomains)
{
    private const int MostFailures = 100;
    private const int MostTexts = 100;
    private readonly ConcurrentDictionary<(DateOnly Day, string Domain, string Policy), Counts> _counts = new();
    private long _succeeded;
    private long _failed;
    private long _inClear;
    private long _changes;
    private long _sent;

    /// <summary>Connections that had TLS as was asked.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Connections given up for want of it.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Connections in clear text, where that was allowed.</summary>
    public long InClear => Interlocked.Read(ref _inClear);

    /// <summary>Reports that were mailed.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Grows with each change of what is kept.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Destinations for which something is kept.</summary>
    public int Count => _counts.Count;

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>A connection stands, and this is its first message.</summary>
    /// <param name="failedBefore">
    /// It is in clear text since a handshake failed a short while ago: this connection has failed to have TLS as that one did (RFC 8460 §4.2.2). One that only goes on where its own handshake
    /// failed has been counted when it did (<see cref="Fell"/>).
    /// </param>
    public void Stood(string domain, Hop hop, TlsFacts? tls, string? failedBefore = null)
    {
        Interlocked.Increment(ref tls is null ? ref _inClear : ref _succeeded);
        if (hop.Policy is "none" || hop.Address is null || (tls is null && hop.Next.Tls == Client.Securing.TlsDemand.None))
        {
            return;
        }

        var type = tls is null ? failedBefore ?? "starttls-not-supported"
            : hop is { Policy: "mta-sts", Next.IsOpportunistic: true } ? hop.WouldFail ?? (tls.CertificateProblem is { } problem ? TypeOf(problem, hop) : null)
            : null;                                                     // RFC 8461 §5: "testing" is told what "enforce" would have refused
        Note(domain, hop, type);
    }

    /// <summary>A connection was given up; counted only if that was for want of TLS.</summary>
    public void Fell(string domain, Hop hop, ClientMessages.Failed why)
    {
        if (TypeOf(why, hop) is { } type)
        {
            Interlocked.Increment(ref _failed);
            Note(domain, hop, type);
        }
    }

    /// <summary>A host was not tried, since what the destination publishes forbids it; where it was our own configuration or the message's wish, nothing is counted.</summary>
    public void Barred(string domain, Hop hop)
    {
        if (hop.WouldFail is { } type)
        {
            Interlocked.Increment(ref _failed);
            Note(domain, hop, type);
        }
    }

    /// <summary>A domain has a policy of MTA-STS that could not be had.</summary>
    /// <param name="type">Of RFC 8460 §4.3.2.2.</param>
    public void NoPolicy(string domain, string type) => Of((Today, domain, "sts"))?.Fail(type, null, null, 1);

    /// <summary>What was counted on a day.</summary>
    public ImmutableArray<TlsSummary> Of(DateOnly day) => Where(k => k.Day == day);

    /// <summary>What was counted before a day.</summary>
    public ImmutableArray<TlsSummary> Before(DateOnly day) => Where(k => k.Day < day);

    /// <summary>Everything, for a file.</summary>
    public ImmutableArray<TlsSummary> Snapshot() => Where(_ => true);

    /// <summary>Takes back what an earlier run counted, as far as it is of today or yesterday and there is room.</summary>
    public void Restore(IEnumerable<TlsSummary> summaries)
    {
        foreach (var summary in summaries.Where(s => s.Day >= Today.AddDays(-1) && s.Day <= Today))
        {
            if (Of((summary.Day, summary.Domain, summary.Policy)) is { } counts)
            {
                counts.Describe(summary.Outcome.Text);
                counts.Succeed(summary.Succeeded);
                foreach (var failure in summary.Failures)
                {
                    counts.Fail(failure.Type, failure.Host, failure.Address, failure.Sessions);
                }
            }
        }
    }

    /// <summary>A domain's day is done with.</summary>
    /// <param name="wasSent">It has been reported.</param>
    public void Forget(DateOnly day, string domain, bool wasSent)
    {
        Interlocked.Add(ref _sent, wasSent ? 1 : 0);
        foreach (var key in _counts.Keys.Where(k => k.Day == day && k.Domain == domain))
        {
            _counts.TryRemove(key, out _);
        }

        Interlocked.Increment(ref _changes);
    }

    private ImmutableArray<TlsSummary> Where(Func<(DateOnly Day, string Domain, string Policy), bool> wanted) =>
    [
        .. _counts.Where(c => wanted(c.Key)).OrderBy(c => c.Key.Day).ThenBy(c => c.Key.Domain, StringComparer.Ordinal).ThenBy(c => c.Key.Policy, StringComparer.Ordinal)
            .Select(c => new TlsSummary(c.Key.Day, c.Key.Domain, new TlsPolicyOutcome(c.Key.Policy, c.Value.Texts, c.Value.Succeeded, c.Value.Failures))),
    ];

    private void Note(string domain, Hop hop, string? failure)
    {
        if (Of((Today, domain, hop.Policy switch { "dane" => "tlsa", "mta-sts" => "sts", _ => "no-policy-found" })) is not { } counts)
        {
            return;
        }

        counts.Describe(hop.Published);
        if (failure is null)
        {
            counts.Succeed(1);
        }
        else
        {
            counts.Fail(failure, hop.Host.Name, hop.Address?.Address, 1);
        }
    }

    private Counts? Of((DateOnly Day, string Domain, string Policy) key)
    {
        Interlocked.Increment(ref _changes);
        if (_counts.TryGetValue(key, out var counts))
        {
            return counts;
        }

        var oldest = Today.AddDays(-1);
        foreach (var old in _counts.Keys.Where(k => k.Day < oldest))
        {
            _counts.TryRemove(old, out _);
        }

        return _counts.Count(k => k.Key.Day == key.Day) < mostDomains ? _counts.GetOrAdd(key, _ => new Counts()) : null;
    }

    /// <summary>As what a connection that was given up is counted; null: it was not for want of TLS.</summary>
    public static string? TypeOf(ClientMessages.Failed why, Hop hop) =>
        why.LacksTls || why.Phase == ClientState.AskingForTls ? "starttls-not-supported"
        : why.Phase == ClientState.Securing ? TypeOf(why.Why, hop)
        : null;

    /// <summary>RFC 8460 §4.3.1 and .2; the words are those of the TLS layer and of <see cref="Client.Securing.DaneCheck"/>.</summary>
    private static string TypeOf(string why, Hop hop) =>
        why.Contains("TLSA", StringComparison.Ordinal) ? "tlsa-invalid"
        : why.Contains("not issued for", StringComparison.Ordinal) ? "certificate-host-mismatch"
        : why.Contains("expired", StringComparison.OrdinalIgnoreCase) || why.Contains("not yet valid", StringComparison.OrdinalIgnoreCase) ? "certificate-expired"
        : why.Contains("certificate", StringComparison.OrdinalIgnoreCase) && hop.Policy == "mta-sts" ? "certificate-not-trusted"
        : "validation-failure";

    private sealed class Counts
    {
        private readonly ConcurrentDictionary<(string Type, string? Host, IPAddress? Address), long> _failures = new();
        private long _succeeded;
        private ImmutableArray<string> _texts = [];

        public long Succeeded => Interlocked.Read(ref _succeeded);

        public ImmutableArray<string> Texts => _texts;

        public ImmutableArray<TlsFailure> Failures =>
        [
            .. _failures.Select(f => new TlsFailure(f.Key.Type, f.Key.Host, f.Key.Address, f.Value)).OrderBy(f => f.Type, StringComparer.Ordinal).ThenBy(f => f.Host, StringComparer.Ordinal)
                .ThenBy(f => f.Address?.ToString(), StringComparer.Ordinal),
        ];

        /// <summary>What the domain publishes; servers may have different records.</summary>
        public void Describe(ImmutableArray<string> texts)
        {
            foreach (var text in texts)
            {
                ImmutableInterlocked.Update(ref _texts, static (known, one) => known.Length >= MostTexts || known.Contains(one) ? known : known.Add(one), text);
            }
        }

        public void Succeed(long sessions) => Interlocked.Add(ref _succeeded, sessions);

        public void Fail(string type, string? host, IPAddress? address, long sessions)
        {
            if (_failures.Count < MostFailures || _failures.ContainsKey((type, host, address)))
            {
                _failures.AddOrUpdate((type, host, address), sessions, (_, n) => n + sessions);
            }
        }
    }
}
