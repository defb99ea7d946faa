using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Failing, suspending, resuming, starting anew and stopping: the order of hooks is the contract. A failing actor suspends itself and its children
/// and reports to its parent; nothing but system messages runs until the parent has judged.
/// </summary>
internal sealed partial class ActorCell
{
    /// <summary>Who failed: this actor or the child whose failure it passed on; null when all is well.</summary>
    private ActorRefBase _perpetrator;

    /// <summary>What was being handled when this actor itself failed; for PreRestart.</summary>
    private object _failedMessage;
    private bool _terminated;

    /// <summary>Terminate has begun; no failure is reported and no user message handled any more.</summary>
    private bool _stopping;

    internal bool IsTerminated => Volatile.Read(ref _terminated);

    private bool IsFailed => _perpetrator != null;

    private bool IsTerminating => _children is { IsTerminating: true } || _stopping;

    private void HandleInvokeFailure(Exception cause, IReadOnlyCollection<LocalActorRef> childrenNotToSuspend = null)
    {
        if (IsFailed || _stopping)
        {
            if (_stopping)
            {
                Publish(new Error(cause, LocalRef.Path.ToString(), _actor?.GetType(), cause.Message));
            }

            return;
        }

        try
        {
            Mailbox.Suspend();
            IReadOnlyCollection<LocalActorRef> except = childrenNotToSuspend;
            if (CurrentMessage is Failed { Child: LocalActorRef failedChild })
            {
                _perpetrator = failedChild;
                except = [.. childrenNotToSuspend ?? [], failedChild];
            }
            else
            {
                _perpetrator = LocalRef;
                _failedMessage = CurrentMessage;
            }

            SuspendChildren(except);
            ParentRef.SendSystem(new Failed(LocalRef, cause, LocalRef.Path.Uid));
        }
        catch (Exception e)
        {
            Publish(new Error(e, LocalRef.Path.ToString(), _actor?.GetType(),
                $"Emergency stop: exception in failure handling for {cause.GetType()} {cause}"));
            foreach (var child in ChildRefs())
            {
                child.Stop();
            }

            FinishTerminate();
        }
    }

    private void HandleFailed(Failed failed)
    {
        CurrentMessage = failed;
        _sender = failed.Child;
        if (failed.Child is not LocalActorRef child || _children == null || !_children.Contains(child) || child.Path.Uid != failed.Uid)
        {
            return; // an old incarnation, or gone meanwhile
        }

        if (_actor == null || !EffectiveStrategy.HandleFailure(this, child, failed.Cause))
        {
            throw failed.Cause;
        }
    }

    private SupervisorStrategy EffectiveStrategy => Props.SupervisorStrategy ?? _actor.Strategy;

    private void FaultSuspend()
    {
        Mailbox.Suspend();
        SuspendChildren();
    }

    private void FaultResume(Exception causedByFailure)
    {
        if (_actor == null)
        {
            Publish(new Error(null, LocalRef.Path.ToString(), null, $"Changing Resume into Create after {causedByFailure}"));
            FaultCreate();
        }
        else if (_actor.IsCleared && causedByFailure != null)
        {
            Publish(new Error(null, LocalRef.Path.ToString(), _actor.GetType(), $"Changing Resume into Restart after {causedByFailure}"));
            LocalRef.Restart(causedByFailure);
        }
        else
        {
            var perpetrator = _perpetrator;
            try
            {
                Mailbox.Resume();
            }
            finally
            {
                if (causedByFailure != null)
                {
                    _perpetrator = null;
                }
            }

            ResumeChildren(causedByFailure, perpetrator);
        }
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor == null)
        {
            Publish(new Error(null, LocalRef.Path.ToString(), null, $"Changing Recreate into Create after {cause}"));
            FaultCreate();
            return;
        }

        if (_children is { IsWaiting: true } || _stopping)
        {
            FaultResume(null); // already on its way
            return;
        }

        var failed = _actor;
        if (SystemImpl.Settings.DebugLifecycle)
        {
            Publish(new Debug(LocalRef.Path.ToString(), failed.GetType(), "restarting"));
        }

        if (!failed.IsCleared)
        {
            var message = _failedMessage;
            BeforeActorEnds();
            try
            {
                failed.AroundPreRestart(cause, message);
            }
            catch (Exception e)
            {
                var failure = new PreRestartException(LocalRef, e, cause, message);
                Publish(new Error(failure, LocalRef.Path.ToString(), failed.GetType(), e.Message));
            }
            finally
            {
                ClearActor(failed);
            }
        }

        _failedMessage = null;
        if (!WaitForChildren(WaitReason.Recreation, cause))
        {
            FinishRecreate(cause, failed);
        }
    }

    private void FinishRecreate(Exception cause, ActorBase failed)
    {
        var survivors = ChildRefs();
        try
        {
            try
            {
                Mailbox.Resume();
            }
            finally
            {
                _perpetrator = null;
            }

            var fresh = NewActor();
            _actor = fresh;
            fresh.AroundPostRestart(cause, null);
            if (SystemImpl.Settings.DebugLifecycle)
            {
                Publish(new Debug(LocalRef.Path.ToString(), fresh.GetType(), $"Restarted ({fresh})"));
            }

            StartReceiveTimeout();
            foreach (var child in survivors)
            {
                child.Restart(cause);
            }
        }
        catch (Exception e)
        {
            ClearActor(_actor); // so that PreRestart does not run again
            HandleInvokeFailure(new PostRestartException(LocalRef, e, cause), survivors);
        }
    }

    /// <summary>A restart of an actor that never came to be: create it, once old children are gone.</summary>
    private void FaultCreate()
    {
        CancelReceiveTimeout();
        StopAllChildren();
        if (!WaitForChildren(WaitReason.Creation))
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        try
        {
            Mailbox.Resume();
        }
        finally
        {
            _perpetrator = null;
        }

        try
        {
            CreateActor();
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
    }

    private void Terminate()
    {
        CancelReceiveTimeout();
        _patience = null;
        UnwatchAll();
        foreach (var child in _children?.AllShallDie() ?? [])
        {
            child.Stop();
        }

        if (!WaitForChildren(WaitReason.Termination))
        {
            _stopping = true;
            FinishTerminate();
        }
        else if (!_stopping)
        {
            // No user messages while the children stop, and no failure is reported any more.
            _stopping = true;
            Mailbox.Suspend();
            _perpetrator = LocalRef;
            if (SystemImpl.Settings.DebugLifecycle)
            {
                Publish(new Debug(LocalRef.Path.ToString(), _actor?.GetType(), "stopping"));
            }
        }
    }

    private void FinishTerminate()
    {
        if (_terminated)
        {
            return;
        }

        var actor = _actor;
        BeforeActorEnds();
        try
        {
            if (actor is { IsCleared: false })
            {
                actor.AroundPostStop();
            }
        }
        catch (Exception e)
        {
            Publish(new Error(e, LocalRef.Path.ToString(), actor.GetType(), e.Message));
        }

        ClearActor(actor);
        Volatile.Write(ref _terminated, true);
        Mailbox.CleanUp();
        ParentRef.SendSystem(new DeathWatchNotification(LocalRef, existenceConfirmed: true));
        TellWatchersWeDied();
        UnwatchAll();
        if (SystemImpl.Settings.DebugLifecycle)
        {
            Publish(new Debug(LocalRef.Path.ToString(), actor?.GetType(), "stopped"));
        }

        Mailbox.Dispatcher.ActorStopped();
        _actor = null;
        _behavior = InitialBehavior;
        _behaviors = null;
        Props = SystemImpl.TerminatedProps;
    }
}
