using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Configuration;

namespace ActorSmtp.Engine.Tests.Hosting;

/// <summary>The orderly end of a system.</summary>
public sealed class CoordinatedShutdownTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _log = new();
    private ActorSystem? _system;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_system is not null)
            await _system.Terminate().WaitAsync(s_patience);
    }

    [Fact]
    public async Task Phases_run_in_their_order_whatever_the_order_of_adding()
    {
        var shutdown = Shutdown();
        foreach (var phase in new[]
                 {
                     CoordinatedShutdown.PhaseServiceStop, CoordinatedShutdown.PhaseBeforeServiceUnbind,
                     CoordinatedShutdown.PhaseServiceUnbind, CoordinatedShutdown.PhaseServiceRequestsDone,
                     CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
                 })
            AddNote(shutdown, phase);

        await RunAsync(shutdown);

        Assert.Equal(
            ["before-service-unbind", "service-unbind", "service-requests-done", "service-stop", "before-actor-system-terminate"],
            _log);
    }

    [Fact]
    public async Task The_last_phase_ends_the_system()
    {
        var shutdown = Shutdown();

        await RunAsync(shutdown);

        Assert.True(_system!.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task Tasks_of_a_phase_run_side_by_side()
    {
        var shutdown = Shutdown();
        var gate = new TaskCompletionSource();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "waits for the next", async () =>
        {
            await gate.Task;
            _log.Enqueue("let through");
            return Done.Instance;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "opens", () =>
        {
            gate.SetResult();
            return Task.FromResult(Done.Instance);
        });

        await RunAsync(shutdown);

        Assert.Equal(["let through"], _log);
    }

    [Fact]
    public async Task The_reason_is_remembered()
    {
        var shutdown = Shutdown();
        Assert.Null(shutdown.ShutdownReason);

        await RunAsync(shutdown);

        Assert.Same(CoordinatedShutdown.ClrExitReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task Terminate_runs_it_with_a_reason_of_its_own()
    {
        var shutdown = Shutdown();
        AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);

        await _system!.Terminate().WaitAsync(s_patience);

        Assert.Equal(["service-stop"], _log);
        Assert.Same(CoordinatedShutdown.ActorSystemTerminateReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task Run_twice_is_run_once_for_the_first_reason()
    {
        var shutdown = Shutdown();
        AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);

        var first = shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance);
        var second = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        await Task.WhenAll(first, second).WaitAsync(s_patience);

        Assert.Equal(["service-stop"], _log);
        Assert.Same(CoordinatedShutdown.ClrExitReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task A_task_that_throws_does_not_stop_the_run()
    {
        var shutdown = Shutdown();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "bad", () => throw new FormatException());
        AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);

        await RunAsync(shutdown);

        Assert.Equal(["service-stop"], _log);
    }

    [Fact]
    public async Task A_task_that_takes_too_long_is_left_behind()
    {
        var shutdown = Shutdown("akka.coordinated-shutdown.phases.service-stop.timeout = 100ms");
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "never ends", () => new TaskCompletionSource<Done>().Task);
        AddNote(shutdown, CoordinatedShutdown.PhaseBeforeActorSystemTerminate);

        await RunAsync(shutdown);

        Assert.Equal(["before-actor-system-terminate"], _log);
    }

    [Fact]
    public async Task A_phase_without_recovery_ends_the_run_with_its_error()
    {
        var shutdown = Shutdown("""
            akka.coordinated-shutdown.phases.service-unbind.recover = off
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "bad", () => Task.FromException<Done>(new FormatException()));
        AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);

        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(shutdown));

        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_phase_without_recovery_that_takes_too_long_ends_the_run()
    {
        var shutdown = Shutdown("""
            akka.coordinated-shutdown.phases.service-unbind { recover = off, timeout = 100ms }
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "never ends", () => new TaskCompletionSource<Done>().Task);
        AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);

        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(shutdown));

        Assert.Empty(_log);
    }

    [Fact]
    public void A_task_for_an_unknown_phase_is_refused() => Assert.Throws<ConfigurationException>(
        () => Shutdown().AddTask("nope", "t", () => Task.FromResult(Done.Instance)));

    [Fact]
    public async Task A_run_can_begin_at_a_phase_and_phases_can_be_put_in()
    {
        var shutdown = Shutdown("""
            akka.coordinated-shutdown.phases {
              drain { depends-on = [service-unbind] }
              service-requests-done { depends-on = [drain] }
            }
            """);
        foreach (var phase in new[] { "service-unbind", "drain", "service-requests-done" })
            AddNote(shutdown, phase);

        await shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance, "drain").WaitAsync(s_patience);

        Assert.Equal(["drain", "service-requests-done"], _log);
    }

    [Fact]
    public async Task A_task_can_be_added_to_a_later_phase_while_running()
    {
        var shutdown = Shutdown();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "adds", () =>
        {
            AddNote(shutdown, CoordinatedShutdown.PhaseServiceStop);
            return Task.FromResult(Done.Instance);
        });

        await RunAsync(shutdown);

        Assert.Equal(["service-stop"], _log);
    }

    [Fact]
    public void Timeouts_are_those_of_the_configuration()
    {
        var shutdown = Shutdown("akka.coordinated-shutdown.phases.service-requests-done.timeout = 42s");

        Assert.Equal(TimeSpan.FromSeconds(42), shutdown.Timeout(CoordinatedShutdown.PhaseServiceRequestsDone));
        Assert.Equal(TimeSpan.FromSeconds(5), shutdown.Timeout(CoordinatedShutdown.PhaseServiceStop));
        Assert.Equal(TimeSpan.FromSeconds(10), shutdown.Timeout(CoordinatedShutdown.PhaseActorSystemTerminate));
    }

    private static Task RunAsync(CoordinatedShutdown shutdown) =>
        shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(s_patience);

    private CoordinatedShutdown Shutdown(string hocon = "")
    {
        _system = ActorSystem.Create("shutdown", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n" + hocon));
        return CoordinatedShutdown.Get(_system);
    }

    private void AddNote(CoordinatedShutdown shutdown, string phase) => shutdown.AddTask(phase, "note", () =>
    {
        _log.Enqueue(phase);
        return Task.FromResult(Done.Instance);
    });
}
