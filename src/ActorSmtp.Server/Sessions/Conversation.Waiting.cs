using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Waiting, and what is held meanwhile. Commands are read in small blocks, so a peer that sends ahead costs one of them. Only behind a message,
/// which is read in large ones, can there be more; of such sessions so many may wait at a time, and a further one ends.
/// </summary>
internal abstract partial class Conversation
{
    /// <summary>What a peer sent ahead that is no more than this is held without further ado: a small block of the transport's.</summary>
    private const int LittleInput = 16 << 10;

    private PeerLook? _look;
    private bool _mayBeLeft;
    private int _held;              // 1 while the next command waits for the peer to read
    private bool _hasPlace;         // changed with _lines locked

    /// <summary>Asks the peer for nothing: somebody else answers next, or else the deadline does. What was sent ahead keeps no large buffer.</summary>
    public void WaitForOthers(TimeSpan within)
    {
        Want(Wanted.Nothing, within);
        _waits = true;
        _connection.Park();
    }

    /// <summary>
    /// As <see cref="WaitForOthers"/>, for something that is worth nothing once the peer has left: the listener's sweep looks, and if so <see cref="SessionMessages.PeerLeft"/> is told.
    /// </summary>
    public void WaitForOpinions(TimeSpan within)
    {
        WaitForOthers(within);
        Volatile.Write(ref _mayBeLeft, true);
    }

    /// <summary>From the listener's thread, now and then: has it looked at whether the peer of a session that waits is still there. Costs nothing for others.</summary>
    public void LookForPeer()
    {
        if (Volatile.Read(ref _mayBeLeft))
        {
            _connection.Post(_look ??= new PeerLook(this));
        }
    }

    /// <summary>
    /// As <see cref="WaitForOthers"/>, where it is the peer's own doing: a guess, or too many errors. Ends in
    /// <see cref="SessionMessages.HoldsTooMuch"/> where too many do so.
    /// </summary>
    public void WaitAsPenance(TimeSpan within)
    {
        WaitForOthers(within);
        if (!MayHoldInput())
        {
            Tell(SessionMessages.HoldsTooMuch.Instance);
        }
    }

    /// <summary>On an I/O thread: the peer reads again, so what it sent ahead is looked at. (The transport reads on by itself.)</summary>
    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
        if (Interlocked.Exchange(ref _held, 0) == 1)
        {
            NeedNoPlace();
            OnRoom();
        }
    }

    /// <summary>
    /// The peer does not read what it was told, so nothing more that it sent is looked at, and nothing more is said. Once true, the I/O thread
    /// goes on when there is room, and nothing here may be touched; the deadline of the command runs on.
    /// </summary>
    private protected bool IsHeldBack()
    {
        _connection.Park();
        if (!MayHoldInput())
        {
            Tell(SessionMessages.HoldsTooMuch.Instance);
            return true;
        }

        Interlocked.Exchange(ref _held, 1);
        if (_connection.OutputPending || Interlocked.Exchange(ref _held, 0) == 0)
        {
            return true;
        }

        NeedNoPlace();
        return false;
    }

    private bool MayHoldInput()
    {
        if (_connection.Input.Length <= LittleInput)
        {
            return true;
        }

        lock (_lines)                                       // the connection may end at this moment, on its own thread
        {
            return !_isCounted || _hasPlace || (_hasPlace = _at.Gate.HoldingMuch.TryTake());
        }
    }

    /// <summary>On the I/O thread. The session may be going on at this very moment: what it is told then comes too late to matter.</summary>
    private sealed class PeerLook(Conversation conversation) : IoWork
    {
        protected override bool IsPatient => true;

        protected override void Run()
        {
            if (Volatile.Read(ref conversation._mayBeLeft) && conversation._connection.Peer is not PeerPresence.There and var how)
            {
                conversation.Tell(new SessionMessages.PeerLeft(Wholly: how == PeerPresence.Gone));
            }
        }
    }

    private void NeedNoPlace()
    {
        if (!_hasPlace)
        {
            return;
        }

        lock (_lines)
        {
            GiveBackPlace();
        }
    }

    /// <summary>With <see cref="_lines"/> locked.</summary>
    private void GiveBackPlace()
    {
        if (_hasPlace)
        {
            _hasPlace = false;
            _at.Gate.HoldingMuch.GiveBack();
        }
    }
}
