using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Names, paths, and finding actors by them.</summary>
public sealed class NameAndPathTests : PatientTestKit
{
    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("$x")]
    [InlineData("two words")]
    [InlineData("é")]
    public void A_name_that_a_path_cannot_hold_is_refused(string name) =>
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(Acts.Idle, name));

    [Theory]
    [InlineData("1a-b_c.d")]
    [InlineData("%20")]
    [InlineData("ann@client.test")]
    public void A_name_may_have_letters_digits_and_signs(string name) => Assert.Equal(name, Sys.ActorOf(Acts.Idle, name).Path.Name);

    [Fact]
    public void A_name_that_a_living_sibling_has_is_refused()
    {
        Sys.ActorOf(Acts.Idle, "taken");

        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(Acts.Idle, "taken"));
    }

    [Fact]
    public void A_path_is_written_with_its_system()
    {
        var actor = Sys.ActorOf(Acts.Idle, "ann");

        Assert.Equal($"akka://{Sys.Name}/user/ann", actor.Path.ToString());
        Assert.Equal("/user/ann", actor.Path.ToStringWithoutAddress());
        Assert.Equal("ann", actor.Path.Name);
    }

    [Fact]
    public void Two_incarnations_have_one_path_and_are_not_the_same()
    {
        var first = Sys.ActorOf(Acts.Idle, "ann");
        Watch(first);
        Sys.Stop(first);
        ExpectTerminated(first);

        AwaitAssert(() =>
        {
            var second = Sys.ActorOf(Acts.Idle, "ann");
            Assert.Equal(first.Path, second.Path);
            Assert.NotEqual(first, second);
            Assert.NotEqual(first.Path.Uid, second.Path.Uid);
        });
    }

    [Fact]
    public void A_parent_that_watches_may_use_the_name_again_when_it_hears_of_the_death()
    {
        var to = TestActor;
        Sys.ActorOf(Acts.On((message, context) =>
        {
            if (message is Terminated)
            {
                context.ActorOf(Acts.Idle, "child");
                to.Tell("reused", context.Self);
            }
            else
            {
                context.Stop(context.Watch(context.ActorOf(Acts.Idle, "child")));
            }
        })).Tell("go");

        ExpectMsg("reused");
    }

    [Fact]
    public void A_selection_finds_an_actor_by_its_path()
    {
        Sys.ActorOf(Acts.Echo, "one");

        Sys.ActorSelection("/user/one").Tell("x", TestActor);

        ExpectMsg("x");
    }

    [Fact]
    public void A_selection_with_a_wildcard_finds_all_that_match()
    {
        var one = Sys.ActorOf(Acts.Echo, "sel1");
        var two = Sys.ActorOf(Acts.Echo, "sel2");
        Sys.ActorOf(Acts.Echo, "other");

        Sys.ActorSelection("/user/sel*").Tell("x", TestActor);

        ExpectMsg("x");
        var first = LastSender;
        ExpectMsg("x");
        Assert.Equal(new[] { one, two }.Order(), new[] { first, LastSender }.Order());
    }

    [Fact]
    public void A_selection_may_go_by_the_parent_and_by_a_wildcard_in_the_middle()
    {
        Sys.ActorOf(Acts.Echo, "sibling");
        Sys.ActorOf(Acts.On((m, c) => c.ActorSelection("../sibling").Tell(m, c.Sender))).Tell("by parent");
        ExpectMsg("by parent");

        Sys.ActorSelection("/*/sibling").Tell("by wildcard", TestActor);
        ExpectMsg("by wildcard");
    }

    [Fact]
    public void Identify_answers_who_is_there()
    {
        var actor = Sys.ActorOf(Acts.Idle, "ann");

        Sys.ActorSelection("/user/ann").Tell(new Identify(7), TestActor);

        var identity = ExpectMsg<ActorIdentity>();
        Assert.Equal((7, actor), (identity.MessageId, identity.Subject));
    }

    [Fact]
    public void Identify_answers_that_nobody_is_there()
    {
        Sys.ActorSelection("/user/nobody").Tell(new Identify(8), TestActor);

        var identity = ExpectMsg<ActorIdentity>();
        Assert.Equal(8, identity.MessageId);
        Assert.True(identity.Subject.IsNobody());
    }

    [Fact]
    public async Task ResolveOne_gives_the_actor()
    {
        var actor = Sys.ActorOf(Acts.Idle, "ann");

        Assert.Equal(actor, await Sys.ActorSelection("/user/ann").ResolveOne(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ResolveOne_of_nobody_fails() =>
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection("/user/nobody").ResolveOne(TimeSpan.FromSeconds(1)));
}
