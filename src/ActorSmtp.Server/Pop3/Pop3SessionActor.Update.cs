using Akka.Actor;
using ActorSmtp.Protocol.Pop3;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// QUIT. In the AUTHORIZATION state it only ends (RFC 1939 §4); with an open mailbox what is marked is removed first (§6), so many at a time, and
/// nothing else ever removes anything. It is finished even if the peer does not wait for the answer.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    private const int RemovedAtOnce = 500;

    private int _nextRemoved;
    private int _removed;
    private int _stay;
    private bool _peerIsGone;

    private State OnQuit()
    {
        Say(Pop3Replies.Bye);
        return End("quit", peerIsDone: true);
    }

    private State OnQuitWithMailbox()
    {
        _nextRemoved = 1;
        return RemoveOn();
    }

    private State RemoveOn()
    {
        var names = _maildrop!.MarkedFrom(ref _nextRemoved, RemovedAtOnce);
        if (names.Count == 0)
        {
            return EndUpdate();
        }

        if (!_peerIsGone)
        {
            _talk.WaitForOthers(Timeout.InfiniteTimeSpan);                                  // what was asked for is done, however long the disk takes
        }

        var count = names.Count;
        _pop.Reader.RemoveAsync(_maildrop.Account, names, CancellationToken.None).PipeTo(
            Self,
            success: _ => new Removed(count),
            failure: fault => new CannotRemove(count, fault.Message));
        return Enter(S.Update);
    }

    /// <summary>Those that another program had removed already are as gone as the others.</summary>
    private State OnRemoved(Removed m)
    {
        _removed += m.Count;
        return RemoveOn();
    }

    private State OnCannotRemove(CannotRemove m)
    {
        _stay += m.Count;
        _at.Log.MessagesStay(_talk.Actor, _talk.Id, _maildrop!.Account, m.Count, m.Reason);
        return RemoveOn();
    }

    private State OnGoneWhileRemoving()
    {
        _peerIsGone = true;
        return Stay();
    }

    private State EndUpdate()
    {
        _at.Metrics.MessagesTaken.Add(_removed);
        if (_removed > 0)
        {
            _at.Log.MessagesTaken(_talk.Actor, _talk.Id, StateData.User!, _removed);
        }

        var left = _maildrop!.Count;
        CloseMaildrop();                                                                    // who hears Bye may come again at once
        Say(_stay == 0 ? Pop3Replies.ByeLeaving(left) : Pop3Replies.NotAllRemoved);
        return End("quit", peerIsDone: true);
    }

    private sealed record Removed(int Count);

    private sealed record CannotRemove(int Count, string Reason);
}
