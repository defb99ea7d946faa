using System.Globalization;
using ActorSmtp.Cli.Commands;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Web.Api;

namespace ActorSmtp.Cli.Queueing;

/// <summary>The queue as people read it on a terminal: two lines for a message, the second with what it waits for.</summary>
internal sealed class QueueText(Terminal terminal, TimeProvider time)
{
    private const string Indent = "                  ";

    private readonly string _dim = terminal.Colours ? "\x1b[90m" : "";
    private readonly string _end = terminal.Colours ? "\x1b[0m" : "";

    /// <summary>What stands above a list.</summary>
    public void Head() => terminal.Out.WriteLine($"{"ID",-16}  {"STATE",-7}  {"AGE",-7} {"TRIED",5}  {"NEXT",-8} {"SIZE",10}  FROM > TO");

    /// <summary>One message at one destination.</summary>
    public void Item(QueueItem m)
    {
        var to = Printable.Line(string.Join(", ", m.To)) + (m.Recipients > m.To.Count ? string.Create(CultureInfo.InvariantCulture, $" and {m.Recipients - m.To.Count} more") : "");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{m.Id,-16}  {Word(m.State),-7}  {Since(m.ReceivedAt),-7} {m.Failures,5}  {Next(m),-8} {ProgressLine.Size(m.Octets),10}  {From(m.From)} > {to}{Words("  on ", m.Node)}"));
        if (m.Why is not null)
        {
            terminal.Out.WriteLine($"{Indent}{_dim}{Printable.Line(m.Host is null ? m.Why : $"{m.Host}: {m.Why}")}{_end}");
        }
    }

    /// <summary>The last line of a list.</summary>
    /// <param name="shown">How many were shown of it; null: all that match.</param>
    public void Foot(QueueFigures t, long? shown)
    {
        if (t.Messages == 0)
        {
            terminal.Out.WriteLine("the queue is empty");
            return;
        }

        var text = string.Create(CultureInfo.InvariantCulture,
            $"{Count(t.Messages, "message")} ({ProgressLine.Size(t.Octets)}) for {Count(t.Destinations, "destination")}: {t.Active} active, {t.Waiting} waiting, {t.Held} held");
        text += t.OldestAt is { } oldest ? $"; the oldest for {Since(oldest)}" : "";
        text += t.DueSince is { } due && Since(due) is var lag and not "0s" ? $"; behind by {lag}" : "";
        text += t.Unreadable > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {t.Unreadable} cannot be read") : "";
        text += t.UntoldWhy is { } untold ? string.Create(CultureInfo.InvariantCulture, $"; the senders of {t.Untold} cannot be told for now: {Printable.Line(untold)}") : "";
        text += t.Pressure == "full" ? "; full: no more is taken" : "";
        terminal.Out.WriteLine(shown is { } n ? string.Create(CultureInfo.InvariantCulture, $"{n} shown; in all {text}") : text);
    }

    /// <summary>The queue by destination.</summary>
    public void Destinations(QueueOverview all)
    {
        Columns.Write(
            terminal.Out,
            ["DESTINATION", "MESSAGES", "ACTIVE", "HELD", "OLDEST", "NEXT", "WHY"],
            all.Items.Select(d => new[]
            {
                d.Destination,
                d.Messages.ToString(CultureInfo.InvariantCulture),
                d.Active.ToString(CultureInfo.InvariantCulture),
                d.Held.ToString(CultureInfo.InvariantCulture),
                d.OldestAt is { } oldest ? Since(oldest) : "",
                d.RestsUntil is { } until ? $"rests {Until(until)}" : d.NextAt is { } next ? Until(next) : "",
                d.Why ?? "",
            }));
    }

    /// <summary>A message with its recipients and attempts.</summary>
    public void Message(QueueDetail m)
    {
        var to = terminal.Out;
        to.WriteLine($"message {m.Id}, {ProgressLine.Size(m.Octets)}, from {From(m.From)}");
        to.WriteLine($"received {Time(m.ReceivedAt)}, {Since(m.ReceivedAt)} ago{Words(", by ", m.User ?? m.Client)}{Words(" in session ", m.Session)}{Words(", ENVID ", m.EnvelopeId)}{(m.RequireTls ? ", REQUIRETLS" : "")}");
        to.WriteLine($"expires {Time(m.ExpiresAt)}{(m.WarnedAt is { } warned ? $"; the sender heard {Time(warned)} that it takes long" : "")}");
        if (m.Node is not null)
        {
            to.WriteLine($"in hand of node {Printable.Line(m.Node)}");
        }

        if (m.Problem is not null)
        {
            to.WriteLine(Printable.Line(m.Problem));
        }

        foreach (var notice in m.Notices)
        {
            to.WriteLine(Printable.Line($"{notice.Why} (notice {notice.Id}, next try {Until(notice.NextAt)})"));
        }

        to.WriteLine();
        Columns.Write(
            to, ["RECIPIENT", "STATE", "TRIED", "NEXT", "WHY"],
            m.Recipients.Select(r => new[] { r.Address, Word(r.State), r.Failures.ToString(CultureInfo.InvariantCulture), r.NextAt is { } next ? Until(next) : "", r.Why ?? r.Status ?? "" }));
        to.WriteLine();
        if (m.EarlierAttempts > 0)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{m.EarlierAttempts} earlier attempts are not kept with it; `actorsmtp explain {m.Id}` looks for them in the log"));
        }

        if (m.Attempts.Count == 0)
        {
            to.WriteLine("no attempt so far");
        }

        foreach (var attempt in m.Attempts)
        {
            Attempt(attempt);
        }
    }

    private void Attempt(QueueAttempt a)
    {
        var to = terminal.Out;
        to.WriteLine(Printable.Line(string.Create(CultureInfo.InvariantCulture, $"{Time(a.At)}  {a.Server ?? $"no server of {a.Destination}"}, {Tls(a)}{a.Seconds:0.###} s, as far as {a.Phase}")));
        if (a.Why is not null)
        {
            to.WriteLine($"  {Printable.Line(a.Why)}");
        }

        foreach (var o in a.Outcomes)
        {
            var why = o.Why == a.Why ? null : o.Why;
            to.WriteLine($"  {o.What} {Printable.Line(o.Recipient)}{_dim}  {Printable.Line(o.Reply is null ? $"{o.Status} {why ?? ""}".TrimEnd() : why is null ? o.Reply : $"{o.Reply} ({why})")}{_end}");
        }
    }

    private static string Tls(QueueAttempt a) =>
        a.Tls is null ? a.TlsPolicy is null || a.Phase is "connecting" or "greeting" or "introducing" ? "" : $"no TLS ({a.TlsPolicy}), " : $"{a.Tls} ({a.TlsPolicy ?? "opportunistic"}{(a.TlsProblem is null ? "" : $"; {a.TlsProblem}")}), ";

    private static string Word<TState>(TState state)
        where TState : struct, Enum => state.ToString().ToLowerInvariant();

    private string Next(QueueItem m) => m.NextAt is { } next ? Until(next) : "-";

    private string Since(DateTimeOffset at) => ActorsCommand.Age(time.GetUtcNow() - at);

    private string Until(DateTimeOffset at) => at <= time.GetUtcNow() ? "now" : ActorsCommand.Age(at - time.GetUtcNow() + TimeSpan.FromMilliseconds(999));

    private static string From(string from) => from.Length == 0 ? "<>" : Printable.Line(from);

    private static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Words(string before, string? text) => text is null ? "" : before + Printable.Line(text);

    private static string Count(long n, string one) => string.Create(CultureInfo.InvariantCulture, $"{n} {one}{(n == 1 ? "" : "s")}");
}
