using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message as the test actor got it, and who sent it. Stands for Akka.TestKit.MessageEnvelope, complete.</summary>
public abstract class MessageEnvelope
{
    /// <summary>The message; null in the envelope that stands for "nothing came".</summary>
    public abstract object Message { get; }

    /// <summary>The sender; <see cref="ActorRefs.NoSender"/> in the envelope that stands for "nothing came".</summary>
    public abstract IActorRef Sender { get; }
}

/// <summary>No message was received.</summary>
public sealed class NullMessageEnvelope : MessageEnvelope
{
    /// <summary>The only one there is.</summary>
    public static readonly NullMessageEnvelope Instance = new();

    private NullMessageEnvelope()
    {
    }

    /// <inheritdoc/>
    public override object Message => null;

    /// <inheritdoc/>
    public override IActorRef Sender => ActorRefs.NoSender;

    /// <inheritdoc/>
    public override string ToString() => "<no message>";
}

/// <summary>A message that was received.</summary>
public class RealMessageEnvelope : MessageEnvelope
{
    /// <summary>Keeps <paramref name="message"/> together with its sender.</summary>
    public RealMessageEnvelope(object message, IActorRef sender)
    {
        Message = message;
        Sender = sender;
    }

    /// <inheritdoc/>
    public override object Message { get; }

    /// <inheritdoc/>
    public override IActorRef Sender { get; }

    /// <inheritdoc/>
    public override string ToString() => $"<{Message ?? "null"} from {Sender?.ToString() ?? "no sender"}>";
}
