using System.Globalization;
using ActorSmtp.Cli.Sending;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Checks;
using Spectre.Console;

namespace ActorSmtp.Cli.Checking;

/// <summary>What a check found: tables on a terminal, a line for each clause in a pipe, or one JSON document.</summary>
internal static class CheckOutput
{
    /// <summary>0 where no MUST is broken, else EX_PROTOCOL.</summary>
    public static int ExitCode(CheckReport report) => report.IsConforming ? ExitCodes.Ok : ExitCodes.Protocol;

    /// <summary>The clauses themselves, in words.</summary>
    public static void WriteList(Terminal terminal, bool json)
    {
        if (json)
        {
            Json.Write(terminal.Out, Clauses.All.Select(Described));
            return;
        }

        foreach (var (name, title) in Clauses.Groups)
        {
            terminal.Out.WriteLine($"{title} (--only {name})");
            foreach (var clause in Clauses.All.Where(c => c.Group == name))
            {
                terminal.Out.WriteLine($"  {clause.Id,-52} {Words(clause.Requirement),-6} {clause.Text}");
            }
        }
    }

    public static void WriteText(Terminal terminal, CheckReport report, bool verbose)
    {
        if (terminal.OutIsTerminal)
        {
            WriteTables(terminal, report);
        }
        else
        {
            foreach (var result in report.Results)
            {
                terminal.Out.WriteLine($"{Words(result.Verdict),-11} {result.Clause.Id}  {Told(result)}");
            }
        }

        foreach (var result in report.Results.Where(r => verbose && r.Verdict is Verdict.Fail or Verdict.Warn))
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"{result.Clause.Id}, {result.Clause.Section}");
            foreach (var line in result.Dialogue)
            {
                terminal.Out.WriteLine("    " + Printable.Line(line));
            }
        }

        terminal.Out.WriteLine(Summary(report));
    }

    public static void WriteJson(Terminal terminal, string address, CheckReport report) => Json.Write(terminal.Out, new
    {
        address,
        server = report.Server,
        offered = report.Offered,
        conforming = report.IsConforming,
        exitCode = ExitCode(report),
        counts = Enum.GetValues<Verdict>().ToDictionary(v => Words(v), report.Count),
        clauses = report.Results.Select(r => new
        {
            r.Clause.Id,
            r.Clause.Group,
            r.Clause.Section,
            requirement = Words(r.Clause.Requirement),
            r.Clause.Text,
            verdict = Words(r.Verdict),
            r.Why,
            dialogue = r.Verdict is Verdict.Fail or Verdict.Warn ? r.Dialogue : [],
        }),
    });

    public static string Words(Verdict verdict) => verdict == Verdict.NotOffered ? "not offered" : verdict.ToString().ToLowerInvariant();

    public static string Words(Requirement requirement) => requirement == Requirement.Must ? "MUST" : "SHOULD";

    private static void WriteTables(Terminal terminal, CheckReport report)
    {
        var console = Consoles.Of(terminal.Out, terminal.Colours);
        foreach (var (name, title) in Clauses.Groups)
        {
            var results = report.Results.Where(r => r.Clause.Group == name).ToArray();
            if (results.Length == 0)
            {
                continue;
            }

            var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(title)).AddColumns("", "where", "clause");
            foreach (var result in results)
            {
                table.AddRow(
                    $"[{Colour(result.Verdict)}]{Words(result.Verdict)}[/]",
                    $"{Markup.Escape(result.Clause.Section)} {Words(result.Clause.Requirement)}",
                    Markup.Escape(Told(result)));
            }

            console.Write(table);
        }
    }

    private static string Told(ClauseResult result) =>
        Printable.Line(result.Why is { } why ? $"{result.Clause.Text.TrimEnd('.')}: {why}" : result.Clause.Text);

    private static string Summary(CheckReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Count(Verdict.Pass)} passed, {report.Count(Verdict.Fail)} failed, {report.Count(Verdict.Warn)} warnings, {report.Count(Verdict.NotOffered)} not offered, {report.Count(Verdict.Skipped)} skipped");

    private static string Colour(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "green",
        Verdict.Fail => "red",
        Verdict.Warn => "yellow",
        _ => "grey",
    };

    private static object Described(Clause clause) =>
        new { clause.Id, clause.Group, clause.Section, requirement = Words(clause.Requirement), clause.Text };
}
