using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Going, staying, answering, and events nobody expected.</summary>
public sealed class FsmTransitionTests : PatientTestKit
{
    private readonly Journal _journal = new();

    [Fact]
    public void Initialize_is_a_transition_from_the_first_state_to_itself()
    {
        var machine = Sys.ActorOf(Traffic());

        Assert.Equal(0, Data(machine));
        Assert.Equal("Red>Red(0,0)", _journal.Text);
    }

    [Fact]
    public void A_transition_sees_the_old_state_and_data_and_the_next_data()
    {
        var machine = Sys.ActorOf(Traffic());

        machine.Tell("go");

        Assert.Equal(1, Data(machine));
        Assert.Equal("Red>Red(0,0) Red>Green(0,1)", _journal.Text);
    }

    [Fact]
    public void GoTo_the_same_state_is_a_transition_and_Stay_is_none()
    {
        var machine = Sys.ActorOf(Traffic());

        machine.Tell("again");
        machine.Tell("stay");

        Assert.Equal(0, Data(machine));
        Assert.Equal("Red>Red(0,0) Red>Red(0,0)", _journal.Text);
    }

    [Fact]
    public void NextStateData_is_there_in_a_transition_only()
    {
        Sys.ActorOf(Machine.Of(m => m.When(Light.Red, _ => m.Stay().Replying(Record.Exception(() => m.NextStateData))))).Tell("x");

        ExpectMsg<InvalidOperationException>();
    }

    [Fact]
    public void Replies_go_to_the_sender_of_the_event_in_order()
    {
        Sys.ActorOf(Machine.Of(m => m.When(Light.Red, _ => m.Stay().Replying(1).Replying(2)))).Tell("x");

        ExpectMsg(1);
        ExpectMsg(2);
    }

    [Fact]
    public void Functions_of_one_state_are_asked_in_turn()
    {
        var machine = Sys.ActorOf(Machine.Of(m =>
        {
            m.When(Light.Red, e => e.FsmEvent is "one" ? m.Stay().Replying("first") : null);
            m.When(Light.Red, _ => m.Stay().Replying("second"));
        }));

        machine.Tell("one");
        ExpectMsg("first");
        machine.Tell("two");
        ExpectMsg("second");
    }

    [Fact]
    public void What_no_function_wants_falls_to_WhenUnhandled()
    {
        Sys.ActorOf(Machine.Of(m =>
        {
            m.When(Light.Red, _ => null);
            m.WhenUnhandled(e => m.Stay().Replying(("unhandled", e.FsmEvent, m.StateName)));
        })).Tell("x");

        ExpectMsg(("unhandled", (object)"x", Light.Red));
    }

    [Fact]
    public void Without_WhenUnhandled_a_warning_says_so_and_the_state_stays()
    {
        var machine = Sys.ActorOf(Machine.Of(m => m.When(Light.Red, e => e.FsmEvent is "get" ? m.Stay().Replying(m.StateName) : null)));

        EventFilter.Warning(start: "unhandled event x in state Red").ExpectOne(() => machine.Tell("x"));

        machine.Tell("get");
        ExpectMsg(Light.Red);
    }

    [Fact]
    public void A_transformed_function_changes_its_answer()
    {
        Sys.ActorOf(Machine.Of(m => m.When(Light.Red, m.Transform(_ => m.Stay()).Using(s => s.Replying("transformed"))))).Tell("x");

        ExpectMsg("transformed");
    }

    [Fact]
    public void A_subscriber_hears_the_state_and_then_each_transition()
    {
        var machine = Sys.ActorOf(Traffic());

        machine.Tell(new FSMBase.SubscribeTransitionCallBack(TestActor));
        Assert.Equal(Light.Red, ExpectMsg<FSMBase.CurrentState<Light>>().State);
        machine.Tell("go");
        var transition = ExpectMsg<FSMBase.Transition<Light>>();
        Assert.Equal((machine, Light.Red, Light.Green), (transition.FsmRef, transition.From, transition.To));

        machine.Tell(new FSMBase.UnsubscribeTransitionCallBack(TestActor));
        machine.Tell("go");
        Assert.Equal(2, Data(machine));
    }

    [Fact]
    public void An_exception_goes_to_the_supervisor()
    {
        var machine = Sys.ActorOf(Machine.Of(m => m.When(Light.Red, _ => throw new Boom())));

        EventFilter.Exception<Boom>().ExpectOne(() => machine.Tell("x"));
    }

    [Fact]
    public void A_machine_needs_a_first_state() =>
        EventFilter.Exception<ActorInitializationException>().ExpectOne(() => Sys.ActorOf(Props.Create<WithoutStart>()));

    [Fact]
    public void A_machine_may_stash()
    {
        var machine = Sys.ActorOf(Props.Create<Stashing>());

        machine.Tell(1);
        machine.Tell(2);
        machine.Tell("go");

        ExpectMsg(1);
        ExpectMsg(2);
    }

    [Fact]
    public void A_machine_may_have_timers_by_key()
    {
        Sys.ActorOf(Props.Create(() => new Keyed(TestActor))).Tell("go");

        ExpectMsg("fired");
    }

    [Fact]
    public void An_event_holds_what_came_and_the_data()
    {
        var e = new FSMBase.Event<int>("x", 1);

        Assert.Equal(((object)"x", 1), (e.FsmEvent, e.StateData));
    }

    /// <summary>Notes each transition as from>to(data,next data).</summary>
    private Props Traffic() => Machine.Of(m =>
    {
        FSM<Light, int>.StateFunction on = e => e.FsmEvent switch
        {
            "go" => m.GoTo(m.StateName == Light.Red ? Light.Green : Light.Red).Using(m.StateData + 1),
            "again" => m.GoTo(m.StateName),
            "stay" => m.Stay(),
            "data" => m.Stay().Replying(m.StateData),
            _ => null,
        };
        m.When(Light.Red, on);
        m.When(Light.Green, on);
        m.OnTransition((from, to) => _journal.Note($"{m.StateName}>{to}({m.StateData},{m.NextStateData})"));
    });

    private int Data(IActorRef machine)
    {
        machine.Tell("data");
        return ExpectMsg<int>();
    }

    private sealed class WithoutStart : FSM<Light, int>
    {
        public WithoutStart() => Initialize();
    }

    private sealed class Stashing : FSM<Light, int>, IWithStash
    {
        public Stashing()
        {
            StartWith(Light.Red, 0);
            When(Light.Red, e =>
            {
                if (e.FsmEvent is "go")
                {
                    Stash.UnstashAll();
                    return GoTo(Light.Green);
                }

                Stash.Stash();
                return Stay();
            });
            When(Light.Green, e => Stay().Replying(e.FsmEvent));
            Initialize();
        }

        public IStash Stash { get; set; } = null!;
    }

    private sealed class Keyed : FSM<Light, int>, IWithTimers
    {
        public Keyed(IActorRef to)
        {
            StartWith(Light.Red, 0);
            When(Light.Red, e =>
            {
                if (e.FsmEvent is "go")
                {
                    Timers.StartSingleTimer("key", "fired", TimeSpan.FromMilliseconds(20));
                }
                else
                {
                    to.Tell(e.FsmEvent);
                }

                return Stay();
            });
            Initialize();
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }
}
