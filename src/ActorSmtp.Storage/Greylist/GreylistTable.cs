using System.Net;
using System.Text;

namespace ActorSmtp.Storage.Greylist;

/// <summary>
/// What is remembered for greylisting, in memory, within its size whoever comes. A crowd of strangers gets half of it at most: when it is full, those who
/// wait longest give way to those who came now, and who has passed stays; one network's strangers give way to each other. Used under its owner's lock.
/// </summary>
internal sealed class GreylistTable(GreylistRules rules)
{
    private readonly Dictionary<UInt128, Row> _rows = [];
    private readonly Dictionary<IPNetwork, Net> _nets = [];
    private readonly LinkedList<Row> _waiting = [];         // by when they came first
    private readonly LinkedList<Row> _passed = [];          // by when they were last let in
    private readonly LinkedList<Net> _standing = [];        // likewise
    private readonly int _mostOfNetwork = rules.MostOfNetwork;
    private int _known;

    /// <summary>A triplet.</summary>
    internal sealed class Row(UInt128 key, Net network, byte[] who)
    {
        public UInt128 Key => key;

        public Net Network => network;

        /// <summary>Sender and recipient in UTF-8 with a NUL between, each as far as it is shown.</summary>
        public byte[] Who => who;

        public GreylistTrace Trace { get; set; }

        /// <summary>Its place in the list it is in.</summary>
        public LinkedListNode<Row>? Place { get; set; }

        /// <summary>Its place among those of its network that wait.</summary>
        public LinkedListNode<Row>? PlaceInNetwork { get; set; }
    }

    /// <summary>A network; there as long as there is anything of it.</summary>
    internal sealed class Net(IPNetwork address)
    {
        public IPNetwork Address => address;

        public LinkedList<Row> Waiting { get; } = [];

        public int Rows { get; set; }

        public GreylistStanding? Standing { get; set; }

        public LinkedListNode<Net>? Place { get; set; }
    }

    /// <summary>Entries that were forgotten before their time.</summary>
    public long Evicted { get; private set; }

    public int Rows => _rows.Count;

    public GreylistFigures Figures(string? trouble) => new(_waiting.Count, _passed.Count, _standing.Count, _known, Evicted, trouble);

    /// <summary>Answers and remembers.</summary>
    /// <param name="row">The triplet as it stands now where that is worth keeping; null: nothing new.</param>
    /// <param name="net">The network, likewise.</param>
    public GreylistAnswer Ask(in GreylistTriplet triplet, UInt128 key, DateTimeOffset now, out Row? row, out Net? net)
    {
        Expire(now, most: 8);
        (row, net) = (null, null);
        _rows.TryGetValue(key, out var known);
        _nets.TryGetValue(triplet.Network, out var network);
        var (before, stood) = (known?.Trace, network?.Standing);
        var verdict = rules.Judge(before, stood, now);
        if (verdict.Triplet is { } trace)
        {
            known = Put(key, triplet.Network, known?.Who ?? WhoOf(triplet), trace);
            network = known.Network;
            row = IsNews(before?.First, before?.Last, before?.Passes, trace.First, trace.Last, trace.Passes) ? known : null;
        }

        if (verdict.Network is { } standing && network is not null)
        {
            Put(network, standing);
            net = IsNews(stood?.First, stood?.Last, stood?.Passes, standing.First, standing.Last, standing.Passes) ? network : null;
        }

        return verdict.Answer;
    }

    /// <summary>A triplet as it was kept. One whose time is over is not taken.</summary>
    public void Restore(UInt128 key, IPNetwork network, byte[] who, GreylistTrace trace, DateTimeOffset now)
    {
        if (!rules.IsOver(trace, now))
        {
            Put(key, network, who, trace);
        }
        else if (_rows.TryGetValue(key, out var old))
        {
            Remove(old);
        }
    }

    /// <summary>A network as it was kept, likewise.</summary>
    public void Restore(IPNetwork network, GreylistStanding standing, DateTimeOffset now)
    {
        if (!rules.IsOver(standing, now))
        {
            Put(NetOf(network), standing);
        }
    }

    /// <summary>Forgets a triplet; false: it was not there.</summary>
    public bool Forget(UInt128 key)
    {
        if (!_rows.TryGetValue(key, out var row))
        {
            return false;
        }

        Remove(row);
        return true;
    }

    /// <summary>Forgets that anybody of a network has passed; false: nobody had.</summary>
    public bool Forget(IPNetwork network)
    {
        if (!_nets.TryGetValue(network, out var net) || net.Standing is null)
        {
            return false;
        }

        Unstand(net);
        return true;
    }

    /// <summary>Forgets what is over, so many at most; false: there may be more.</summary>
    public bool Expire(DateTimeOffset now, int most)
    {
        for (var left = most; left > 0; left--)
        {
            if (_waiting.First?.Value is { } waits && rules.IsOver(waits.Trace, now))
            {
                Remove(waits);
            }
            else if (_passed.First?.Value is { } passed && rules.IsOver(passed.Trace, now))
            {
                Remove(passed);
            }
            else if (_standing.First?.Value is { Standing: { } standing } stands && rules.IsOver(standing, now))
            {
                Unstand(stands);
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All triplets and all networks of which some have passed, to be looked at a few at a time: each may change or go meanwhile.</summary>
    public (Row[] Rows, Net[] Networks) Copy() => ([.. _waiting, .. _passed], [.. _standing]);

    /// <summary>For people.</summary>
    public GreylistEntry EntryOf(Row row)
    {
        var (trace, split) = (row.Trace, Array.IndexOf(row.Who, (byte)0));
        return new GreylistEntry(
            trace.Passes > 0 ? GreylistState.Passed : GreylistState.Waiting, row.Network.Address,
            Encoding.UTF8.GetString(row.Who, 0, split), Encoding.UTF8.GetString(row.Who, split + 1, row.Who.Length - split - 1),
            trace.First, trace.Last, trace.Passes, rules.EndOf(trace));
    }

    /// <summary>For people; null: it has gone meanwhile.</summary>
    public GreylistEntry? EntryOf(Net net) => net.Standing is not { } standing ? null
        : new GreylistEntry(GreylistState.Network, net.Address, "", "", standing.First, standing.Last, standing.Passes, rules.EndOf(standing));

    // An hour more or less of when something was last used changes nothing that anybody would notice: that needs not be written down.
    private bool IsNews(DateTimeOffset? first, DateTimeOffset? last, int? passes, DateTimeOffset nowFirst, DateTimeOffset nowLast, int nowPasses) =>
        first != nowFirst || (passes is 0 or null) != (nowPasses == 0) || (passes < rules.NetworkPasses && passes != nowPasses)
        || !(nowLast - last < rules.Keep / 100 && nowLast - last < TimeSpan.FromHours(1));

    private Row Put(UInt128 key, IPNetwork network, byte[] who, GreylistTrace trace)
    {
        if (!_rows.TryGetValue(key, out var row))
        {
            MakeRoom(network);
            row = new Row(key, NetOf(network), who);
            row.Network.Rows++;
            _rows.Add(key, row);
        }
        else
        {
            Unlink(row);
        }

        row.Trace = trace;
        if (trace.Passes > 0)
        {
            row.Place = AddSorted(_passed, row, static r => r.Trace.Last);
        }
        else
        {
            row.Place = AddSorted(_waiting, row, static r => r.Trace.First);
            row.PlaceInNetwork = row.Network.Waiting.AddLast(row);
        }

        return row;
    }

    private void Put(Net net, GreylistStanding standing)
    {
        Unstand(net, keep: true);
        if (_standing.Count >= rules.Size)
        {
            Evicted++;
            Unstand(_standing.First!.Value);
        }

        net.Standing = standing;
        net.Place = AddSorted(_standing, net, static n => n.Standing!.Value.Last);
        _known += IsKnown(standing) ? 1 : 0;
    }

    private bool IsKnown(GreylistStanding standing) => rules.NetworkPasses > 0 && standing.Passes >= rules.NetworkPasses;

    /// <summary>Lists stay in order also when a clock was set back, or when what was kept comes back in another.</summary>
    private static LinkedListNode<T> AddSorted<T>(LinkedList<T> list, T item, Func<T, DateTimeOffset> when)
    {
        var after = list.Last;
        for (var steps = 0; after is not null && when(after.Value) > when(item) && steps < 64; steps++)
        {
            after = after.Previous;
        }

        return after is null ? list.AddFirst(item) : list.AddAfter(after, item);
    }

    private void MakeRoom(IPNetwork network)
    {
        if (_nets.TryGetValue(network, out var net) && net.Waiting.Count >= _mostOfNetwork)
        {
            Evict(net.Waiting.First!.Value);
        }

        if (_rows.Count >= rules.Size)
        {
            Evict((_waiting.Count >= rules.Strangers || _passed.First is null ? _waiting : _passed).First!.Value);
        }
    }

    private void Evict(Row row)
    {
        Evicted++;
        Remove(row);
    }

    private void Remove(Row row)
    {
        _rows.Remove(row.Key);
        Unlink(row);
        row.Network.Rows--;
        Drop(row.Network);
    }

    private void Unlink(Row row)
    {
        if (row.PlaceInNetwork is { } place)
        {
            row.Network.Waiting.Remove(place);
            row.PlaceInNetwork = null;
        }

        row.Place?.List!.Remove(row.Place);
        row.Place = null;
    }

    private void Unstand(Net net, bool keep = false)
    {
        if (net.Place is { } place)
        {
            _known -= IsKnown(net.Standing!.Value) ? 1 : 0;
            _standing.Remove(place);
            net.Place = null;
            net.Standing = null;
        }

        if (!keep)
        {
            Drop(net);
        }
    }

    private void Drop(Net net)
    {
        if (net.Rows == 0 && net.Standing is null)
        {
            _nets.Remove(net.Address);
        }
    }

    private Net NetOf(IPNetwork address)
    {
        if (!_nets.TryGetValue(address, out var net))
        {
            _nets.Add(address, net = new Net(address));
        }

        return net;
    }

    private static byte[] WhoOf(in GreylistTriplet triplet) => Encoding.UTF8.GetBytes($"{Shown(triplet.Sender)}\0{Shown(triplet.Recipient)}");

    private static string Shown(string address)
    {
        var shown = address.Length > GreylistTriplet.MostShown ? address[..(GreylistTriplet.MostShown - 1)] + "…" : address;
        return shown.Replace('\0', '?');
    }
}
