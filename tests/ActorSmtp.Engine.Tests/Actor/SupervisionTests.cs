using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>What a parent decides when a child fails.</summary>
public sealed class SupervisionTests : PatientTestKit
{
    private readonly Journal _journal = new();

    [Fact]
    public void Resume_keeps_the_instance()
    {
        var child = ChildUnder(new OneForOneStrategy(_ => Directive.Resume));

        child.Tell("boom");
        child.Tell("next");

        AwaitAssert(() => Assert.Equal("ctor preStart got(next)", _journal.Text));
    }

    [Fact]
    public void Stop_stops_the_child()
    {
        var child = ChildUnder(new OneForOneStrategy(_ => Directive.Stop));
        Watch(child);

        child.Tell("boom");

        ExpectTerminated(child);
        Assert.Equal("ctor preStart postStop", _journal.Text);
    }

    [Fact]
    public void Escalate_fails_the_supervisor_itself()
    {
        var top = Sys.ActorOf(Nurse.With(new OneForOneStrategy(_ => Directive.Stop)));
        var middle = ChildOf(top, Nurse.With(new OneForOneStrategy(_ => Directive.Escalate)));
        var child = ChildOf(middle, Diarist.With(_journal));
        var watcher = CreateTestProbe();
        watcher.Watch(middle);

        child.Tell("boom");

        watcher.ExpectTerminated(middle);
        Assert.Equal("ctor preStart postStop", _journal.Text);
    }

    [Fact]
    public void Only_so_many_restarts_are_allowed()
    {
        var child = ChildUnder(new OneForOneStrategy(2, -1, (Exception _) => Directive.Restart, true));
        Watch(child);

        child.Tell("boom");
        child.Tell("boom");
        child.Tell("boom");

        ExpectTerminated(child);
        Assert.Equal(2, _journal.Count("postRestart"));
    }

    [Fact]
    public void No_restart_is_allowed_when_the_number_is_0()
    {
        var child = ChildUnder(new OneForOneStrategy(0, -1, (Exception _) => Directive.Restart, true));
        Watch(child);

        child.Tell("boom");

        ExpectTerminated(child);
    }

    [Fact]
    public void Any_number_of_restarts_is_allowed_when_it_is_minus_1()
    {
        var child = ChildUnder(new OneForOneStrategy(-1, -1, (Exception _) => Directive.Restart, true));

        for (var i = 0; i < 50; i++)
        {
            child.Tell("boom");
        }

        AwaitAssert(() => Assert.Equal(50, _journal.Count("postRestart")));
    }

    [Fact]
    public void A_window_counts_the_failures_inside_it_only()
    {
        var window = TimeSpan.FromSeconds(2);
        var child = ChildUnder(new OneForOneStrategy(1, window, _ => Directive.Restart));
        Watch(child);

        child.Tell("boom");
        AwaitAssert(() => Assert.Equal(1, _journal.Count("postRestart")));
        Sys.Scheduler.ScheduleTellOnce(window * 1.2, child, "boom", ActorRefs.NoSender);
        AwaitAssert(() => Assert.Equal(2, _journal.Count("postRestart")));
        child.Tell("boom");

        ExpectTerminated(child);
        Assert.Equal(2, _journal.Count("postRestart"));
    }

    [Fact]
    public void AllForOne_restarts_every_child_and_tells_only_the_failing_one_its_message()
    {
        var other = new Journal();
        var parent = Sys.ActorOf(Nurse.With(new AllForOneStrategy(_ => Directive.Restart)));
        var child = ChildOf(parent, Diarist.With(_journal));
        ChildOf(parent, Diarist.With(other));

        child.Tell("boom");

        AwaitAssert(() =>
        {
            Assert.Equal("ctor preStart preRestart(boom) postStop ctor postRestart preStart", _journal.Text);
            Assert.Equal("ctor preStart preRestart() postStop ctor postRestart preStart", other.Text);
        });
    }

    [Fact]
    public void AllForOne_stops_every_child()
    {
        var parent = Sys.ActorOf(Nurse.With(new AllForOneStrategy(_ => Directive.Stop)));
        var child = ChildOf(parent, Diarist.With(_journal));
        var other = ChildOf(parent, Diarist.With(_journal));
        Watch(other);

        child.Tell("boom");

        ExpectTerminated(other);
    }

    [Fact]
    public void A_failed_child_handles_nothing_until_its_parent_has_decided()
    {
        var gate = new Gate();
        var child = ChildUnder(new OneForOneStrategy(_ =>
        {
            gate.Pass();
            return Directive.Restart;
        }));

        child.Tell("boom");
        child.Tell("next");
        gate.AwaitArrival();

        Assert.DoesNotContain("got(next)", _journal.Text);
        gate.Open();
        AwaitAssert(() => Assert.Contains("got(next)", _journal.Text));
    }

    [Fact]
    public void A_restart_is_logged_as_an_error_of_the_child()
    {
        var child = ChildUnder(new OneForOneStrategy(_ => Directive.Restart));

        EventFilter.Error(message: "boom", source: child.Path.ToString()).ExpectOne(() => child.Tell("boom"));
    }

    [Fact]
    public void A_resume_is_logged_as_a_warning_of_the_child()
    {
        var child = ChildUnder(new OneForOneStrategy(_ => Directive.Resume));

        EventFilter.Warning(message: "boom", source: child.Path.ToString()).ExpectOne(() => child.Tell("boom"));
    }

    [Fact]
    public void The_strategy_of_the_props_wins_over_the_actors_own()
    {
        var parent = Sys.ActorOf(Nurse.With(new OneForOneStrategy(_ => Directive.Stop))
            .WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Resume)));
        var child = ChildOf(parent, Diarist.With(_journal));

        child.Tell("boom");
        child.Tell("next");

        AwaitAssert(() => Assert.Equal("ctor preStart got(next)", _journal.Text));
    }

    [Fact]
    public void A_decider_asks_its_pairs_in_the_order_given()
    {
        var decider = Decider.From(Directive.Restart, Directive.Stop.When<ArgumentException>(), Directive.Resume.When<Boom>());
        var baseFirst = Decider.From(Directive.Restart, Directive.Resume.When<Exception>(), Directive.Stop.When<ArgumentException>());

        Assert.Equal(Directive.Stop, decider.Decide(new ArgumentNullException()));
        Assert.Equal(Directive.Resume, decider.Decide(new Boom()));
        Assert.Equal(Directive.Restart, decider.Decide(new Exception()));
        Assert.Equal(Directive.Resume, baseFirst.Decide(new ArgumentException()));
    }

    [Fact]
    public void The_default_decider_restarts_but_for_what_a_restart_cannot_help()
    {
        var decider = SupervisorStrategy.DefaultDecider;

        Assert.Equal(Directive.Stop, decider.Decide(new ActorInitializationException("x")));
        Assert.Equal(Directive.Stop, decider.Decide(new ActorKilledException("x")));
        Assert.Equal(Directive.Stop, decider.Decide(new DeathPactException(TestActor)));
        Assert.Equal(Directive.Restart, decider.Decide(new Exception("x")));
    }

    private IActorRef ChildUnder(SupervisorStrategy strategy) => ChildOf(Sys.ActorOf(Nurse.With(strategy)), Diarist.With(_journal));

    private IActorRef ChildOf(IActorRef parent, Props props)
    {
        parent.Tell(props);
        return ExpectMsg<IActorRef>();
    }
}
