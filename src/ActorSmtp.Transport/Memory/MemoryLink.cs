using System.Net;

namespace ActorSmtp.Transport;

/// <summary>One connection in a <see cref="MemoryNetwork"/>, seen from outside: what a test may do to it.</summary>
public sealed class MemoryLink
{
    private readonly MemoryNetwork _network;
    private int _ends = 2;

    internal MemoryLink(MemoryNetwork network, EndPoint client, EndPoint server)
    {
        _network = network;
        ClientEndPoint = client;
        ServerEndPoint = server;
        ToServer = new MemoryPipe(network, this, toServer: true);
        ToClient = new MemoryPipe(network, this, toServer: false);
    }

    public EndPoint ClientEndPoint { get; }

    public EndPoint ServerEndPoint { get; }

    /// <summary>Bytes sent so far by the client and by the server.</summary>
    public (long ByClient, long ByServer) Sent => (ToServer.Sent, ToClient.Sent);

    internal MemoryPipe ToServer { get; }

    internal MemoryPipe ToClient { get; }

    /// <summary>Both ends find the connection reset; what had not arrived is lost.</summary>
    public void Cut()
    {
        ToServer.Reset();
        ToClient.Reset();
    }

    /// <summary>Nothing arrives in a direction until <see cref="Unstall"/>; the sender may go on until the window is full.</summary>
    public void Stall(bool toServer) => (toServer ? ToServer : ToClient).SetStalled(true);

    /// <summary>What was held back arrives.</summary>
    public void Unstall(bool toServer) => (toServer ? ToServer : ToClient).SetStalled(false);

    internal void EndClosed()
    {
        if (Interlocked.Decrement(ref _ends) == 0)
        {
            _network.Remove(this);
        }
    }
}

/// <summary>One direction: what is on its way, and what has arrived. Order is kept here, so events may come in any.</summary>
internal sealed class MemoryPipe(MemoryNetwork network, MemoryLink link, bool toServer)
{
    private readonly Lock _lock = new();
    private byte[] _bytes = [];
    private int _start;             // unread from here,
    private int _arrived;           // arrived up to here,
    private int _end;               // sent up to here
    private bool _stalled;
    private bool _senderWaits;
    private bool _ended;
    private bool _endArrived;
    private bool _reset;
    private long _sent;

    public MemoryConnection? Reader { get; set; }

    public MemoryConnection? Writer { get; set; }

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>True where the other side has closed with our bytes unread, or the link was cut.</summary>
    public bool IsReset
    {
        get
        {
            lock (_lock)
            {
                return _reset;
            }
        }
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        int taken;
        lock (_lock)
        {
            if (_reset || _ended)
            {
                return -2;
            }

            taken = Math.Min(bytes.Length, network.Options.WindowBytes - (_end - _start));
            if (taken <= 0)
            {
                _senderWaits = true;
                return -1;
            }

            if (_bytes.Length - _end < taken)
            {
                var larger = new byte[Math.Max(256, (_end - _start + taken) * 2)];
                _bytes.AsSpan(_start, _end - _start).CopyTo(larger);
                (_bytes, _arrived, _end, _start) = (larger, _arrived - _start, _end - _start, 0);
            }

            bytes[..taken].CopyTo(_bytes.AsSpan(_end));
            _end += taken;
            _sent += taken;
        }

        network.Run(new MemoryEvent(MemoryEventKind.Deliver, link, toServer), () => Deliver(taken));
        return taken;
    }

    public int Receive(Span<byte> room)
    {
        int got;
        var tellSender = false;
        lock (_lock)
        {
            if (_reset)
            {
                return -2;
            }

            var there = _bytes.AsSpan(_start, _arrived - _start);
            if (there.IsEmpty)
            {
                return _endArrived && _arrived == _end ? 0 : -1;
            }

            got = Math.Min(room.Length, network.Options.Chunking switch
            {
                Chunking.Bytes => 1,
                Chunking.Lines when there.IndexOf((byte)'\n') is >= 0 and var at => at + 1,
                _ => there.Length,
            });
            there[..got].CopyTo(room);
            _start += got;
            if (_start == _end)
            {
                _start = _arrived = _end = 0;
                _bytes = [];
            }

            if (_senderWaits)
            {
                _senderWaits = false;
                tellSender = true;
            }
        }

        if (tellSender)
        {
            network.Run(new MemoryEvent(MemoryEventKind.Room, link, !toServer), () => Writer?.OnRoom());
        }

        return got;
    }

    /// <summary>Whether there is anybody who sends, or has sent.</summary>
    public PeerPresence Look()
    {
        lock (_lock)
        {
            return _reset ? PeerPresence.Gone : _endArrived && _start == _end ? PeerPresence.Ended : PeerPresence.There;
        }
    }

    /// <summary>The sender has no more to say.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
        }

        network.Run(new MemoryEvent(MemoryEventKind.End, link, toServer), () =>
        {
            lock (_lock)
            {
                _endArrived = true;
            }

            Reader?.OnReadable();
        });
    }

    /// <summary>The reader has closed: what the sender says from now on finds nobody. True if bytes were unread.</summary>
    public bool CloseReader()
    {
        lock (_lock)
        {
            var unread = _end > _start;
            _reset = true;
            _bytes = [];
            _start = _arrived = _end = 0;
            return unread;
        }
    }

    public void Reset()
    {
        network.Run(new MemoryEvent(MemoryEventKind.End, link, toServer), () =>
        {
            lock (_lock)
            {
                _reset = true;
                _bytes = [];
                _start = _arrived = _end = 0;
            }

            Reader?.OnReadable();
            Writer?.OnRoom();
        });
    }

    public void SetStalled(bool stalled)
    {
        lock (_lock)
        {
            _stalled = stalled;
            if (stalled)
            {
                return;
            }
        }

        network.Run(new MemoryEvent(MemoryEventKind.Deliver, link, toServer), () => Deliver(int.MaxValue));
    }

    private void Deliver(int count)
    {
        lock (_lock)
        {
            if (_stalled || _reset)
            {
                return;
            }

            _arrived = Math.Min(_end, (int)Math.Min((long)_arrived + count, int.MaxValue));
        }

        Reader?.OnReadable();
    }
}
