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

    /// <param name="web">Reads the policies.</param>
    /// <param name="most">Policies that are kept; of too many, those go that end first.</param>
    public MtaStsPolicies(IResolver resolver, IWebDocuments web, TimeProvider time, int most)
    {
        _resolver = resolver;
        _web = web;
        _time = time;
        _most = most;
    }

    /// <summary>Hears of a policy that could not be had: the domain and why.</summary>
    public Action<string, string>? OnTrouble { get; init; }

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
        try
        {
            // §3.3: the name of the host is fixed, its certificate is verified, no redirect is followed.
            var octets = await _web.ReadAsync(new Uri($"https://mta-sts.{domain}/.well-known/mta-sts.txt"), CancellationToken.None);
            policy = MtaStsPolicy.TryParse(octets.Span, out problem);
        }
        catch (IOException e)
        {
            problem = e.Message;
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

            while (_kept.Count > _most)
            {
                _kept.Remove(_kept.MinBy(k => k.Value.Until).Key);
            }
        }

        if (problem is not null)
        {
            OnTrouble?.Invoke(domain, problem);
        }
    }

    /// <param name="Policy">Null: it could not be had.</param>
    private sealed record Kept(string Id, MtaStsPolicy? Policy, DateTimeOffset Until, DateTimeOffset LookAgainAt);
}
