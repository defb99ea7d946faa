using Akka.Actor;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Tests.Sessions;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>The tree of actors, looked at from outside.</summary>
public sealed class ActorTreeTests
{
    [Fact]
    public async Task Every_actor_of_the_server_is_in_it()
    {
        await using var at = await StartAsync();
        await Expect(await at.InTransactionAsync("NOOP\r\n"), "250 2.0.0");

        var user = (await at.Server.Inspection.Actors!.ReadAsync(null, 3, CancellationToken.None))!;

        Assert.Equal(("/user", 3), (user.Path, user.ChildCount));
        Assert.Equal(["auth", "listeners", "mailboxes"], user.Children.Select(c => c.Name).Order());
        var listener = Assert.Single(user.Children.Single(c => c.Name == "listeners").Children);
        Assert.Equal(("/user/listeners/mx", "ListenerActor", "actorsmtp.session-dispatcher"), (listener.Path, listener.Type, listener.Dispatcher));
        var session = Assert.Single(listener.Children);
        Assert.Equal(("/user/listeners/mx/s0001-1", "SessionActor", "rcpt", 0, 0), (session.Path, session.Type, session.State, session.Restarts, session.ChildCount));
    }

    [Fact]
    public async Task What_is_deeper_than_asked_for_is_counted()
    {
        await using var at = await StartAsync();
        await Expect(await at.ConnectAsync(), "220 ");

        var listener = (await at.Server.Inspection.Actors!.ReadAsync("/user/listeners/mx", 0, CancellationToken.None))!;

        Assert.Equal((1, 0), (listener.ChildCount, listener.Children.Length));
    }

    [Theory]
    [InlineData("/user/nobody")]
    [InlineData("/nowhere")]
    [InlineData("")]
    public async Task Nobody_is_found_where_nobody_is(string path)
    {
        await using var at = await StartAsync();

        Assert.Null(await at.Server.Inspection.Actors!.ReadAsync(path, 1, CancellationToken.None));
    }

    [Fact]
    public async Task The_engines_own_actors_can_be_looked_at_too()
    {
        await using var at = await StartAsync();

        Assert.NotNull(await at.Server.Inspection.Actors!.ReadAsync("/system", 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_mailbox_shows_what_waits_in_it()
    {
        await using var at = await StartAsync();
        using var hold = new ManualResetEventSlim();
        var stuck = at.Server.System.ActorOf(Props.Create(() => new Stuck(hold)), "stuck");
        for (var i = 0; i < 5; i++)
        {
            stuck.Tell("x");
        }

        try
        {
            await Until(
                () => at.Server.Inspection.Actors!.ReadAsync("/user/stuck", 0, CancellationToken.None).GetAwaiter().GetResult()?.MailboxDepth == 4, "four should wait");
        }
        finally
        {
            hold.Set();
        }
    }

    [Fact]
    public async Task Of_many_children_some_are_shown_and_all_are_counted()
    {
        await using var at = await StartAsync();
        var many = at.Server.System.ActorOf(Props.Create(() => new Parent(300)), "many");
        await many.Ask<string>("are you there?", TimeSpan.FromSeconds(60));

        var seen = (await at.Server.Inspection.Actors!.ReadAsync("/user/many", 1, CancellationToken.None))!;

        Assert.Equal((300, ActorTree.MostChildren), (seen.ChildCount, seen.Children.Length));
    }

    [Fact]
    public void Restarts_are_the_makings_after_the_first()
    {
        var time = new StandingTime();
        var census = new Census(time);
        Assert.Null(census.Find("/user/auth"));

        census.Made("/user/auth");
        var began = time.GetUtcNow();
        time.Advance(TimeSpan.FromMinutes(1));
        census.Made("/user/auth");
        census.Made("/user/auth");

        Assert.Equal((began, 2), census.Find("/user/auth"));
    }

    private sealed class Stuck(ManualResetEventSlim hold) : UntypedActor
    {
        protected override void OnReceive(object message) => hold.Wait(TimeSpan.FromSeconds(60));
    }

    private sealed class Parent : UntypedActor
    {
        public Parent(int children)
        {
            for (var i = 0; i < children; i++)
            {
                Context.ActorOf(Props.Create(() => new Child()));
            }
        }

        protected override void OnReceive(object message) => Sender.Tell("yes");
    }

    private sealed class Child : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
