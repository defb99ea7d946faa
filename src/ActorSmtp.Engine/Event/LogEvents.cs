using Akka.Actor;

namespace Akka.Event;

/// <summary>Stands for Akka's <c>LogLevel</c>.</summary>
public enum LogLevel
{
    DebugLevel,
    InfoLevel,
    WarningLevel,
    ErrorLevel,
}

/// <summary>Stands for Akka's <c>LogEvent</c>: a line of the log before it is written. The text is made when it is read.</summary>
public abstract class LogEvent : INoSerializationVerificationNeeded
{
    protected LogEvent()
    {
        Timestamp = Clock.GetUtcNow().UtcDateTime;
        Thread = Thread.CurrentThread;
    }

    public DateTime Timestamp { get; }

    public Thread Thread { get; }

    /// <summary>The path of the actor, or the source given.</summary>
    public string LogSource { get; protected set; }

    public Type LogClass { get; protected set; }

    public object Message { get; protected set; }

    public Exception Cause { get; protected set; }

    // The clock of the system whose actor logs, so that a virtual one shows in its log.
    private static TimeProvider Clock =>
        Actor.Internal.InternalCurrentActorCellKeeper.Current?.SystemImpl.Environment.Time ?? TimeProvider.System;

    public abstract LogLevel LogLevel();

    public override string ToString()
    {
        var head = $"[{LogLevel().PrettyNameFor()}][{Timestamp:MM/dd/yyyy HH:mm:ss.fffzzz}][Thread {Thread.ManagedThreadId:0000}][{LogSource}] {Message}";
        return Cause == null ? head : $"{head}{Environment.NewLine}Cause: {Cause}";
    }
}

/// <summary>Stands for Akka's <c>Debug</c>.</summary>
public class Debug : LogEvent
{
    public Debug(string logSource, Type logClass, object message)
        : this(null, logSource, logClass, message)
    {
    }

    public Debug(Exception cause, string logSource, Type logClass, object message)
    {
        (Cause, LogSource, LogClass, Message) = (cause, logSource, logClass, message);
    }

    public override LogLevel LogLevel() => Event.LogLevel.DebugLevel;
}

/// <summary>Stands for Akka's <c>Info</c>.</summary>
public class Info : LogEvent
{
    public Info(string logSource, Type logClass, object message)
        : this(null, logSource, logClass, message)
    {
    }

    public Info(Exception cause, string logSource, Type logClass, object message)
    {
        (Cause, LogSource, LogClass, Message) = (cause, logSource, logClass, message);
    }

    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;
}

/// <summary>Stands for Akka's <c>Warning</c>.</summary>
public class Warning : LogEvent
{
    public Warning(string logSource, Type logClass, object message)
        : this(null, logSource, logClass, message)
    {
    }

    public Warning(Exception cause, string logSource, Type logClass, object message)
    {
        (Cause, LogSource, LogClass, Message) = (cause, logSource, logClass, message);
    }

    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;
}

/// <summary>Stands for Akka's <c>Error</c>.</summary>
public class Error : LogEvent
{
    public Error(Exception cause, string logSource, Type logClass, object message)
    {
        (Cause, LogSource, LogClass, Message) = (cause, logSource, logClass, message);
    }

    public override LogLevel LogLevel() => Event.LogLevel.ErrorLevel;
}
