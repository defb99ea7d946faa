using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp journal</c>: looks into the journal without changing it, also while a server runs.</summary>
internal static class JournalCommand
{
    public static Command Create(Terminal terminal) => new("journal", """
        What was accepted and is not yet delivered.
        Example: actorsmtp journal verify
        """)
    {
        Show(terminal),
        Verify(terminal),
    };

    private static Command Show(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command("show", """
            Every record of the journal, oldest first.
            Example: actorsmtp journal show --json
            """)
        {
            json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var asJson = parsed.GetValue(json);
            Read(configuration.Load(parsed).Server.DataDirectory, entry => terminal.Out.WriteLine(asJson ? Document(entry) : Line(entry)), cancellation);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static Command Verify(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("verify", """
            Reads the whole journal and checks every record. Ends with 65 if a place that was stable cannot be read back.
            Example: actorsmtp journal verify
            """)
        {
            json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var harmed = new List<JournalEntry>();
            var summary = Read(configuration.Load(parsed).Server.DataDirectory, entry => Keep(entry, harmed), cancellation);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, new { ok = summary.Damage == 0, summary, damage = harmed.Select(h => new { h.Segment, h.Offset, h.Octets }) });
            }
            else
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{summary.Records} records in {summary.Segments} segments ({summary.Free} free): {summary.Waiting} messages wait ({ProgressLine.Size(summary.WaitingOctets)}), {summary.Delivered} delivered; last run {(summary.Clean ? "ended in order" : "did not end in order, or goes on")}; {summary.TornOctets} octets torn"));
                foreach (var place in harmed)
                {
                    terminal.Complain($"{place.Segment}: {place.Octets} octets at {place.Offset} cannot be read back");
                }
            }

            return Task.FromResult(summary.Damage == 0 ? ExitCodes.Ok : ExitCodes.BadData);
        });
        return command;
    }

    /// <summary>No journal is 69, one of another version 65.</summary>
    private static JournalSummary Read(string dataDirectory, Action<JournalEntry> record, CancellationToken cancellation)
    {
        try
        {
            return JournalReader.Read(dataDirectory, record, cancellation);
        }
        catch (StoreException none) when (none.InnerException is DiskException { Error: DiskError.NotFound } && !Directory.Exists(Path.Combine(dataDirectory, "journal")))
        {
            throw new CommandFailedException(ExitCodes.Unavailable, $"there is no journal in {dataDirectory}; give --config, or --set data-dir=…");
        }
        catch (StoreException other) when (other.InnerException is null)
        {
            throw new CommandFailedException(ExitCodes.BadData, other.Message);
        }
    }

    private static void Keep(JournalEntry entry, List<JournalEntry> harmed)
    {
        if (entry.Kind == "damage" && harmed.Count < 1000)
        {
            harmed.Add(entry);
        }
    }

    private static string Line(JournalEntry entry) => Printable.Line(string.Create(CultureInfo.InvariantCulture,
        $"{entry.Segment} {entry.Offset,10} {entry.Kind,-8} {entry.Sequence,8} {entry.Octets,8} {entry.Id?.ToString() ?? ""} {Words(entry)}").TrimEnd());

    private static string Words(JournalEntry entry) => entry switch
    {
        { Envelope: { } envelope } => $"{entry.ContentLength} octets from {envelope.From} for {string.Join(", ", envelope.Recipients.Select(r => r.Address))}",
        { Done.IsDefaultOrEmpty: false } => string.Join(", ", entry.Done.Select(d => d.Recipient < 0 ? $"{d.Sequence}" : $"{d.Sequence}/{d.Recipient}")),
        _ => "",
    };

    private static string Document(JournalEntry entry) => JsonSerializer.Serialize(new
    {
        segment = entry.Segment,
        use = entry.Use,
        offset = entry.Offset,
        kind = entry.Kind,
        sequence = entry.Sequence,
        octets = entry.Octets,
        id = entry.Id?.ToString(),
        contentLength = entry.Envelope is null ? (long?)null : entry.ContentLength,
        from = entry.Envelope?.From.ToString(),
        recipients = entry.Envelope?.Recipients.Select(r => r.Address.ToString()),
        done = entry.Done.IsDefaultOrEmpty ? null : entry.Done.Select(d => new { sequence = d.Sequence, recipient = d.Recipient }),
    });
}
