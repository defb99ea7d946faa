using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>What the end of a system does to its actors.</summary>
public sealed class SystemTerminationTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_actor_is_stopped()
    {
        var system = Create();
        var stopped = new TaskCompletionSource();
        system.ActorOf(Props.Create(() => new SaysWhenStopped(stopped)));

        await system.Terminate().WaitAsync(s_patience);

        Assert.True(stopped.Task.IsCompleted);
    }

    [Fact]
    public async Task What_was_registered_is_called_in_the_end()
    {
        var system = Create();
        var called = new TaskCompletionSource();
        system.RegisterOnTermination(called.SetResult);

        await system.Terminate().WaitAsync(s_patience);

        await called.Task.WaitAsync(s_patience);
    }

    [Fact]
    public async Task No_actor_can_be_made_afterwards()
    {
        var system = Create();

        await system.Terminate().WaitAsync(s_patience);

        Assert.Throws<InvalidOperationException>(() => system.ActorOf(Props.Create(() => new Fails())));
    }

    [Fact]
    public async Task A_top_level_actor_that_fails_stops_under_the_stopping_strategy()
    {
        var system = Create(
            $"akka.actor.guardian-supervisor-strategy = \"{typeof(StoppingSupervisorStrategy).AssemblyQualifiedName}\"");
        var actor = system.ActorOf(Props.Create(() => new Fails()));
        var watch = actor.WatchAsync();

        actor.Tell("fail", ActorRefs.NoSender);

        Assert.True(await watch.WaitAsync(s_patience));
        await system.Terminate().WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_top_level_actor_that_fails_is_restarted_under_the_default_strategy()
    {
        var system = Create();
        var actor = system.ActorOf(Props.Create(() => new Fails()));

        actor.Tell("fail", ActorRefs.NoSender);

        Assert.Equal("alive", await actor.Ask<string>("?", s_patience));
        await system.Terminate().WaitAsync(s_patience);
    }

    private static ActorSystem Create(string hocon = "") => ActorSystem.Create(
        "ending", ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n" + hocon));

    private sealed class SaysWhenStopped(TaskCompletionSource stopped) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }

        protected override void PostStop() => stopped.SetResult();
    }

    private sealed class Fails : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "fail")
                throw new FormatException();
            Sender.Tell("alive");
        }
    }
}
