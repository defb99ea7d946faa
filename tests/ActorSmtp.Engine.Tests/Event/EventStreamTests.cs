using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Engine.Tests.Event;

/// <summary>Publishing to whom it may concern.</summary>
public sealed class EventStreamTests : PatientTestKit
{
    [Fact]
    public void A_subscriber_of_a_base_class_hears_its_subclasses()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Animal));

        Sys.EventStream.Publish(new Cat());

        ExpectMsg<Cat>();
    }

    [Fact]
    public void A_subscriber_of_an_interface_hears_what_has_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(IPurring));

        Sys.EventStream.Publish(new Cat());

        ExpectMsg<Cat>();
    }

    [Fact]
    public void Subscribing_twice_is_answered_no()
    {
        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(Animal)));
        Assert.False(Sys.EventStream.Subscribe(TestActor, typeof(Animal)));
    }

    [Fact]
    public void Who_has_unsubscribed_hears_nothing()
    {
        Sys.EventStream.Subscribe<Animal>(TestActor);
        Sys.EventStream.Publish(new Cat());
        ExpectMsg<Cat>();

        Sys.EventStream.Unsubscribe<Animal>(TestActor);
        Sys.EventStream.Publish(new Cat());

        ExpectNoMsg(100);
    }

    [Fact]
    public void A_subscriber_that_stops_is_taken_out()
    {
        var subscriber = Sys.ActorOf(Acts.Idle);
        Sys.EventStream.Subscribe(subscriber, typeof(Animal));
        Watch(subscriber);
        Sys.Stop(subscriber);
        ExpectTerminated(subscriber);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        AwaitAssert(() =>
        {
            Sys.EventStream.Publish(new Cat());
            var said = ReceiveOne(TimeSpan.FromMilliseconds(50));
            Assert.Null(said);
        });
    }

    /// <summary>A process ended by a stack overflow: each dead letter became another one of the subscriber that had stopped.</summary>
    [Fact]
    public void A_subscriber_of_dead_letters_that_has_stopped_makes_no_dead_letters_of_them()
    {
        var stopped = ActorOf(Akka.TestKit.TestActors.BlackHoleActor.Props);
        Watch(stopped);
        Sys.Stop(stopped);
        ExpectTerminated(stopped);
        Sys.EventStream.Subscribe(stopped, typeof(DeadLetter));
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        stopped.Tell("lost");

        Assert.Equal("lost", ExpectMsg<DeadLetter>().Message);
    }

    private interface IPurring;

    private class Animal;

    private sealed class Cat : Animal, IPurring;
}
