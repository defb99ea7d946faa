using System.Collections.Concurrent;
using ActorSmtp.Web.Events;

namespace ActorSmtp.Web.Tests.Events;

/// <summary>What is shown of deliveries while somebody looks.</summary>
public sealed class ArrivalsTests
{
    [Fact]
    public async Task A_message_that_cannot_be_shown_costs_itself_alone_and_is_logged()
    {
        await using var console = await RunningConsole.StartAsync();
        var shown = new ConcurrentQueue<string>();
        var lost = 0L;
        await using var arrivals = new Arrivals(
            console.Server,
            TimeProvider.System,
            heard: (_, _) => { },
            isWanted: _ => true,
            show: (account, _) =>
            {
                if (account.StartsWith("stranger", StringComparison.Ordinal))
                {
                    throw new FormatException("a fault of the parser");
                }

                shown.Enqueue(account);
                return Task.CompletedTask;
            },
            lost: count => Interlocked.Add(ref lost, count),
            isNeeded: () => true,
            console.Log.CreateLogger("test"));
        arrivals.Need();
        await console.SubmitAsync("stranger@a.test", "Subject: x\n\nx\n");
        await RunningConsole.UntilAsync(() => Task.FromResult(console.Log.All.FirstOrDefault(l => l.Contains("in stranger@a.test could not be shown", StringComparison.Ordinal))));
        await console.SubmitAsync("bob@a.test", "Subject: x\n\nx\n");
        await RunningConsole.UntilAsync(() => Task.FromResult(shown.Contains("bob@a.test") ? "" : null));
        Assert.Equal(1, Interlocked.Read(ref lost));
    }
}
