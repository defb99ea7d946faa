using System.Collections.Concurrent;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorSmtp.Engine.Tests;

/// <summary>What a kit's system logs, in the test's output.</summary>
public sealed class TestOutputTests
{
    [Fact]
    public void A_kit_with_an_output_writes_the_log_there()
    {
        var output = new Lines();
        using var kit = new Kit(output);

        kit.Log.Info("hello {0}", 5);

        kit.AwaitAssert(() => Assert.Contains(output.All, line => line.Contains("hello 5")));
    }

    [Fact]
    public void An_output_that_takes_no_more_harms_nobody()
    {
        using var kit = new Kit(new Lines { IsOver = true });

        kit.EventFilter.Info("hello").ExpectOne(() => kit.Log.Info("hello"));
    }

    [Fact]
    public void Disposing_of_a_kit_ends_its_system()
    {
        var kit = new Kit(new Lines());

        kit.Dispose();

        Assert.True(kit.Sys.WhenTerminated.IsCompleted);
    }

#if ACTOR_ENGINE_EMBEDDED // Akka 1.5.30 leaves it there
    [Fact]
    public void Disposing_of_a_kit_takes_its_synchronisation_context_off_the_thread()
    {
        var before = SynchronizationContext.Current;
        var kit = new Kit(new Lines());
        Assert.NotSame(before, SynchronizationContext.Current);

        kit.Dispose();

        Assert.Same(before, SynchronizationContext.Current);
    }
#endif

    private sealed class Kit(ITestOutputHelper output) : TestKit("akka.loglevel = INFO", output);

    private sealed class Lines : ITestOutputHelper
    {
        public ConcurrentQueue<string> All { get; } = new();

        public bool IsOver { get; init; }

        public void WriteLine(string message)
        {
            if (IsOver)
                throw new InvalidOperationException("There is no currently active test.");
            All.Enqueue(message);
        }

        public void WriteLine(string format, params object[] args) => WriteLine(string.Format(format, args));
    }
}
