using Akka.Actor;
using Akka.Event;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2.Internals;

/// <summary>
/// Writes what a system logs into a test's output, and ends when the test has ended. Stands for
/// Akka.TestKit.Xunit2.Internals.TestOutputLogger, complete.
/// </summary>
public class TestOutputLogger : ReceiveActor
{
    /// <summary>Writes to <paramref name="output"/>.</summary>
    public TestOutputLogger(ITestOutputHelper output)
    {
        Receive<LogEvent>(e => Write(output, e));
        Receive<InitializeLogger>(m =>
        {
            m.LoggingBus.Subscribe(Self, typeof(LogEvent));
            Sender.Tell(new LoggerInitialized());
        });
    }

    private void Write(ITestOutputHelper output, LogEvent e)
    {
        try
        {
            output.WriteLine(e.ToString());
        }
        catch (InvalidOperationException)
        {
            // The test is over and xunit takes no more of its output.
            Context.Stop(Self);
        }
    }
}
