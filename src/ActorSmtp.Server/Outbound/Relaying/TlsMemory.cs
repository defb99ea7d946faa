using System.Collections.Concurrent;
using System.Collections.Immutable;

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
    private readonly ConcurrentDictionary<(string Name, int Port), Broken> _broken = new();

    private long _changes;

    /// <summary>Servers that are remembered.</summary>
    public int Count => _seen.Count;

    /// <summary>Grows with each change of what is remembered.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>What is remembered, for a file; what was seen last comes first.</summary>
    public ImmutableArray<RememberedTls> Snapshot() =>
        [.. _seen.OrderByDescending(s => s.Value.At).Select(s => new RememberedTls(s.Key.Name, s.Key.Port, s.Value.At, s.Value.GoneSince))];

    /// <summary>Takes back what an earlier run remembered, as far as it holds and there is room.</summary>
    public void Restore(IEnumerable<RememberedTls> servers, DateTimeOffset now)
    {
        foreach (var server in servers.Where(s => s.At <= now && now - s.At <= remembers && !(s.GoneSince > now)).Take(most))
        {
            _seen.TryAdd((server.Name, server.Port), new Seen(server.At, server.GoneSince));
        }
    }

    /// <summary>A handshake was made.</summary>
    public void HasTls(NextHop hop, DateTimeOffset now)
    {
        if (remembers == TimeSpan.Zero || most == 0)
        {
            return;
        }

        var key = KeyOf(hop);
        if (_seen.TryGetValue(key, out var seen) && seen.GoneSince is null && now - seen.At < remembers / 100)
        {
            return;                                                     // known well enough: a busy server is not noted with each connection
        }

        _seen[key] = new Seen(now, null);
        Interlocked.Increment(ref _changes);
        if (_seen.Count > most)
        {
            foreach (var old in _seen.OrderBy(s => s.Value.At).Take((most / 10) + 1))
            {
                _seen.TryRemove(old);
            }
        }
    }

    /// <summary>A handshake failed, and clear text was allowed in its place: for a while no further is tried.</summary>
    /// <param name="type">As what it is counted (RFC 8460 §4.3).</param>
    public void IsBroken(NextHop hop, string type, DateTimeOffset now)
    {
        if (_broken.Count >= most)
        {
            foreach (var old in _broken.Where(b => b.Value.Until <= now))
            {
                _broken.TryRemove(old);
            }
        }

        if (_broken.Count < most)
        {
            _broken[KeyOf(hop)] = new Broken(now + s_brokenFor, type);
        }
    }

    /// <summary>As what a handshake failed a short while ago; null: none did.</summary>
    public string? WasBroken(NextHop hop, DateTimeOffset now) => _broken.TryGetValue(KeyOf(hop), out var broken) && now < broken.Until ? broken.Type : null;

    /// <summary>There was none.</summary>
    public Downgrade LacksTls(NextHop hop, DateTimeOffset now)
    {
        var key = KeyOf(hop);
        if (!_seen.TryGetValue(key, out var seen))
        {
            return Downgrade.Usual;
        }

        Interlocked.Increment(ref _changes);
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

    private sealed record Broken(DateTimeOffset Until, string Type);
}

/// <summary>That a server had TLS, where that outlives the process.</summary>
/// <param name="Port">0 for a Unix socket.</param>
/// <param name="At">When it was seen last.</param>
/// <param name="GoneSince">Since when it has none; null: it has.</param>
internal sealed record RememberedTls(string Name, int Port, DateTimeOffset At, DateTimeOffset? GoneSince);
