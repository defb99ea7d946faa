using System.Net;

namespace ActorSmtp.Server.Scenarios;

/// <summary>
/// The misbehaviour that tests asked for. Deterministic: occurrences are counted, not drawn by lot. Sessions ask at every step, but only while
/// there is something in it; else the question is one field's read.
/// </summary>
public sealed class ScenarioBook(TimeProvider time, bool magicAddresses)
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, DateTimeOffset> _greylisted = new(StringComparer.OrdinalIgnoreCase);
    private volatile bool _hasEntries;

    /// <summary>Told of every hit: the scenario's id and how often it has acted. Called on the session's thread: must not block.</summary>
    public event Action<string, int>? Acted;

    /// <summary>
    /// Counts an occurrence for scenarios that nodes have in common, by their ids; answers which of them acts, and how often it has by then. Null where there are none.
    /// </summary>
    public Func<IReadOnlyCollection<string>, Task<(string Id, int Hits)?>>? CountShared { get; set; }

    /// <summary>Whether a step has to be looked at at all.</summary>
    internal bool IsActive => _hasEntries || magicAddresses;

    /// <summary>All that have not expired, with how often they acted.</summary>
    public IReadOnlyList<(Scenario Scenario, int Hits)> All
    {
        get
        {
            lock (_gate)
            {
                Sweep();
                return [.. _entries.Select(e => (e.Scenario, e.Hits))];
            }
        }
    }

    /// <summary>False: there are as many as there may be.</summary>
    public bool TryAdd(Scenario scenario, int most) => TryAdd([scenario], most);

    /// <summary>All of them, or none: false, there would be more than there may be.</summary>
    public bool TryAdd(IReadOnlyCollection<Scenario> scenarios, int most)
    {
        if (scenarios.Count == 0)
        {
            return true;
        }

        lock (_gate)
        {
            Sweep();
            if (_entries.Count + scenarios.Count > most)
            {
                return false;
            }

            _entries.AddRange(scenarios.Select(s => new Entry(s)));
            _hasEntries = true;
            return true;
        }
    }

    /// <summary>One that nodes have in common: its occurrences are counted by <see cref="CountShared"/>. There is room for it where it was made.</summary>
    public void PutShared(Scenario scenario)
    {
        lock (_gate)
        {
            if (_entries.All(e => e.Scenario.Id != scenario.Id))
            {
                _entries.Add(new Entry(scenario) { IsShared = true });
                _hasEntries = true;
            }
        }
    }

    /// <summary>Takes out those that match; answers how many.</summary>
    public int Remove(Predicate<Scenario> which)
    {
        lock (_gate)
        {
            var removed = _entries.RemoveAll(e => which(e.Scenario));
            _hasEntries = _entries.Count > 0;
            return removed;
        }
    }

    /// <summary>
    /// What is to happen at a step; null: what happens anyway. Every scenario for it counts the occurrence; of several that are due the oldest acts,
    /// the others with the next.
    /// </summary>
    internal ScenarioEffect? At(in ScenarioFacts facts) =>
        CountShared is { } count && SharedFor(facts) is { } shared ? ScenarioEffect.None with { Pending = AskAsync(count, shared, facts) } : Alone(facts);

    /// <summary>Of what nodes have in common one acts first; where none is due, this node's own are asked.</summary>
    private async Task<ScenarioEffect> AskAsync(Func<IReadOnlyCollection<string>, Task<(string Id, int Hits)?>> count, List<string> shared, ScenarioFacts facts)
    {
        if (await count(shared).ConfigureAwait(false) is { } hit)
        {
            ScenarioEffect? effect = null;
            lock (_gate)
            {
                if (_entries.FirstOrDefault(e => e.Scenario.Id == hit.Id) is { } entry)
                {
                    (entry.Hits, effect) = (hit.Hits, entry.Scenario.Then);
                }
            }

            if (effect is not null)
            {
                Acted?.Invoke(hit.Id, hit.Hits);
                return effect;
            }
        }

        return Alone(facts) ?? ScenarioEffect.None;
    }

    /// <summary>Null: none of those that nodes have in common is for this, or may still act.</summary>
    private List<string>? SharedFor(in ScenarioFacts facts)
    {
        List<string>? all = null;
        lock (_gate)
        {
            Sweep();
            foreach (var entry in _entries)
            {
                if (entry.IsShared && entry.Scenario.At == facts.Step && entry.Hits < (entry.Scenario.Times ?? int.MaxValue) && IsFor(entry.Scenario.For, facts))
                {
                    (all ??= []).Add(entry.Scenario.Id);
                }
            }
        }

        return all;
    }

    private ScenarioEffect? Alone(in ScenarioFacts facts)
    {
        (string Id, int Hits)? acted = null;
        ScenarioEffect? effect = null;
        lock (_gate)
        {
            Sweep();
            Entry? due = null;
            foreach (var entry in _entries)
            {
                if (!entry.IsShared && entry.Scenario.At == facts.Step && IsFor(entry.Scenario.For, facts) && ++entry.Seen >= entry.Scenario.Nth && entry.Hits < (entry.Scenario.Times ?? int.MaxValue))
                {
                    due ??= entry;
                }
            }

            if (due is not null)
            {
                due.Hits++;
                acted = (due.Scenario.Id, due.Hits);
                effect = due.Scenario.Then;
            }

            effect ??= magicAddresses ? Magic(facts) : null;
        }

        if (acted is { } hit)
        {
            Acted?.Invoke(hit.Id, hit.Hits);
        }

        return effect;
    }

    private static bool IsFor(ScenarioTarget target, ScenarioFacts facts) =>
        target.Lease is { } lease ? Names(facts, target.LeaseAddress!) || Same(facts.User, target.LeaseAddress) || facts.Helo?.StartsWith(lease, StringComparison.OrdinalIgnoreCase) == true
        : target.Recipient is { } recipient ? Names(facts, recipient)
        : target.Sender is { } sender ? Same(facts.Sender, sender)
        : target.Helo is { } helo ? Same(facts.Helo, helo)
        : target.Client is { } client ? facts.Client is { } peer && Plain(peer).Equals(Plain(client))
        : target.Listener is { } listener && Same(facts.Listener, listener);

    private static bool Names(ScenarioFacts facts, string address) => facts.Recipients.Any(r => Same(r, address));

    private static bool Same(string? left, string? right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private ScenarioEffect? Magic(ScenarioFacts facts)
    {
        foreach (var recipient in facts.Recipients)
        {
            if (MagicAddress.Of(recipient) is not { } magic || magic.At != facts.Step)
            {
                continue;
            }

            if (!magic.Once)
            {
                return magic.Then;
            }

            var now = time.GetUtcNow();
            if (_greylisted.Count >= 10_000)
            {
                foreach (var old in _greylisted.Where(g => now - g.Value > TimeSpan.FromMinutes(10)).Select(g => g.Key).ToList())
                {
                    _greylisted.Remove(old);
                }
            }

            if (_greylisted.Count < 10_000 && _greylisted.TryAdd(recipient, now))
            {
                return magic.Then;
            }
        }

        return null;
    }

    private void Sweep()
    {
        if (_entries.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        if (_entries.RemoveAll(e => e.Scenario.Expires <= now) > 0)
        {
            _hasEntries = _entries.Count > 0;
        }
    }

    private sealed class Entry(Scenario scenario)
    {
        public Scenario Scenario => scenario;

        public bool IsShared { get; init; }

        public int Seen { get; set; }

        public int Hits { get; set; }
    }
}
