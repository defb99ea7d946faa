using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.TestActors;

namespace ActorSmtp.Engine.Tests;

/// <summary>Probes in place of an actor's neighbours.</summary>
public sealed class TestProbeTests : PatientTestKit
{
    [Fact]
    public void A_probe_gets_what_is_told_to_its_reference()
    {
        var probe = CreateTestProbe();
        var forwarder = Sys.ActorOf(ForwardActor.Props(probe.Ref));

        forwarder.Tell("q");

        probe.ExpectMsg("q");
        Assert.Equal(TestActor, probe.LastSender);
        Assert.Equal(TestActor, probe.Sender);
    }

    [Fact]
    public void A_probe_is_a_reference_itself()
    {
        var probe = CreateTestProbe();
        IActorRef reference = probe;

        reference.Tell("direct", TestActor);

        probe.ExpectMsg("direct");
        Assert.Equal(probe.Ref, reference);
    }

    [Fact]
    public void A_probe_given_as_sender_is_answered()
    {
        var probe = CreateTestProbe();
        var echo = Sys.ActorOf(SimpleEchoActor.Props());

        echo.Tell("x", probe);

        probe.ExpectMsg("x");
    }

    [Fact]
    public void A_reply_comes_from_the_probe()
    {
        var probe = CreateTestProbe();
        probe.Ref.Tell("q");
        probe.ExpectMsg("q");

        probe.Reply("r");

        ExpectMsg("r");
        Assert.Equal(probe.Ref, LastSender);
    }

    [Fact]
    public void A_forwarded_message_keeps_its_sender()
    {
        var first = CreateTestProbe();
        var second = CreateTestProbe();
        first.Ref.Tell("q");
        first.ExpectMsg("q");

        first.Forward(second.Ref);

        second.ExpectMsgFrom(TestActor, "q");
    }

    [Fact]
    public void What_a_probe_sends_comes_from_the_probe()
    {
        var probe = CreateTestProbe();
        var echo = Sys.ActorOf(SimpleEchoActor.Props());

        probe.Send(echo, "s");

        probe.ExpectMsg("s");
    }

    [Fact]
    public void A_probe_watches()
    {
        var probe = CreateTestProbe();
        var actor = Sys.ActorOf(BlackHoleActor.Props);
        probe.Watch(actor);

        Sys.Stop(actor);

        probe.ExpectTerminated(actor);
    }

    [Fact]
    public void A_probe_can_be_watched()
    {
        var probe = CreateTestProbe();
        Watch(probe);

        Sys.Stop(probe.Ref);

        ExpectTerminated(probe);
    }

    [Fact]
    public void A_probes_name_begins_as_told() => Assert.StartsWith("prb", CreateTestProbe("prb").Ref.Path.Name);

    [Fact]
    public void An_auto_pilot_answers_before_the_probe_is_asked()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, _) =>
        {
            sender.Tell("auto", probe.Ref);
            return AutoPilot.KeepRunning;
        }));

        probe.Ref.Tell("x");

        ExpectMsg("auto");
        probe.ExpectMsg("x");
    }

    [Fact]
    public void An_auto_pilot_ends_when_it_says_so()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, _) =>
        {
            sender.Tell("auto", probe.Ref);
            return AutoPilot.NoAutoPilot;
        }));

        probe.Ref.Tell("last");
        ExpectMsg("auto");
        probe.Ref.Tell("y");

        ExpectNoMsg(150);
    }

    [Fact]
    public void A_child_of_the_test_actor_has_it_as_parent()
    {
        var child = ChildActorOf(Props.Create(() => new TellsItsParent()));

        child.Tell("go");

        ExpectMsgFrom(child, "up");
    }

#if ACTOR_ENGINE_EMBEDDED // Akka 1.5.30 takes the strategy, but its test actor throws where it should apply it
    [Fact]
    public void A_child_of_the_test_actor_is_supervised_as_told()
    {
        var child = ChildActorOf(Props.Create(() => new TellsItsParent()), new OneForOneStrategy(_ => Directive.Stop));
        Watch(child);

        EventFilter.Exception<FormatException>().Mute(() =>
        {
            child.Tell("fail");
            ExpectTerminated(child);
        });
    }
#endif

    private sealed class TellsItsParent : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "fail")
                throw new FormatException();
            Context.Parent.Tell("up");
        }
    }
}
