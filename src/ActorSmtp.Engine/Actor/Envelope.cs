namespace Akka.Actor;

/// <summary>Stands for Akka's <c>Envelope</c>: a message with its sender, as it lies in a mailbox or a stash.</summary>
public readonly struct Envelope
{
    /// <summary>A null sender becomes dead letters of <paramref name="system"/>.</summary>
    public Envelope(object message, IActorRef sender, ActorSystem system)
    {
        Message = message;
        Sender = sender ?? system.DeadLetters;
    }

    public Envelope(object message, IActorRef sender)
    {
        Message = message;
        Sender = sender;
    }

    public object Message { get; }

    public IActorRef Sender { get; }

    public override string ToString() => "<" + (Message ?? "null") + "> from " + (Sender == null ? "NoSender" : Sender.ToString());
}
