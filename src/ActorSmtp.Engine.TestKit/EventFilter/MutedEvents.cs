using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>
/// Some events the test knows of: <see cref="TestEventListener"/> puts them here in place of printing them, from
/// <see cref="Begin"/> to <see cref="End"/>, both published on the event stream.
/// </summary>
internal sealed class MutedEvents(IReadOnlyList<LogMatcher> matchers)
{
    /// <summary>Keep these events from now on.</summary>
    internal sealed record Begin(MutedEvents Events) : INoSerializationVerificationNeeded;

    /// <summary>Print these events again.</summary>
    internal sealed record End(MutedEvents Events) : INoSerializationVerificationNeeded;

    /// <summary>What came, in the order it came.</summary>
    public ReceivedMessages Matched { get; } = new();

    /// <summary>Keeps the event and says so, or says that it is not one of these.</summary>
    public bool Keep(LogEvent e)
    {
        if (!matchers.Any(m => m.Fits(e)))
            return false;
        Matched.Add(new RealMessageEnvelope(e, ActorRefs.NoSender));
        return true;
    }
}
