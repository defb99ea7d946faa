using System.Collections.Concurrent;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What it means that a server offers no TLS.</summary>
internal enum Downgrade
{
    /// <summary>It never did, as far as is known.</summary>
    Usual,

    /// <summary>It did: somebody may stand between. Nothing is sent in clear text for now.</summary>
    Doubted,

    /// <summary>It has not for so long that it seems to be meant.</summary>
    Believed,
}

/// <summary>
/// Which servers have had TLS, so that one who takes the offer out of a dialogue gets no clear text at once. Bounded: of too many, those that were seen longest ago are
/// forgotten. Shared by all hosts; safe from any thread.
/// </summary>
/// <param name="remembers">How long an offer is remembered; zero: not at all.</param>
/// <param name="doubts">How long a server without TLS that had it is not believed.</param>
/// <param name="most">Servers at most.</param>
internal sealed class TlsMemory(TimeSpan remembers, TimeSpan doubts, int most)
{
    private static readonly TimeSpan s_brokenFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Name, int Port), Seen> _seen = new();
    private readonly ConcurrentDictionary<(string Name, int Port), DateTimeOffset> _broken = new();

    /// <summary>Servers that are remembered.</summary>
    public int Count => _seen.Count;

    /// <summary>A handshake was made.</summary>
    public void HasTls(NextHop hop, DateTimeOffset now)
    {
        if (remembers == TimeSpan.Zero || most == 0)
        {
            return;
        }

        _seen[KeyOf(hop)] = new Seen(now, null);
        if (_seen.Count > most)
        {
            foreach (var old in _seen.OrderBy(s => s.Value.At).Take((most / 10) + 1))
            {
                _seen.TryRemove(old);
            }
        }
    }

    /// <summary>A handshake failed, and clear text was allowed in its place: for a while no further is tried.</summary>
    public void IsBroken(NextHop hop, DateTimeOffset now)
    {
        if (_broken.Count >= most)
        {
            foreach (var old in _broken.Where(b => b.Value <= now))
            {
                _broken.TryRemove(old);
            }
        }

        if (_broken.Count < most)
        {
            _broken[KeyOf(hop)] = now + s_brokenFor;
        }
    }

    /// <summary>Whether a handshake failed a short while ago.</summary>
    public bool WasBroken(NextHop hop, DateTimeOffset now) => _broken.TryGetValue(KeyOf(hop), out var until) && now < until;

    /// <summary>There was none.</summary>
    public Downgrade LacksTls(NextHop hop, DateTimeOffset now)
    {
        var key = KeyOf(hop);
        if (!_seen.TryGetValue(key, out var seen))
        {
            return Downgrade.Usual;
        }

        if (now - seen.At > remembers)
        {
            _seen.TryRemove(key, out _);
            return Downgrade.Usual;
        }

        var since = seen.GoneSince ?? now;
        if (now - since >= doubts)
        {
            _seen.TryRemove(key, out _);
            return Downgrade.Believed;
        }

        _seen[key] = seen with { GoneSince = since };
        return Downgrade.Doubted;
    }

    private static (string, int) KeyOf(NextHop hop) => (hop.Name, hop.EndPoint is System.Net.IPEndPoint ip ? ip.Port : 0);

    private sealed record Seen(DateTimeOffset At, DateTimeOffset? GoneSince);
}
