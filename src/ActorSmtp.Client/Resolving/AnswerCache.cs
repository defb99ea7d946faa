using System.Diagnostics.CodeAnalysis;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Resolving;

/// <summary>
/// Outcomes until their time is over, never after it, in bounded memory: what was not asked for longest goes first. Not safe from several threads by itself.
/// </summary>
internal sealed class AnswerCache(long mostOctets, TimeProvider time)
{
    private readonly Dictionary<DnsQuestion, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>Memory taken, about.</summary>
    public long Octets { get; private set; }

    public int Count => _entries.Count;

    /// <summary>What is known, with the time that is left of it.</summary>
    public bool TryGet(DnsQuestion question, [NotNullWhen(true)] out DnsOutcome? outcome)
    {
        outcome = null;
        if (!_entries.TryGetValue(question, out var node))
        {
            return false;
        }

        var left = node.Value.Outcome.Ttl - time.GetElapsedTime(node.Value.Since);
        if (left <= TimeSpan.Zero)
        {
            Remove(node);
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        outcome = node.Value.Outcome with { Ttl = left };
        return true;
    }

    /// <summary>Keeps an outcome as long as its TTL says; one without, or too large for a quarter of the cache, is not kept.</summary>
    public void Put(DnsQuestion question, DnsOutcome outcome)
    {
        var octets = SizeOf(question, outcome);
        if (_entries.TryGetValue(question, out var before))
        {
            Remove(before);
        }

        if (outcome.Ttl <= TimeSpan.Zero || octets > mostOctets / 4)
        {
            return;
        }

        while (Octets + octets > mostOctets && _byUse.Last is { } oldest)
        {
            Remove(oldest);
        }

        _entries[question] = _byUse.AddFirst(new Entry(question, outcome, time.GetTimestamp(), octets));
        Octets += octets;
    }

    public void Clear()
    {
        _entries.Clear();
        _byUse.Clear();
        Octets = 0;
    }

    // Objects of names, records and entries have some overhead of their own; what matters is that a hostile answer's size is in it.
    private static int SizeOf(DnsQuestion question, DnsOutcome outcome) => 400 + (2 * question.Name.Wire.Length) + outcome switch
    {
        DnsFound found => found.Records.Sum(r => 150 + r.Name.Wire.Length + r switch
        {
            MxRecord mx => mx.Exchange.Wire.Length + 60,
            PointerRecord p => p.Target.Wire.Length + 60,
            TxtRecord txt => txt.Strings.Sum(s => 40 + (2 * s.Length)),
            SoaRecord soa => soa.Primary.Wire.Length + soa.Mailbox.Wire.Length + 120,
            TlsaRecord tlsa => tlsa.Data.Length,
            _ => 60,
        }),
        DnsFailed failed => 2 * failed.Detail.Length,
        _ => 0,
    };

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Question);
        _byUse.Remove(node);
        Octets -= node.Value.Octets;
    }

    private readonly record struct Entry(DnsQuestion Question, DnsOutcome Outcome, long Since, int Octets);
}
