using Akka.Actor;

namespace Akka.Event;

/// <summary>Asks a logger to begin; it answers <see cref="LoggerInitialized"/>.</summary>
public class InitializeLogger : INoSerializationVerificationNeeded
{
    public InitializeLogger(LoggingBus loggingBus)
    {
        LoggingBus = loggingBus;
    }

    public LoggingBus LoggingBus { get; }
}

/// <summary>A logger's answer: it has begun.</summary>
public class LoggerInitialized : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
}

/// <summary>Stands for Akka's <c>DefaultLogger</c>: an actor that writes lines to standard output.</summary>
public class DefaultLogger : ActorBase, Dispatch.IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent logEvent:
                Print(logEvent);
                return true;
            default:
                return false;
        }
    }

    protected virtual void Print(LogEvent logEvent) => StandardOutLogger.Write(logEvent);
}

/// <summary>Stands for Akka's <c>MinimalLogger</c>: a logger that is no actor and works when none can.</summary>
public abstract class MinimalLogger : MinimalActorRef
{
    protected MinimalLogger()
    {
    }

    public sealed override ActorPath Path { get; } = new RootActorPath(new Address("akka", "all-systems")) / "/StandardOutLogger";

    protected sealed override void TellInternal(object message, IActorRef sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Log(message);
    }

    protected abstract void Log(object message);
}

/// <summary>Stands for Akka's <c>StandardOutLogger</c>. Left out: colours.</summary>
public class StandardOutLogger : MinimalLogger
{
    protected override void Log(object message)
    {
        if (message is LogEvent logEvent)
        {
            Write(logEvent);
        }
        else
        {
            Console.WriteLine(message);
        }
    }

    internal static void Write(LogEvent logEvent) => Console.WriteLine(logEvent);
}

/// <summary>
/// Logs dead letters at INFO, as <c>akka.log-dead-letters</c> says: all, none, or so many and then a pause. Stands for Akka's class of that name
/// (public there).
/// </summary>
internal sealed class DeadLetterListener : ActorBase
{
    private readonly EventStream _stream = Context.System.EventStream;
    private readonly int _atMost = Context.System.Settings.LogDeadLetters;
    private readonly TimeSpan _pause = Context.System.Settings.LogDeadLettersSuspendDuration;
    private readonly TimeProvider _time = ((Actor.Internal.ActorSystemImpl)Context.System).Environment.Time;
    private int _count;
    private DateTimeOffset _silentUntil;

    protected override void PreStart()
    {
        _stream.Subscribe(Self, typeof(DeadLetter));
        _stream.Subscribe(Self, typeof(Dropped));
        _stream.Subscribe(Self, typeof(UnhandledMessage));
    }

    protected override void PostStop() => _stream.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        if (message is not AllDeadLetters letter)
        {
            return false;
        }

        if (_silentUntil != default)
        {
            if (_time.GetUtcNow() < _silentUntil)
            {
                return true;
            }

            _silentUntil = default;
            _count = 0;
        }

        // Counts up to int.MaxValue and stays there when all are wanted.
        _count += _count == int.MaxValue ? 0 : 1;
        var last = _atMost != int.MaxValue && _count >= _atMost;
        if (last)
        {
            _silentUntil = _pause == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : _time.GetUtcNow() + _pause;
        }

        Publish(letter, !last ? ""
            : _pause == Timeout.InfiniteTimeSpan ? ", no more dead letters will be logged" : $", no more dead letters will be logged in next [{_pause}]");
        return true;
    }

    private void Publish(AllDeadLetters letter, string end)
    {
        const string HowToSilence = ". This logging can be turned off or adjusted with configuration settings "
            + "'akka.log-dead-letters' and 'akka.log-dead-letters-during-shutdown'.";
        var origin = letter.Sender is null || letter.Sender.Equals(Context.System.DeadLetters) ? "without sender" : $"from {letter.Sender}";
        var type = letter.Message.GetType().Name;
        var text = letter switch
        {
            Dropped dropped => $"Message [{type}] {origin} to {letter.Recipient} was dropped. {dropped.Reason}. [{_count}] dead letters encountered{end}",
            UnhandledMessage => $"Message [{type}] {origin} to {letter.Recipient} was unhandled. [{_count}] dead letters encountered{end}",
            _ => $"Message [{type}] {origin} to {letter.Recipient} was not delivered. [{_count}] dead letters encountered{end}. "
                + "If this is not an expected behavior then "
                + $"{letter.Recipient} may have terminated unexpectedly",
        };
        _stream.Publish(new Info(letter.Recipient.Path.ToString(), letter.Recipient.GetType(), text + HowToSilence));
    }
}
