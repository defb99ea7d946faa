using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Pattern;

namespace ActorSmtp.Engine.Tests.Pattern;

/// <summary>Children that come back after a pause.</summary>
public sealed class BackoffSupervisorTests : PatientTestKit
{
    private static readonly TimeSpan s_min = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_max = TimeSpan.FromSeconds(1);

    [Fact]
    public void Messages_go_through_to_the_child()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(Mortal, "child", s_min, s_max, 0.1, -1)));

        supervisor.Tell("x");

        ExpectMsg("x");
        Assert.Equal(supervisor.Path / "child", LastSender.Path);
    }

    [Fact]
    public void A_child_that_stops_comes_back()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(Mortal, "child", s_min, s_max, 0.1, -1)));

        supervisor.Tell("die");

        AwaitAssert(() =>
        {
            supervisor.Tell("there?");
            ExpectMsg("there?", TimeSpan.FromMilliseconds(100));
        });
    }

    [Fact]
    public void A_child_that_fails_comes_back_anew()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnFailure(Mortal, "child", s_min, s_max, 0.1, -1)));
        supervisor.Tell(BackoffSupervisor.GetCurrentChild.Instance);
        var before = ExpectMsg<BackoffSupervisor.CurrentChild>().Ref;

        EventFilter.Exception<Boom>().ExpectOne(() => supervisor.Tell("boom"));

        AwaitAssert(() =>
        {
            supervisor.Tell(BackoffSupervisor.GetCurrentChild.Instance);
            var now = ExpectMsg<BackoffSupervisor.CurrentChild>().Ref;
            Assert.False(now.IsNobody());
            Assert.NotEqual(before, now);
        });
    }

    [Fact]
    public void While_there_is_no_child_senders_may_be_answered()
    {
        var pause = TimeSpan.FromSeconds(30);
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(Mortal, "child", pause, pause, 0, -1).WithReplyWhileStopped("come back later")));

        supervisor.Tell("die");

        AwaitAssert(() =>
        {
            supervisor.Tell("there?");
            ExpectMsg("come back later", TimeSpan.FromMilliseconds(100));
        });
    }

    [Fact]
    public void A_supervisor_whose_child_has_come_back_often_enough_stops()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(Mortal, "child", s_min, s_max, 0.1, 1).WithManualReset()));
        Watch(supervisor);
        supervisor.Tell("die");
        AwaitAssert(() =>
        {
            supervisor.Tell("there?");
            ExpectMsg("there?", TimeSpan.FromMilliseconds(100));
        });

        supervisor.Tell("die");

        FishForMessage(m => m is Terminated);
    }

    private static Props Mortal => Acts.On((message, context) =>
    {
        switch (message)
        {
            case "die":
                context.Stop(context.Self);
                break;
            case "boom":
                throw new Boom();
            default:
                context.Sender.Tell(message, context.Self);
                break;
        }
    });
}
