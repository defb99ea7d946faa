using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>The children of an actor: making, finding, stopping, and what is waited for until they are all gone.</summary>
internal sealed partial class ActorCell
{
    private Children _children;

    /// <summary>How often this actor has failed, kept here for its supervisor.</summary>
    internal RestartStats Restarts { get; set; }

    public IActorRef ActorOf(Props props, string name = null) => MakeChild(props, name, null);

    internal LocalActorRef MakeChild(Props props, string name, MessageDispatcher dispatcher)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name != null && !ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException(name.Length == 0
                ? "Actor name must not be empty."
                : $"Illegal actor name [{name}]. Actor paths MUST: not start with `$`, include only ASCII letters and can only "
                    + "contain these special characters: -_.*$+:@&=,!~';().");
        }

        return Attach(props, name, dispatcher);
    }

    public IActorRef Child(string name) => GetSingleChild(name);

    public IEnumerable<IActorRef> GetChildren() => _children?.Snapshot() ?? [];

    public void Stop(IActorRef child)
    {
        var actor = child.Base();
        if (actor is LocalActorRef local)
        {
            _children?.ShallDie(local);
        }

        actor.Stop();
    }

    /// <summary>Any thread.</summary>
    internal ActorRefBase GetSingleChild(string name) => (ActorRefBase)_children?.Find(name) ?? Nobody.Instance;

    /// <summary>Any thread.</summary>
    internal LocalActorRef[] ChildRefs() => _children?.Snapshot() ?? [];

    /// <summary>For onlookers. Any thread.</summary>
    internal IReadOnlyCollection<IActorRef> ChildrenInView => _children is { } children ? children : [];

    internal void StopAllChildren()
    {
        foreach (var child in ChildRefs())
        {
            Unwatch(child);
            Stop(child);
        }
    }

    private LocalActorRef Attach(Props props, string name, MessageDispatcher dispatcher)
    {
        var children = _children;
        if (children == null)
        {
            children = new Children();
            children = Interlocked.CompareExchange(ref _children, children, null) ?? children;
        }

        if (IsTerminated || SystemImpl.IsTerminating)
        {
            ThrowStopped();
        }

        var path = new ChildActorPath(LocalRef.Path, name ?? children.NewName(), SystemImpl.NewUid());
        var child = SystemImpl.NewLocalRef(props, path, LocalRef, dispatcher);
        switch (children.TryAdd(child))
        {
            case Children.Added.DuplicateName:
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            case Children.Added.Terminating:
                ThrowStopped();
                break;
        }

        child.Start();
        return child;
    }

    private void ThrowStopped() => throw new InvalidOperationException(
        $"Cannot create child while terminating or terminated: [{LocalRef.Path}]");

    private void HandleChildTerminated(LocalActorRef child)
    {
        var reason = _children.Remove(child);
        try
        {
            _actor?.Strategy.HandleChildTerminated(child);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }

        switch (reason)
        {
            case WaitReason.Recreation: FinishRecreate(_children.TakeCause(), _actor); break;
            case WaitReason.Creation: FinishCreate(); break;
            case WaitReason.Termination: FinishTerminate(); break;
        }
    }

    /// <summary>False when there is no child to wait for.</summary>
    private bool WaitForChildren(WaitReason reason, Exception cause = null) => _children != null && _children.Wait(reason, cause);

    private void SuspendChildren(IReadOnlyCollection<LocalActorRef> except = null)
    {
        foreach (var child in ChildRefs())
        {
            if (except == null || !except.Contains(child))
            {
                child.Suspend();
            }
        }
    }

    private void ResumeChildren(Exception cause, ActorRefBase perpetrator)
    {
        foreach (var child in ChildRefs())
        {
            child.Resume(child.Equals(perpetrator) ? cause : null);
        }
    }
}
