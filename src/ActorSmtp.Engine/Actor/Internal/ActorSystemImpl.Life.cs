using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>Start and end of a system: guardians, loggers, extensions; at the end /user, /system, scheduler, callbacks in reverse order.</summary>
internal sealed partial class ActorSystemImpl
{
    private readonly TaskCompletionSource _terminated;
    private readonly Stack<Action> _onTermination = new();
    private volatile bool _ended;

    public override Task WhenTerminated => _terminated.Task;

    /// <summary>The end has begun: no more actors are made.</summary>
    internal bool IsTerminating => _ended;

    internal void Start()
    {
        UserGuardian.Start();
        SystemGuardianRef.Start();
        try
        {
            EventStream.StartUnsubscriber(this);
            EventStream.StartLoggers(this);
            if (Settings.LogDeadLetters > 0)
            {
                SystemActorOf(Props.Create<DeadLetterListener>().WithDispatcher(Dispatch.Dispatchers.InternalDispatcherId), "deadLetterListener");
            }

            LoadExtensions();
            if (Settings.LogConfigOnStart)
            {
                Log.Info("{0}", Settings);
            }
        }
        catch
        {
            FinalTerminate();
            throw;
        }
    }

    public override Task Terminate()
    {
        if (Settings.CoordinatedShutdownRunByActorSystemTerminate)
        {
            CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        }
        else
        {
            FinalTerminate();
        }

        return WhenTerminated;
    }

    public override void Abort() => FinalTerminate();

    public override void RegisterOnTermination(Action code)
    {
        lock (_onTermination)
        {
            if (_ended)
            {
                throw new Dispatch.RejectedExecutionException("ActorSystem already terminated.");
            }

            _onTermination.Push(code);
        }
    }

    /// <summary>Ends the actors, from /user on. Stands for Akka's method of that name.</summary>
    internal void FinalTerminate()
    {
        if (!Settings.LogDeadLettersDuringShutdown && SystemGuardianRef.GetSingleChild("deadLetterListener") is LocalActorRef listener)
        {
            listener.Stop();
        }

        UserGuardian.Stop();
    }

    /// <summary>The root hears that a guardian is gone; /system goes after /user.</summary>
    internal void GuardianStopped(ActorRefBase guardian)
    {
        if (ReferenceEquals(guardian, SystemGuardianRef))
        {
            End();
        }
    }

    private void End()
    {
        Action[] callbacks;
        lock (_onTermination)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            callbacks = [.. _onTermination];
            _onTermination.Clear();
        }

        Wheel.Dispose();
        (Scheduler as IDisposable)?.Dispose();
        foreach (var callback in callbacks)
        {
            try
            {
                callback();
            }
            catch (Exception e)
            {
                EventStream.Publish(new Error(e, ToString(), GetType(), "A callback of RegisterOnTermination failed"));
            }
        }

        foreach (var extension in _extensions.Values)
        {
            if (extension.IsValueCreated)
            {
                (extension.Value as IDisposable)?.Dispose();
            }
        }

        _terminated.TrySetResult();

        // This runs on a thread of one of them: only what is not yet begun is refused.
        Dispatchers.Shutdown();
    }

    private void LoadExtensions()
    {
        foreach (var name in Settings.Config.GetStringList("akka.extensions"))
        {
            RegisterExtension(TypeNames.CreateInstance<IExtensionId>(name, "akka.extensions"));
        }
    }
}
