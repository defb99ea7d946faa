using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>How the end of a task is told.</summary>
public sealed class PipeToTests : PatientTestKit
{
    [Fact]
    public async Task A_result_is_told()
    {
        var task = new TaskCompletionSource<int>();
        var piped = task.Task.PipeTo(TestActor);

        task.SetResult(5);

        await piped;
        ExpectMsg(5);
    }

    [Fact]
    public async Task A_result_is_told_as_success_makes_it()
    {
        await Task.FromResult(2).PipeTo(TestActor, success: i => "s" + i);

        ExpectMsg("s2");
    }

    [Fact]
    public async Task An_exception_is_told_as_a_failure()
    {
        await Task.FromException<int>(new Boom()).PipeTo(TestActor);

        Assert.IsType<Boom>(ExpectMsg<Status.Failure>().Cause);
    }

    [Fact]
    public async Task An_exception_is_told_as_failure_makes_it()
    {
        await Task.FromException<int>(new Boom()).PipeTo(TestActor, failure: e => e.Message);

        ExpectMsg("boom");
    }

    [Fact]
    public async Task A_cancelled_task_is_told_as_a_failure()
    {
        await Task.FromCanceled<int>(new CancellationToken(canceled: true)).PipeTo(TestActor);

        Assert.IsAssignableFrom<OperationCanceledException>(ExpectMsg<Status.Failure>().Cause);
    }

    [Fact]
    public async Task A_task_without_a_result_tells_nothing_unless_success_says_what()
    {
        await Task.CompletedTask.PipeTo(TestActor);
        await Task.CompletedTask.PipeTo(TestActor, success: () => "done");

        ExpectMsg("done");
    }

    [Fact]
    public async Task Nobody_is_the_sender()
    {
        await Task.FromResult(1).PipeTo(TestActor);

        ExpectMsg(1);
        Assert.True(LastSender.IsNobody() || LastSender.Equals(Sys.DeadLetters));
    }
}
