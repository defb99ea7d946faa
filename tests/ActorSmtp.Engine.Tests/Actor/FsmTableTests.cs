using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Machines that judge everything by one function share a table of their states, and notice nothing of it.</summary>
public sealed class FsmTableTests : PatientTestKit
{
    /// <summary>A kind of machine that no other test has, so that its table is this class's.</summary>
    public enum Post
    {
        Empty,
        Sorting,
        Full,
    }

    [Fact]
    public void Each_machine_has_its_own_function_though_all_have_the_same_states()
    {
        var first = Sys.ActorOf(Counting("first", Post.Empty, Post.Sorting, Post.Full));
        var second = Sys.ActorOf(Counting("second", Post.Empty, Post.Sorting, Post.Full));

        first.Tell(Post.Full);
        ExpectMsg("first: Empty to Full");
        second.Tell(Post.Sorting);
        ExpectMsg("second: Empty to Sorting");
        first.Tell(Post.Sorting);
        ExpectMsg("first: Full to Sorting");
    }

    [Fact]
    public void A_machine_with_fewer_states_than_the_others_has_no_more_than_these()
    {
        Heard(Sys.ActorOf(Counting("whole", Post.Empty, Post.Sorting, Post.Full)));
        var smaller = Sys.ActorOf(Counting("smaller", Post.Empty, Post.Sorting));

        EventFilter.Error(start: "Next state Full does not exist").ExpectOne(() => smaller.Tell(Post.Full));

        ExpectMsg("smaller: Empty to Full");
    }

    [Fact]
    public void One_that_adds_a_function_or_a_time_to_a_state_changes_no_other()
    {
        var plain = Sys.ActorOf(Counting("plain", Post.Empty, Post.Sorting, Post.Full));
        var own = Sys.ActorOf(Props.Create(() => new Box("own", new[] { Post.Empty, Post.Sorting, Post.Full }, more: true)));

        own.Tell("more");
        ExpectMsg("more");
        plain.Tell("more");
        ExpectMsg("plain: nothing");
        own.Tell(Post.Sorting);
        ExpectMsg("own: Empty to Sorting");
        ExpectMsg("own: time is over");
        plain.Tell(Post.Sorting);
        ExpectMsg("plain: Empty to Sorting");
        plain.Tell("more");
        ExpectMsg("plain: nothing");
    }

    private void Heard(IActorRef box)
    {
        box.Tell("x");
        ExpectMsg("whole: nothing");
    }

    private Props Counting(string name, params Post[] states) => Props.Create(() => new Box(name, states, false));

    private sealed class Box : FSM<Post, int>
    {
        private readonly string _name;
        private IActorRef _asker = ActorRefs.Nobody;

        public Box(string name, Post[] states, bool more)
        {
            _name = name;
            StartWith(Post.Empty, 0);
            StateFunction every = e => Judge(e.FsmEvent);
            foreach (var state in states)
            {
                When(state, every);
            }

            if (more)
            {
                When(Post.Empty, e => e.FsmEvent is "more" ? Stay().Replying("more") : null);
            }

            WhenUnhandled(e => Stay().Replying($"{_name}: nothing"));
            Initialize();
            if (more)
            {
                SetStateTimeout(Post.Sorting, TimeSpan.FromMilliseconds(1));
            }
        }

        private State<Post, int>? Judge(object heard)
        {
            switch (heard)
            {
                case Post to:
                    (_asker = Sender).Tell($"{_name}: {StateName} to {to}");
                    return GoTo(to);
                case StateTimeout:
                    _asker.Tell($"{_name}: time is over");
                    return GoTo(Post.Empty);
                default:
                    return null;
            }
        }
    }
}
