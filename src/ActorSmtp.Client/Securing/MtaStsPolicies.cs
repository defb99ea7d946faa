using System.Collections.Immutable;
using System.Security.Authentication;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Securing;

/// <summary>
/// The MTA-STS policies of other domains (RFC 8461): found by a TXT record, fetched over HTTPS, kept as long as they say. Safe from any thread; equal questions at once are
/// one fetch. What cannot be found out is no policy, unless one is kept that still holds.
/// </summary>
public sealed class MtaStsPolicies
{
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_longestUnseen = TimeSpan.FromDays(1);

    private readonly IResolver _resolver;
    private readonly IWebDocuments _web;
    private readonly TimeProvider _time;
    private readonly int _most;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _fetching = new(StringComparer.Ordinal);
    private long _changes;

    /// <param name="web">Reads the policies.</param>
    /// <param name="most">Policies that are kept; of too many, those go that end first.</param>
    public MtaStsPolicies(IResolver resolver, IWebDocuments web, TimeProvider time, int most)
    {
        _resolver = resolver;
        _web = web;
        _time = time;
        _most = most;
    }

    /// <summary>Hears of a policy that could not be had: the domain, the result type of RFC 8460 §4.3.2.2, and why.</summary>
    public Action<string, string, string>? OnTrouble { get; init; }

    /// <summary>Grows with each change of what is kept.</summary>
    public long Changes
    {
        get
        {
            lock (_lock)
            {
                return _changes;
            }
        }
    }

    /// <summary>The policies that hold, for a file; those that end last come first.</summary>
    public ImmutableArray<KeptMtaStsPolicy> Snapshot()
    {
        lock (_lock)
        {
            return [.. _kept.Where(k => k.Value.Policy is not null).OrderByDescending(k => k.Value.Until).Select(k => new KeptMtaStsPolicy(k.Key, k.Value.Id, k.Value.Policy!, k.Value.Until, k.Value.LookAgainAt))];
        }
    }

    /// <summary>Takes back what an earlier run kept, as far as it holds and there is room.</summary>
    public void Restore(IEnumerable<KeptMtaStsPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            foreach (var kept in policies.Where(p => now < p.Until && p.Until <= now + p.Policy.MaxAge).Take(_most))
            {
                _kept.TryAdd(kept.Domain, new Kept(kept.Id, kept.Policy, kept.Until, kept.LookAgainAt));
            }
        }
    }

    /// <summary>Policies that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _kept.Count;
            }
        }
    }

    /// <summary>The policy that holds for a domain now; null: none.</summary>
    /// <param name="domain">The recipients' domain, in A-labels.</param>
    public async Task<MtaStsPolicy?> FindAsync(string domain, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (DnsName.TryParse("_mta-sts." + domain) is not { } name)
        {
            return null;
        }

        var id = await _resolver.ResolveAsync(new DnsQuestion(name, DnsType.Txt), cancellation) is DnsFound found
            ? MtaStsRecord.IdOf(found.Records.OfType<TxtRecord>().Select(r => r.Text))
            : null;
        var now = _time.GetUtcNow();
        Task? fetch = null;
        lock (_lock)
        {
            var kept = _kept.GetValueOrDefault(domain);
            if (kept?.Policy is not null && now >= kept.Until)
            {
                _changes++;
                _kept.Remove(domain);                                   // §3.2: it holds no longer than max_age
                kept = null;
            }

            if (id is not null && !(kept?.Id == id && now < kept.LookAgainAt))
            {
                fetch = _fetching.TryGetValue(domain, out var underWay) ? underWay : _fetching[domain] = FetchAsync(domain, id);
                if (fetch.IsCompleted)
                {
                    _fetching.Remove(domain);                           // it was done before it stood there
                }
            }

            if (fetch is null || (kept is { Policy: not null } && kept.Id == id))
            {
                return kept?.Policy;                                    // still good; a fresh one is on its way
            }
        }

        await fetch.WaitAsync(cancellation);
        lock (_lock)
        {
            return _kept.GetValueOrDefault(domain) is { Policy: { } policy } fresh && _time.GetUtcNow() < fresh.Until ? policy : null;
        }
    }

    private async Task FetchAsync(string domain, string id)
    {
        MtaStsPolicy? policy = null;
        string? problem;
        var type = "sts-policy-invalid";
        try
        {
            // §3.3: the name of the host is fixed, its certificate is verified, no redirect is followed.
            var octets = await _web.ReadAsync(new Uri($"https://mta-sts.{domain}/.well-known/mta-sts.txt"), CancellationToken.None);
            policy = MtaStsPolicy.TryParse(octets.Span, out problem);
        }
        catch (IOException e)
        {
            problem = e.Message;
            type = e.InnerException is AuthenticationException || e.InnerException?.InnerException is AuthenticationException ? "sts-webpki-invalid" : "sts-policy-fetch-error";
        }
        catch (UriFormatException)
        {
            problem = "it is no name of a web server";
        }

        var now = _time.GetUtcNow();
        lock (_lock)
        {
            _fetching.Remove(domain);
            var old = _kept.GetValueOrDefault(domain);
            if (policy is not null)
            {
                // Looked at again in half its time, so that one that stays the same never runs out (§10.2).
                var again = policy.MaxAge / 2 < s_longestUnseen ? policy.MaxAge / 2 : s_longestUnseen;
                _kept[domain] = new Kept(id, policy, now + policy.MaxAge, now + again);
            }
            else if (old?.Policy is not null)
            {
                _kept[domain] = old with { Id = id, LookAgainAt = now + s_afterFailure };
            }
            else
            {
                _kept[domain] = new Kept(id, null, now + s_afterFailure, now + s_afterFailure);
            }

            _changes++;
            while (_kept.Count > _most)
            {
                _kept.Remove(_kept.MinBy(k => k.Value.Until).Key);
            }
        }

        if (problem is not null)
        {
            OnTrouble?.Invoke(domain, type, problem);
        }
    }

    /// <param name="Policy">Null: it could not be had.</param>
    private sealed record Kept(string Id, MtaStsPolicy? Policy, DateTimeOffset Until, DateTimeOffset LookAgainAt);
}

/// <summary>A policy that outlives the process.</summary>
/// <param name="Domain">In A-labels.</param>
/// <param name="Id">Of its TXT record.</param>
/// <param name="Until">It holds no longer.</param>
/// <param name="LookAgainAt">It is fetched again after that.</param>
public sealed record KeptMtaStsPolicy(string Domain, string Id, MtaStsPolicy Policy, DateTimeOffset Until, DateTimeOffset LookAgainAt);
