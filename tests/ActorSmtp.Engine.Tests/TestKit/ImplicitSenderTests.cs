using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.TestActors;
using Akka.TestKit.Xunit2;

namespace ActorSmtp.Engine.Tests;

/// <summary>Who sends what a test tells.</summary>
public sealed class ImplicitSenderTests : PatientTestKit
{
    [Fact]
    public void The_test_actor_sends_what_the_test_tells()
    {
        var echo = Sys.ActorOf(SimpleEchoActor.Props());

        echo.Tell("x");

        ExpectMsgFrom(echo, "x");
    }

    [Fact]
    public async Task The_test_actor_sends_what_the_test_tells_after_an_await()
    {
        await Task.Delay(20);
        var echo = Sys.ActorOf(SimpleEchoActor.Props());

        echo.Tell("x");

        ExpectMsg("x");
    }

    [Fact]
    public async Task The_test_actor_sends_what_the_test_tells_after_awaiting_an_expectation()
    {
        var echo = Sys.ActorOf(SimpleEchoActor.Props());
        await ExpectNoMsgAsync(20);

        echo.Tell("x");

        await ExpectMsgAsync("x");
    }

    [Fact]
    public void An_actor_can_be_described_in_place()
    {
        var shout = ActorOf(dsl => dsl.Receive<string>((text, context) => context.Sender.Tell(text + "!")));

        shout.Tell("x");

        ExpectMsg("x!");
    }

    [Fact]
    public void A_latch_opens_after_its_counts()
    {
        var latch = CreateTestLatch(2);

        _ = Task.Run(() =>
        {
            latch.CountDown();
            latch.CountDown();
        });

        latch.Ready(TimeSpan.FromSeconds(30));
        Assert.True(latch.IsOpen);
    }

    [Fact]
    public void A_latch_that_stays_closed_fails()
    {
        var latch = CreateTestLatch(2);
        latch.CountDown();

        Assert.Throws<TimeoutException>(() => latch.Ready(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task A_barrier_lets_all_go_on_together()
    {
        var barrier = CreateTestBarrier(2);

        var other = Task.Run(barrier.Await);
        barrier.Await();

        await other;
    }
}

/// <summary>A test class that wants no implicit sender.</summary>
public sealed class NoImplicitSenderTests : TestKit, INoImplicitSender
{
    [Fact]
    public void Nobody_sends_what_the_test_tells()
    {
        TestActor.Tell("x");

        ExpectMsg("x");
        Assert.Equal(Sys.DeadLetters, LastSender);
    }
}
