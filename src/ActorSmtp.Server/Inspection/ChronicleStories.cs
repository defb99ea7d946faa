using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// Transcripts and stories of this run of the server, told from the <see cref="Chronicle"/>. What is older than it reaches is in the log's files;
/// who asks there as well is the program around (<see cref="StoryWords"/> names the same things alike).
/// </summary>
internal sealed class ChronicleStories(Chronicle chronicle, SessionIds ids, ImmutableArray<string> listeners, string node) : ISessionStories
{
    /// <summary>Entries of one story.</summary>
    private const int Most = 20_000;

    public Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation)
    {
        var entries = OfSession(sessionId);
        var lines = entries.SelectMany(Lines).ToImmutableArray();
        return Task.FromResult(entries.Count == 0
            ? null
            : new TranscriptView(ids.TextOf(entries[0].Session), lines, entries[0].Kind != ChronicleKind.Opened || entries.Any(e => e.Kind == ChronicleKind.Enough)));
    }

    public Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) =>
        Task.FromResult(MailId.TryParse(mailId, out var id) && SessionOf(chronicle.Read(0, id, Most)) is var number and not 0 ? ids.TextOf(number) : null);

    public Task<Story?> ExplainAsync(string id, CancellationToken cancellation)
    {
        var (mail, account) = StoryWords.Delivery(id);
        return Task.FromResult(mail is not null
            ? Deliveries(id, mail.Value, account!)
            : MailId.TryParse(id, out var message) ? Message(message) : Session(id));
    }

    private Story? Session(string id)
    {
        var entries = OfSession(id);
        if (entries.Count == 0)
        {
            return null;
        }

        var begins = entries[0].Kind == ChronicleKind.Opened;
        foreach (var mail in entries.Where(e => e.Kind == ChronicleKind.Accepted).Select(e => e.Mail).ToList())
        {
            entries.AddRange(chronicle.Read(0, mail, Most - entries.Count).Where(e => e.Session == 0));
        }

        return Tell(ids.TextOf(entries[0].Session), "session", [.. entries.OrderBy(e => e.Time).ThenBy(e => e.Session == 0)], begins && entries.Any(e => e.Kind == ChronicleKind.Closed));
    }

    private Story? Message(MailId id)
    {
        var entries = About(id);
        return entries.Count == 0
            ? null
            : Tell(id.ToString(), "message", entries, entries[0].Kind == ChronicleKind.Opened && IsSettled(entries));
    }

    private Story? Deliveries(string id, MailId mail, string account)
    {
        var entries = About(mail);
        var his = entries.Where(e => e.Session == 0 && Parts(e)[0].Equals(account, StringComparison.OrdinalIgnoreCase)).ToList();
        return his.Count == 0
            ? null
            : Tell(id, "delivery", [.. entries.Where(e => e.Kind is ChronicleKind.Committed or ChronicleKind.Accepted), .. his], his[^1].Kind is ChronicleKind.Delivered or ChronicleKind.Sent or ChronicleKind.GivenUp);
    }

    /// <summary>How the session came to it, its own transaction, and what happened behind the reply.</summary>
    private List<ChronicleEntry> About(MailId id)
    {
        var own = chronicle.Read(0, id, Most);
        if (SessionOf(own) is not (var session and not 0))
        {
            return own;
        }

        var all = chronicle.Read(session, default, Most);
        var first = all.FindIndex(e => e.Mail == id);
        var mail = first < 0 ? -1 : all.FindLastIndex(first, e => e.Kind == ChronicleKind.Heard && e.Text.AsSpan().StartsWith("MAIL"u8));
        return
        [
            .. all.Where((e, i) => e.Mail == id || (i < first && (i >= mail && mail >= 0)) || (i < first && IsAboutPeer(e.Kind)))
                .Concat(own.Where(e => e.Session == 0)).OrderBy(e => e.Time).ThenBy(e => e.Session == 0),
        ];
    }

    private static bool IsAboutPeer(ChronicleKind kind) => kind is ChronicleKind.Opened or ChronicleKind.Secured or ChronicleKind.LoggedIn or ChronicleKind.LoginDenied or ChronicleKind.Judged;

    private static long SessionOf(List<ChronicleEntry> entries) => entries.Find(e => e.Session != 0)?.Session ?? 0;

    /// <summary>Nothing more is to come: what left the queue was delivered, returned or taken out; what never came there is in mailboxes.</summary>
    private static bool IsSettled(List<ChronicleEntry> entries) =>
        entries.Exists(e => e.Kind is ChronicleKind.Refused or ChronicleKind.LeftQueue)
        || (entries.Exists(e => e.Kind == ChronicleKind.Delivered) && !entries.Exists(e => e.Kind == ChronicleKind.Queued));

    private List<ChronicleEntry> OfSession(string id) => ids.NumberOf(id) is var number and not 0 ? chronicle.Read(number, default, Most) : [];

    private Story Tell(string id, string kind, IReadOnlyList<ChronicleEntry> entries, bool complete)
    {
        ChronicleEntry? committed = null;
        var told = ImmutableArray.CreateBuilder<StoryEntry>(entries.Count);
        foreach (var entry in entries)
        {
            committed = entry.Kind == ChronicleKind.Committed ? entry : committed;
            told.Add(Tell(entry, committed is not null && committed.Mail == entry.Mail ? chronicle.Between(committed, entry) : null));
        }

        return new Story(id, kind, told.MoveToImmutable(), complete);
    }

    private StoryEntry Tell(ChronicleEntry entry, TimeSpan? sinceCommit)
    {
        var (what, detail, level) = Words(entry, sinceCommit);
        var about = ImmutableDictionary<string, string>.Empty;
        about = entry.Session == 0 ? about : about.Add("session", ids.TextOf(entry.Session));
        about = entry.Mail.IsEmpty ? about : about.Add("message", entry.Mail.ToString());
        return new StoryEntry(chronicle.TimeOf(entry), node, ActorOf(entry), what, detail, level, about);
    }

    private (string What, string Detail, string Level) Words(ChronicleEntry entry, TimeSpan? sinceCommit)
    {
        var parts = Parts(entry);
        var after = sinceCommit is { } time ? string.Create(CultureInfo.InvariantCulture, $" ({time.TotalMilliseconds:0.###} ms after its end)") : "";
        return entry.Kind switch
        {
            ChronicleKind.Opened => (StoryWords.Connected, $"from {(parts[0].Length > 0 ? parts[0] : "a Unix socket")} on listener {ListenerOf(entry)}", "debug"),
            ChronicleKind.Heard => (StoryWords.Command, Transcript.Printable(entry.Text), "debug"),
            ChronicleKind.Said => (StoryWords.Reply, entry.Number == 0 ? parts[0] : $"{Chronicle.CodesText(entry.Number)} {parts[0].Replace("\n", " / ", StringComparison.Ordinal)}", "debug"),
            ChronicleKind.Secured => (StoryWords.Secured, parts[0], "debug"),
            ChronicleKind.LoggedIn => (StoryWords.LoggedIn, $"{parts[0]} with {parts[1]}", "info"),
            ChronicleKind.LoginDenied => (StoryWords.LoginDenied, $"{parts[0]} with {parts[1]}", "warning"),
            ChronicleKind.Committed => (StoryWords.Received, string.Create(CultureInfo.InvariantCulture, $"{entry.Number} octets of content, given to the store"), "debug"),
            ChronicleKind.Accepted => (StoryWords.Accepted,
                string.Create(CultureInfo.InvariantCulture, $"the store keeps it{after}; for {entry.Number} {(entry.Number == 1 ? "recipient" : "recipients")}"), "info"),
            ChronicleKind.Refused => (StoryWords.Refused, $"{Chronicle.CodesText(entry.Number)} {parts[0]}", "warning"),
            ChronicleKind.Delivered => (StoryWords.Delivered, $"to {parts[0]}{(parts[1].Length > 0 ? $" as {parts[1]}" : "")}{after}", "info"),
            ChronicleKind.DeliveryFailed => (StoryWords.DeliveryFailed,
                string.Create(CultureInfo.InvariantCulture, $"to {parts[0]}: {parts[1]}; tried again in {TimeSpan.FromSeconds(entry.Number)}"), "error"),
            ChronicleKind.Queued => (StoryWords.Queued, string.Create(CultureInfo.InvariantCulture, $"for {parts[0]}{after}; {entry.Number} {(entry.Number == 1 ? "recipient" : "recipients")} there"), "info"),
            ChronicleKind.Tried => (StoryWords.Tried, $"for {parts[0]}: {parts[1]}", "info"),
            ChronicleKind.Sent => (StoryWords.Sent, string.Create(CultureInfo.InvariantCulture, $"to {parts[0]} {parts[1]} (in {entry.Number} ms)"), "info"),
            ChronicleKind.PutOff => (StoryWords.PutOff, string.Create(CultureInfo.InvariantCulture, $"to {parts[0]} {parts[1]}; tried again in {TimeSpan.FromSeconds(entry.Number)}"), "warning"),
            ChronicleKind.GivenUp => (StoryWords.GivenUp, $"to {parts[0]} {parts[1]}", "warning"),
            ChronicleKind.Noticed => (StoryWords.Noticed, $"{parts[0]}: {parts[1]}", "info"),
            ChronicleKind.Ordered => (StoryWords.Ordered, $"{parts[1]}, for {parts[0]}", "info"),
            ChronicleKind.LeftQueue => (StoryWords.LeftQueue, "nothing of it is left in the queue", "info"),
            ChronicleKind.Led => (StoryWords.Led, $"{parts[0]} leads to {parts[1]}", "info"),
            ChronicleKind.TakenOver => (StoryWords.TakenOver, parts[1].Length > 0 ? $"from {parts[1]}, whose claim had ended" : "from the database, where nobody had it", "info"),
            ChronicleKind.Judged => (StoryWords.Judged, PolicyNews.Words(parts, entry.Number), "info"),
            ChronicleKind.Enough => (StoryWords.NotKept, string.Create(CultureInfo.InvariantCulture, $"commands and replies after the first {entry.Number} (inspection.lines-per-session)"), "debug"),
            _ => (StoryWords.Ended, parts[0], "debug"),
        };
    }

    private IEnumerable<TranscriptEntry> Lines(ChronicleEntry entry)
    {
        var at = chronicle.TimeOf(entry);
        switch (entry.Kind)
        {
            case ChronicleKind.Heard:
                return [new TranscriptEntry(at, "client", Transcript.Printable(entry.Text))];

            case ChronicleKind.Said when entry.Number == 0:
                return [new TranscriptEntry(at, "server", Transcript.Printable(entry.Text))];

            case ChronicleKind.Said:
                var lines = Encoding.UTF8.GetString(entry.Text).Split('\n');
                var codes = Chronicle.CodesText(entry.Number).Split(' ', 2);
                return lines.Select((line, i) => new TranscriptEntry(
                    at, "server", $"{codes[0]}{(i == lines.Length - 1 ? ' ' : '-')}{(codes.Length > 1 ? codes[1] + " " : "")}{line}"));

            default:
                var (what, detail, _) = Words(entry, null);
                return [new TranscriptEntry(at, "note", $"{what}: {detail}")];
        }
    }

    private string ActorOf(ChronicleEntry entry) => entry.Session == 0
        ? entry.Kind is (>= ChronicleKind.Queued and <= ChronicleKind.LeftQueue) || entry is { Kind: ChronicleKind.TakenOver, Number: 1 } ? QueueNews.Path : $"/user/{Supervision.Mailboxes}"
        : $"/user/{Supervision.Listeners}/{ListenerOf(entry)}/{ids.TextOf(entry.Session)}";

    private string ListenerOf(ChronicleEntry entry) => entry.Listener < listeners.Length ? listeners[entry.Listener] : "?";

    /// <summary>The text's parts, two at least, fit to be shown.</summary>
    private static string[] Parts(ChronicleEntry entry)
    {
        var text = Encoding.UTF8.GetString(entry.Text).Split('\0');
        return text.Length > 1 ? text : [text[0], ""];
    }
}
