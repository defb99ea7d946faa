using System.Collections.Concurrent;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Testing.Dns;

/// <summary>
/// What a DNS server of a test does with each question: the zone's answer, unless a fault is set for the name (and type), once or for ever. Safe from any thread.
/// </summary>
public sealed class DnsScript(TestZone zone)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DnsQuestion, Queue<DnsFault>> _next = [];
    private readonly Dictionary<DnsQuestion, DnsFault> _always = [];
    private DnsFault _otherwise = DnsFaults.None;

    /// <summary>What it knows.</summary>
    public TestZone Zone { get; } = zone;

    /// <summary>Every question that arrived and could be read, in order.</summary>
    public ConcurrentQueue<DnsAsked> Asked { get; } = [];

    /// <summary>What becomes of everything nothing else is said of.</summary>
    public DnsScript Otherwise(DnsFault fault)
    {
        lock (_lock)
        {
            _otherwise = fault;
        }

        return this;
    }

    /// <summary>What becomes of this question from now on.</summary>
    public DnsScript Always(string name, DnsType type, DnsFault fault)
    {
        lock (_lock)
        {
            _always[new DnsQuestion(DnsName.Parse(name), type)] = fault;
        }

        return this;
    }

    /// <summary>What becomes of this question the next times, one fault each; then as before.</summary>
    public DnsScript Next(string name, DnsType type, params DnsFault[] faults)
    {
        var question = new DnsQuestion(DnsName.Parse(name), type);
        lock (_lock)
        {
            if (!_next.TryGetValue(question, out var queue))
            {
                _next[question] = queue = [];
            }

            foreach (var fault in faults)
            {
                queue.Enqueue(fault);
            }
        }

        return this;
    }

    /// <summary>How often a question has arrived.</summary>
    public int Times(string name, DnsType type) => Asked.Count(a => a.Query.Questions[0] == new DnsQuestion(DnsName.Parse(name), type));

    /// <summary>What is sent for octets that arrived.</summary>
    public IReadOnlyList<DnsSending> Hear(ReadOnlySpan<byte> octets, bool overTcp)
    {
        if (DnsMessageReader.TryRead(octets, out _) is not { IsAnswer: false, Questions: [var question] } query)
        {
            return [];
        }

        DnsAsked asked;
        DnsFault? fault;
        lock (_lock)
        {
            asked = new DnsAsked(query, Zone.Answer(query), overTcp, octets.ToArray());
            Asked.Enqueue(asked);
            if (!(_next.TryGetValue(question, out var queue) && queue.TryDequeue(out fault)))
            {
                fault = _always.GetValueOrDefault(question, _otherwise);
            }
        }

        return fault(asked);
    }
}
