using System.Globalization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Load;
using Spectre.Console;

namespace ActorSmtp.Cli.Benching;

/// <summary>How a load stands, four times a second, on a terminal's standard error; nothing elsewhere.</summary>
internal static class BenchProgress
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <summary>Shows it until the load has ended.</summary>
    public static async Task ShowAsync(LoadGenerator load, LoadPlan plan, Task running, Terminal output)
    {
        if (!output.ErrorIsTerminal)
        {
            await Task.WhenAny(running).ConfigureAwait(false);
            return;
        }

        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output.Error) });
        await terminal.Live(Picture(load.Report(), 0, plan)).AutoClear(true).StartAsync(async live =>
        {
            var before = load.Report();
            while (await Task.WhenAny(running, Task.Delay(Every)).ConfigureAwait(false) != running)
            {
                var now = load.Report();
                var lately = (now.Accepted - before.Accepted) / Math.Max(0.001, (now.Elapsed - before.Elapsed).TotalSeconds);
                before = now;
                live.UpdateTarget(Picture(now, lately, plan));
            }
        }).ConfigureAwait(false);
    }

    private static Table Picture(LoadReport now, double lately, LoadPlan plan)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var heading in (string[])["time", "accepted", "now/s", "mean/s", "p50", "p99", "open", "failed"])
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        var share = plan.Messages is { } all ? string.Create(CultureInfo.InvariantCulture, $" ({100.0 * (now.Accepted + now.Failed) / all:0} %)") : "";
        table.AddRow(
            BenchOutput.Text($"{now.Elapsed.TotalSeconds:0.0} s"), BenchOutput.Text($"{now.Accepted}{share}"), BenchOutput.Text($"{lately:0}"), BenchOutput.Text($"{now.PerSecond:0}"),
            BenchOutput.Time(now.Latency.P50), BenchOutput.Time(now.Latency.P99), BenchOutput.Text($"{now.Open}"),
            now.Failed > 0 ? BenchOutput.Text($"[red]{now.Failed}[/]") : "0");
        return table;
    }
}
