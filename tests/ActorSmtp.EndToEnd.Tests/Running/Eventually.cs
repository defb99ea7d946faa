using System.Diagnostics;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>Looks again and again, with a deadline, for what another process will do.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <exception cref="TimeoutException">It did not come true; the message holds the server's output.</exception>
    public static async Task True(Func<bool> condition, string what, RunningServer server)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"Waited {Patience.TotalSeconds:0} s for {what}.\n--- the server's output\n{server.Output}");
            }

            await Task.Delay(Pause);
        }
    }
}
