using System.Collections.Concurrent;
using System.Collections.Immutable;
using ActorSmtp.Client;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>How connections to one destination went on one day (RFC 8460 §4.3).</summary>
/// <param name="Day">UTC.</param>
/// <param name="Domain">The destination.</param>
/// <param name="Policy"><c>sts</c>, <c>tlsa</c> or <c>no-policy-found</c>.</param>
/// <param name="Succeeded">Sessions with TLS as the policy wants it.</param>
/// <param name="Failures">Sessions without, by the words of RFC 8460 §4.3 and by host.</param>
internal sealed record TlsSummary(DateOnly Day, string Domain, string Policy, long Succeeded, ImmutableArray<(string Type, string Host, long Count)> Failures)
{
    public long Failed => Failures.Sum(f => f.Count);
}

/// <summary>
/// Counts how TLS to other servers goes, per destination and day, as TLS-RPT (RFC 8460) has it. Today and yesterday are kept, so many destinations of each; those beyond are only counted
/// in the totals. Any thread.
/// </summary>
internal sealed class TlsReports(TimeProvider time, int mostDomains)
{
    private const int MostFailures = 100;
    private readonly ConcurrentDictionary<(DateOnly Day, string Domain, string Policy), Counts> _counts = new();
    private long _succeeded;
    private long _failed;
    private long _inClear;

    /// <summary>Connections that had TLS as was asked.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Connections given up for want of it.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Connections in clear text, where that was allowed.</summary>
    public long InClear => Interlocked.Read(ref _inClear);

    /// <summary>A connection stands, and this is its first message.</summary>
    public void Stood(string domain, Hop hop, TlsFacts? tls)
    {
        Interlocked.Increment(ref tls is null ? ref _inClear : ref _succeeded);
        if (hop.Policy is "none" || hop.Address is null)
        {
            return;
        }

        var counts = Of(domain, hop);
        if (tls is null)
        {
            counts?.Fail("starttls-not-supported", hop.Host.Name);
        }
        else if (hop is { Policy: "mta-sts", Next.IsOpportunistic: true } && (hop.WouldFail ?? (tls.CertificateProblem is { } problem ? TypeOf(problem, hop) : null)) is { } type)
        {
            counts?.Fail(type, hop.Host.Name);                          // RFC 8461 §5: "testing" is told what "enforce" would have refused
        }
        else
        {
            counts?.Succeed();
        }
    }

    /// <summary>A connection was given up; counted only if that was for want of TLS.</summary>
    public void Fell(string domain, Hop hop, ClientMessages.Failed why)
    {
        var type = why.LacksTls || why.Phase == ClientState.AskingForTls ? "starttls-not-supported"
            : why.Phase == ClientState.Securing ? TypeOf(why.Why, hop)
            : null;
        if (type is not null)
        {
            Interlocked.Increment(ref _failed);
            Of(domain, hop)?.Fail(type, hop.Host.Name);
        }
    }

    /// <summary>What was counted on a day.</summary>
    public ImmutableArray<TlsSummary> Of(DateOnly day) =>
    [
        .. _counts.Where(c => c.Key.Day == day).OrderBy(c => c.Key.Domain, StringComparer.Ordinal)
            .Select(c => new TlsSummary(day, c.Key.Domain, c.Key.Policy, c.Value.Succeeded, c.Value.Failures)),
    ];

    /// <summary>Destinations for which something is kept.</summary>
    public int Count => _counts.Count;

    private Counts? Of(string domain, Hop hop)
    {
        var day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var key = (day, domain, hop.Policy switch { "dane" => "tlsa", "mta-sts" => "sts", _ => "no-policy-found" });
        if (_counts.TryGetValue(key, out var counts))
        {
            return counts;
        }

        foreach (var old in _counts.Keys.Where(k => k.Day < day.AddDays(-1)))
        {
            _counts.TryRemove(old, out _);
        }

        return _counts.Count(k => k.Key.Day == day) < mostDomains ? _counts.GetOrAdd(key, _ => new Counts()) : null;
    }

    /// <summary>RFC 8460 §4.3.1 and .2; the words are those of the TLS layer and of <see cref="Client.Securing.DaneCheck"/>.</summary>
    private static string TypeOf(string why, Hop hop) =>
        why.Contains("TLSA", StringComparison.Ordinal) ? "tlsa-invalid"
        : why.Contains("not issued for", StringComparison.Ordinal) ? "certificate-host-mismatch"
        : why.Contains("expired", StringComparison.OrdinalIgnoreCase) || why.Contains("not yet valid", StringComparison.OrdinalIgnoreCase) ? "certificate-expired"
        : why.Contains("certificate", StringComparison.OrdinalIgnoreCase) && hop.Policy == "mta-sts" ? "certificate-not-trusted"
        : "validation-failure";

    private sealed class Counts
    {
        private readonly ConcurrentDictionary<(string Type, string Host), long> _failures = new();
        private long _succeeded;

        public long Succeeded => Interlocked.Read(ref _succeeded);

        public ImmutableArray<(string, string, long)> Failures => [.. _failures.Select(f => (f.Key.Type, f.Key.Host, f.Value)).OrderBy(f => f.Type, StringComparer.Ordinal).ThenBy(f => f.Host, StringComparer.Ordinal)];

        public void Succeed() => Interlocked.Increment(ref _succeeded);

        public void Fail(string type, string host)
        {
            if (_failures.Count < MostFailures || _failures.ContainsKey((type, host)))
            {
                _failures.AddOrUpdate((type, host), 1, (_, n) => n + 1);
            }
        }
    }
}
