using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Proxy;
using ActorSmtp.Server.Listening;

namespace ActorSmtp.Server.Sessions;

/// <summary>What comes before the first command: the header of a proxy, a silence, and whose connection it is.</summary>
internal abstract partial class Conversation
{
    private EndPoint? _countedAs;
    private bool _isCounted = true;
    private IPEndPoint? _local;
    private int _silence;           // 1 while nobody but us may speak

    /// <summary>The peer's address, an IPv4 one as such: of the connection, or what a trusted proxy says it is. Null for a Unix socket.</summary>
    public EndPoint? Peer { get; private set; }

    /// <summary>The peer's name in DNS, where a trusted neighbour has told it.</summary>
    public string? PeerName { get; private set; }

    /// <summary>Our side of the connection, or what a trusted proxy says the client connected to.</summary>
    public EndPoint? Local => _local ?? _connection.LocalEndPoint;

    /// <summary>Asks for the header of a proxy; ends in <see cref="SessionMessages.Proxied"/>.</summary>
    public void AwaitProxyHeader()
    {
        Want(Wanted.ProxyHeader, _at.Limits.ProxyTimeout);
        _connection.RequestInput();
    }

    /// <summary>No header of a proxy came.</summary>
    public void TellUnproxied()
    {
        _at.Log.BadProxyHeader(Actor, Id, Peer);
        TellOpened();
    }

    /// <summary>The session is of whom the header names, unless they have too many already, which the answer says.</summary>
    public Admission TakeProxyHeader(ProxyHeader header)
    {
        var admission = header.Source is null ? Admission.In : TryRename(header.Source, header.Destination);
        TellOpened();
        if (admission != Admission.In)
        {
            TellTurnedAway(header.Source, admission);
        }

        return admission;
    }

    /// <summary>The peer whom the connection turned out to be of has too many.</summary>
    public void TellTurnedAway(EndPoint? peer, Admission admission)
    {
        _at.Log.PeerTurnedAway(Actor, Id, peer, admission);
        _at.Metrics.ConnectionsRefused.Add(1);
    }

    /// <summary>
    /// The connection is another's than it seemed. It counts as theirs from now on; where they have too many already nothing changes, and the
    /// answer says so.
    /// </summary>
    public Admission TryRename(IPEndPoint? peer, IPEndPoint? local)
    {
        lock (_lines)                                       // the connection may end at this moment, on its own thread
        {
            var unmapped = ((EndPoint?)peer).Unmapped();
            var admission = _isCounted ? _at.Gate.TryRename(_countedAs, unmapped, _at.Clock.Now) : Admission.In;
            if (admission == Admission.In)
            {
                _countedAs = Peer = unmapped;
                _local = local;
            }

            return admission;
        }
    }

    private void EndCounting()
    {
        lock (_lines)
        {
            _isCounted = false;
            GiveBackPlace();
            _at.Gate.Leave(_countedAs);
        }
    }

    /// <summary>What a trusted neighbour says the peer is called.</summary>
    public void TakeName(string? name) => PeerName = name;

    /// <summary>
    /// Says nothing for a while and listens; ends in <see cref="SessionMessages.SpokeEarly"/>, or in the passing of the deadline, after which
    /// <see cref="TryEndSilence"/> says who was first.
    /// </summary>
    public void KeepSilence(TimeSpan delay)
    {
        Volatile.Write(ref _silence, 1);
        Want(Wanted.Command, delay);
        _connection.RequestInput();
    }

    /// <summary>The silence is over, unless the peer has broken it after all, and word of that is on its way here.</summary>
    public bool TryEndSilence() => Interlocked.Exchange(ref _silence, 0) == 1;

    /// <summary>After a silence: what was said goes out; the transport was asked for the next command already.</summary>
    public void NextAfterSilence(TimeSpan within)
    {
        SetDeadline(within);
        _connection.Flush();
    }

    /// <summary>On the I/O thread: the header, as far as it is there.</summary>
    private void ReadProxyHeader()
    {
        var status = ProxyHeader.Read(_connection.Input, out var consumed, out var header);
        if (status == ProxyStatus.Incomplete)
        {
            _connection.RequestInput();
            return;
        }

        _connection.Consume(consumed);
        _wanted = Wanted.Nothing;
        Tell(new SessionMessages.Proxied(status == ProxyStatus.Header ? header : null));
    }
}
