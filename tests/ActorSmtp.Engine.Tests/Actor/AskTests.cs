using Akka.Actor;
using Akka.Event;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>Questions to actors, as tasks.</summary>
public sealed class AskTests : PatientTestKit
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task The_answer_is_the_result() => Assert.Equal("hi", await Sys.ActorOf(Acts.Echo).Ask<string>("hi", s_patience));

    [Fact]
    public async Task No_answer_in_time_is_a_timeout() =>
        await Assert.ThrowsAsync<AskTimeoutException>(() => Sys.ActorOf(Acts.Idle).Ask<string>("x", s_moment));

    [Fact]
    public async Task A_dead_actor_is_a_timeout_too()
    {
        var actor = Sys.ActorOf(Acts.Echo);
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);

        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("x", s_moment));
    }

    [Fact]
    public async Task The_token_cancels()
    {
        using var cancel = new CancellationTokenSource();
        var answer = Sys.ActorOf(Acts.Idle).Ask<string>("x", cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(s_patience));
    }

    [Fact]
    public async Task A_failure_throws_its_cause()
    {
        var boom = await Assert.ThrowsAsync<Boom>(() => AnswerWith(new Status.Failure(new Boom("why"))).Ask<string>("x", s_patience));

        Assert.Equal("why", boom.Message);
    }

    [Fact]
    public async Task A_failure_without_a_cause_cancels() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AnswerWith(new Status.Failure(null)).Ask<string>("x", s_patience));

    [Fact]
    public async Task A_failure_is_a_result_like_another_when_anything_is_asked_for() =>
        Assert.IsType<Status.Failure>(await AnswerWith(new Status.Failure(new Boom())).Ask("x", s_patience));

    [Fact]
    public async Task Success_is_not_opened()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => AnswerWith(new Status.Success("ok")).Ask<string>("x", s_patience));
        Assert.Equal("ok", (await AnswerWith(new Status.Success("ok")).Ask<Status.Success>("x", s_patience)).Status);
    }

    [Fact]
    public async Task An_answer_of_another_type_throws() =>
        await Assert.ThrowsAsync<ArgumentException>(() => AnswerWith(5).Ask<string>("x", s_patience));

    [Fact]
    public async Task A_second_answer_is_ignored()
    {
        var actor = Sys.ActorOf(Acts.On((_, c) =>
        {
            c.Sender.Tell("first", c.Self);
            c.Sender.Tell("second", c.Self);
        }));

        Assert.Equal("first", await actor.Ask<string>("x", s_patience));
    }

    [Fact]
    public async Task A_late_answer_is_a_dead_letter()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        IActorRef? asker = null;
        var actor = Sys.ActorOf(Acts.On((_, c) => asker = c.Sender));
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("x", s_moment));
        AwaitCondition(() => Volatile.Read(ref asker) != null);

        asker!.Tell("late", ActorRefs.NoSender);

        Assert.Equal("late", ExpectMsg<DeadLetter>().Message);
    }

    [Fact]
    public void Without_a_setting_an_ask_waits_for_ever() => Assert.Equal(Timeout.InfiniteTimeSpan, Sys.Settings.AskTimeout);

    [Fact]
    public async Task The_asker_has_a_path_under_temp()
    {
        var actor = Sys.ActorOf(Acts.On((_, c) => c.Sender.Tell(c.Sender.Path.ToString(), c.Self)));

        Assert.StartsWith($"akka://{Sys.Name}/temp/", await actor.Ask<string>("x", s_patience));
    }

    [Fact]
    public async Task A_message_may_carry_the_asker()
    {
        var actor = Sys.ActorOf(Acts.On((asker, c) => ((IActorRef)asker).Tell("direct", c.Self)));

        Assert.Equal("direct", await actor.Ask<string>(asker => asker, s_patience, CancellationToken.None));
    }

    [Fact]
    public async Task What_awaits_the_answer_does_not_run_inside_the_answering_actor()
    {
        var answeredBy = 0;
        var gate = new Gate();
        var actor = Sys.ActorOf(Acts.On((_, c) =>
        {
            answeredBy = Environment.CurrentManagedThreadId;
            c.Sender.Tell("answer", c.Self);
            gate.Pass();
        }));

        var waiter = await actor.Ask<string>("x", s_patience).ContinueWith(
            _ => Environment.CurrentManagedThreadId, TaskContinuationOptions.ExecuteSynchronously);
        gate.Open();

        Assert.NotEqual(answeredBy, waiter);
    }

    private IActorRef AnswerWith(object answer) => Sys.ActorOf(Acts.On((_, c) => c.Sender.Tell(answer, c.Self)));
}
