using Akka.Actor;

namespace Akka.TestKit.TestActors;

/// <summary>Tells the kit's test actor, and unless told otherwise the sender, what it gets. Stands for the Akka actor of the name.</summary>
public class EchoActor : ReceiveActor
{
    /// <summary>An echo to the kit, and to the sender as well.</summary>
    public EchoActor(TestKitBase testkit, bool echoBackToSenderAsWell = true) => ReceiveAny(message =>
    {
        var testActor = testkit.TestActor;
        if (echoBackToSenderAsWell && !Sender.Equals(testActor))
            Sender.Forward(message);
        testActor.Tell(message, Sender);
    });

    /// <summary>How to make one.</summary>
    public static Props Props(TestKitBase testkit, bool echoBackToSenderAsWell = true) =>
        Akka.Actor.Props.Create(() => new EchoActor(testkit, echoBackToSenderAsWell));
}

/// <summary>Tells the sender what it got. Stands for the Akka actor of the name.</summary>
public class SimpleEchoActor : ReceiveActor
{
    /// <summary>An echo to the sender.</summary>
    public SimpleEchoActor() => ReceiveAny(message => Sender.Tell(message, Self));

    /// <summary>How to make one.</summary>
    public static Props Props() => Akka.Actor.Props.Create(() => new SimpleEchoActor());
}

/// <summary>Takes everything and says nothing. Stands for the Akka actor of the name.</summary>
public class BlackHoleActor : ActorBase
{
    /// <summary>How to make one.</summary>
    public static Props Props => Akka.Actor.Props.Create(() => new BlackHoleActor());

    /// <inheritdoc/>
    protected override bool Receive(object message) => true;
}

/// <summary>Passes on what it gets, from the sender. Stands for the Akka actor of the name.</summary>
public class ForwardActor : ReceiveActor
{
    /// <summary>Passes on to <paramref name="target"/>.</summary>
    public ForwardActor(IActorRef target) => ReceiveAny(message => target.Forward(message));

    /// <summary>How to make one.</summary>
    public static Props Props(IActorRef target) => Akka.Actor.Props.Create(() => new ForwardActor(target));
}
