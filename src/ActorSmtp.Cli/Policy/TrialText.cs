using System.Globalization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Policy;

namespace ActorSmtp.Cli.Policy;

/// <summary>What a listener's checks would do with a message, for people.</summary>
internal static class TrialText
{
    public static void Write(PolicyTrialReport report, Terminal terminal)
    {
        terminal.Out.WriteLine();
        if (report.Steps.IsEmpty)
        {
            terminal.Out.WriteLine(report.Checks.IsEmpty ? $"listener {report.Listener} asks nobody" : $"listener {report.Listener} asks {string.Join(", ", report.Checks)}, and nobody of them about this message");
            return;
        }

        terminal.Out.WriteLine($"listener {report.Listener} asks {(report.Checks.IsEmpty ? "who signs" : string.Join(", ", report.Checks))}");
        var rows = report.Steps.SelectMany(s => s.Findings.Select(f => new[]
        {
            s.Step, Printable.Line(f.Check), Printable.Line(f.Result), f.Score == 0 ? "" : f.Score.ToString("+0.##;-0.##", CultureInfo.InvariantCulture), Printable.Line(f.Reason),
        })).ToList();
        if (rows.Count > 0)
        {
            Columns.Write(terminal.Out, ["STEP", "CHECK", "RESULT", "SCORE", "WHY"], rows);
        }

        foreach (var step in report.Steps.Where(s => s.Reply is not null))
        {
            terminal.Out.WriteLine(Printable.Line($"{step.Step} {step.About}: {step.Reply}"));
        }

        terminal.Out.WriteLine(Printable.Line(string.Create(CultureInfo.InvariantCulture, $"it would be: {report.Verdict}{(report.Score == 0 ? "" : $", with a score of {report.Score:0.##}")}")));
        foreach (var line in report.Fields.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            terminal.Out.WriteLine(Printable.Line(line.Replace("\t", "    ", StringComparison.Ordinal)));
        }
    }
}
