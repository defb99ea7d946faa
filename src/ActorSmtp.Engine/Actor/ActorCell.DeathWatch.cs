using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Watching and being watched. A watch ends in one <see cref="Terminated"/> in the mailbox, behind all that the watched actor told before; taking the
/// watch back also drops one that is queued. An actor that neither watches nor is watched holds nothing for it.
/// </summary>
internal sealed partial class ActorCell
{
    private static readonly object NoMessage = new();

    /// <summary>Watched actors → the message for them (<see cref="NoMessage"/> for the ordinary one).</summary>
    private Dictionary<IActorRef, object> _watching;

    /// <summary>Dead actors whose Terminated is queued → the message for them.</summary>
    private Dictionary<IActorRef, object> _terminatedQueued;

    /// <summary>One watcher, or a set of them, or null.</summary>
    private object _watchedBy;

    public IActorRef Watch(IActorRef subject) => WatchFor(subject, NoMessage);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return WatchFor(subject, message);
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        if (!LocalRef.Equals(subject) && _watching != null && _watching.Remove(subject))
        {
            subject.Base().SendSystem(new Unwatch(subject.Base(), LocalRef));
        }

        _terminatedQueued?.Remove(subject);
        return subject;
    }

    private IActorRef WatchFor(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (!LocalRef.Equals(subject) && (_watching ??= []).TryAdd(subject, message))
        {
            var watchee = subject.Base();
            watchee.SendSystem(new Watch(watchee, LocalRef));
        }

        return subject;
    }

    private void ReceivedTerminated(Terminated terminated)
    {
        // One that was merely told by somebody is dropped.
        if (_terminatedQueued != null && _terminatedQueued.Remove(terminated.ActorRef, out var message))
        {
            CurrentMessage = message == NoMessage ? terminated : message;
            ReceiveMessage(CurrentMessage);
        }
    }

    private void WatchedActorTerminated(ActorRefBase actor, bool existenceConfirmed)
    {
        if (_watching != null && _watching.Remove(actor, out var message) && !_stopping)
        {
            (_terminatedQueued ??= [])[actor] = message;
            LocalRef.Tell(new Terminated(actor, existenceConfirmed, addressTerminated: false), actor);
        }

        if (actor is LocalActorRef child && _children != null && _children.Contains(child))
        {
            HandleChildTerminated(child);
        }
    }

    private void AddWatcher(ActorRefBase watchee, ActorRefBase watcher)
    {
        if (!watchee.Equals(LocalRef) || watcher.Equals(LocalRef))
        {
            Publish(new Warning(LocalRef.Path.ToString(), _actor?.GetType(), $"BUG: illegal Watch({watchee}, {watcher}) for {LocalRef}"));
            return;
        }

        switch (_watchedBy)
        {
            case null:
                _watchedBy = watcher;
                break;
            case HashSet<IActorRef> set:
                set.Add(watcher);
                break;
            case IActorRef one when !one.Equals(watcher):
                _watchedBy = new HashSet<IActorRef> { one, watcher };
                break;
        }

        if (SystemImpl.Settings.DebugLifecycle)
        {
            Publish(new Debug(LocalRef.Path.ToString(), _actor?.GetType(), $"now watched by {watcher}"));
        }
    }

    private void RemoveWatcher(ActorRefBase watchee, ActorRefBase watcher)
    {
        switch (_watchedBy)
        {
            case HashSet<IActorRef> set:
                set.Remove(watcher);
                break;
            case IActorRef one when one.Equals(watcher):
                _watchedBy = null;
                break;
        }

        if (SystemImpl.Settings.DebugLifecycle)
        {
            Publish(new Debug(LocalRef.Path.ToString(), _actor?.GetType(), $"no longer watched by {watcher}"));
        }
    }

    private void TellWatchersWeDied()
    {
        var watchedBy = _watchedBy;
        _watchedBy = null;
        switch (watchedBy)
        {
            case HashSet<IActorRef> set:
                foreach (var watcher in set)
                {
                    TellWatcher(watcher);
                }

                break;
            case IActorRef one:
                TellWatcher(one);
                break;
        }
    }

    private void TellWatcher(IActorRef watcher)
    {
        // The parent has been told as the parent.
        if (!ParentRef.Equals(watcher))
        {
            ((ActorRefBase)watcher).SendSystem(new DeathWatchNotification(LocalRef, existenceConfirmed: true));
        }
    }

    private void UnwatchAll()
    {
        if (_watching != null)
        {
            foreach (var watchee in _watching.Keys)
            {
                watchee.Base().SendSystem(new Unwatch(watchee.Base(), LocalRef));
            }
        }

        _watching = null;
        _terminatedQueued = null;
    }
}
