using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// The logger of a kit's system: prints what no event filter waits for. Dead letters and unhandled messages are shown to the
/// filters as warnings, and never printed here: the engine's own listener logs them. Stands for Akka.TestKit.TestEventListener.
/// </summary>
public class TestEventListener : DefaultLogger
{
    private readonly List<MutedEvents> _muted = [];

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger m:
                foreach (var type in new[] { typeof(MutedEvents.Begin), typeof(MutedEvents.End), typeof(DeadLetter), typeof(UnhandledMessage) })
                    m.LoggingBus.Subscribe(Self, type);
                Sender.Tell(new LoggerInitialized());
                return true;
            case MutedEvents.Begin m:
                _muted.Add(m.Events);
                return true;
            case MutedEvents.End m:
                _muted.Remove(m.Events);
                return true;
            case LogEvent e:
                if (!IsKept(e))
                    Print(e);
                return true;
            case DeadLetter letter:
                IsKept(AsWarning(letter, letter));
                return true;
            case UnhandledMessage unhandled:
                IsKept(AsWarning(unhandled, $"Unhandled message from {unhandled.Sender}: {unhandled.Message}"));
                return true;
            default:
                return false;
        }
    }

    private static Warning AsWarning(AllDeadLetters letter, object message) =>
        new(letter.Recipient.Path.ToString(), letter.Recipient.GetType(), message);

    private bool IsKept(LogEvent e)
    {
        foreach (var events in _muted)
        {
            if (events.Keep(e))
                return true;
        }
        return false;
    }
}
