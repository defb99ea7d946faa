namespace Akka.Actor;

/// <summary>
/// Stands for <c>AkkaException</c> and the exceptions of Akka.Actor below. Left out: the binary serialization
/// constructors, which .NET itself has retired.
/// </summary>
public abstract class AkkaException : Exception
{
    protected AkkaException()
    {
    }

    protected AkkaException(string message, Exception cause = null)
        : base(message, cause)
    {
    }

    /// <summary>The exception behind this one, or null.</summary>
    protected Exception Cause => InnerException;
}

/// <summary>A name that no actor can have, or that a live sibling has already.</summary>
public class InvalidActorNameException : AkkaException
{
    public InvalidActorNameException(string message)
        : base(message)
    {
    }

    public InvalidActorNameException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A message that cannot be sent: null.</summary>
public class InvalidMessageException : AkkaException
{
    public InvalidMessageException()
        : this("Message is null.")
    {
    }

    public InvalidMessageException(string message)
        : base(message)
    {
    }
}

/// <summary>No answer to an Ask came in time.</summary>
public class AskTimeoutException : AkkaException
{
    public AskTimeoutException(string message)
        : base(message)
    {
    }
}

/// <summary>A selection did not resolve to a live actor.</summary>
public class ActorNotFoundException : AkkaException
{
    public ActorNotFoundException()
    {
    }

    public ActorNotFoundException(string message, Exception innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>Thrown inside an actor that was sent <see cref="Kill"/>.</summary>
public class ActorKilledException : AkkaException
{
    public ActorKilledException()
    {
    }

    public ActorKilledException(string message)
        : base(message)
    {
    }
}

/// <summary>The actor could not be made or started; the supervisor stops it by default.</summary>
public class ActorInitializationException : AkkaException
{
    public ActorInitializationException()
    {
    }

    public ActorInitializationException(string message)
        : base(message)
    {
    }

    public ActorInitializationException(string message, Exception cause)
        : base(message, cause)
    {
    }

    public ActorInitializationException(IActorRef actor, string message, Exception cause = null)
        : base(message, cause)
    {
        Actor = actor;
    }

    /// <summary>The actor that failed to start, or null.</summary>
    public IActorRef Actor { get; set; }

    public override string ToString() => Actor == null ? base.ToString() : Actor + ": " + base.ToString();
}

/// <summary>PreRestart of the old instance failed.</summary>
public class PreRestartException : ActorInitializationException
{
    public PreRestartException(IActorRef actor, Exception restartException, Exception cause, object optionalMessage)
        : base(actor, $"Exception in PreRestart(exception={(restartException == null ? "null" : restartException.GetType().FullName)}, "
            + $"message={(optionalMessage == null ? "null" : optionalMessage.GetType().FullName)})", cause)
    {
        RestartException = restartException;
        OptionalMessage = optionalMessage;
    }

    /// <summary>What the restart was about.</summary>
    public Exception RestartException { get; }

    /// <summary>The message that was being handled when the actor failed, or null.</summary>
    public object OptionalMessage { get; }
}

/// <summary>The constructor or PostRestart of the new instance failed.</summary>
public class PostRestartException : ActorInitializationException
{
    public PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
        : base(actor, $"Exception post restart ({(originalCause == null ? "null" : originalCause.GetType().ToString())})", cause)
    {
        OriginalCause = originalCause;
    }

    /// <summary>What the restart was about.</summary>
    public Exception OriginalCause { get; }
}

/// <summary>A watched actor died and the watcher did not handle <see cref="Terminated"/>.</summary>
public class DeathPactException : AkkaException
{
    public DeathPactException(IActorRef deadActor)
        : base("Monitored actor [" + deadActor + "] terminated")
    {
        DeadActor = deadActor;
    }

    public IActorRef DeadActor { get; }
}

/// <summary>The actor was used in a state that does not allow it, as stashing one message twice.</summary>
public class IllegalActorStateException : AkkaException
{
    public IllegalActorStateException(string message)
        : base(message)
    {
    }
}

/// <summary>The stash is full.</summary>
public class StashOverflowException : AkkaException
{
    public StashOverflowException(string message, Exception cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>The scheduler was asked for something after its end.</summary>
public sealed class SchedulerException : AkkaException
{
    public SchedulerException(string message)
        : base(message)
    {
    }
}

/// <summary>A logger did not answer <c>InitializeLogger</c>.</summary>
public class LoggerInitializationException : AkkaException
{
    public LoggerInitializationException()
    {
    }

    public LoggerInitializationException(string message)
        : base(message)
    {
    }

    public LoggerInitializationException(string message, Exception cause = null)
        : base(message, cause)
    {
    }
}
