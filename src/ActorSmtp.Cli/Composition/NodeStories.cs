using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// Stories of all nodes that share a database. Each node knows what it did itself; what another one did it is asked for, at the moment when somebody wants to know, and the
/// database says who has the message now. Times are by the database's clock where a node's own is wrong.
/// </summary>
/// <param name="own">What this node knows.</param>
/// <param name="ask">Asks the other nodes what they know of a subject.</param>
/// <param name="accepted">Who has a message that waits.</param>
/// <param name="node">What this node calls itself.</param>
internal sealed class NodeStories(
    ISessionStories own, Func<string, CancellationToken, Task<NodeAnswers>> ask, Func<MailId, CancellationToken, Task<AcceptedRow?>> accepted, string node, TimeProvider time) : ISessionStories
{
    /// <summary>Entries of an answer.</summary>
    private const int MostTold = 2_000;

    private const string Explain = "story ";
    private const string Transcript = "transcript ";

    /// <summary>By so much clocks differ without anybody minding.</summary>
    private static readonly TimeSpan s_alike = TimeSpan.FromSeconds(0.5);

    public Task<string?> RecentSessionOfAsync(string mailId, CancellationToken cancellation) => own.RecentSessionOfAsync(mailId, cancellation);

    public async Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) =>
        await own.SessionOfAsync(mailId, cancellation).ConfigureAwait(false)
        ?? (MailId.TryParse(mailId, out _) && await ExplainAsync(mailId, cancellation).ConfigureAwait(false) is { } story
            ? story.Entries.Select(e => e.Ids.GetValueOrDefault("session")).FirstOrDefault(s => s is not null)
            : null);

    public async Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation)
    {
        if (await own.TranscriptAsync(sessionId, cancellation).ConfigureAwait(false) is { } here)
        {
            return here;
        }

        var told = await AskAsync(Transcript + sessionId, cancellation).ConfigureAwait(false);
        return told?.Answers.Select(a => Read<TranscriptView>(a.Content)).FirstOrDefault(t => t is not null);
    }

    public async Task<Story?> ExplainAsync(string id, CancellationToken cancellation)
    {
        var here = await own.ExplainAsync(id, cancellation).ConfigureAwait(false);
        if (here is { Complete: true })
        {
            return Named(here, node, TimeSpan.Zero) with { Shared = true };
        }

        var told = await AskAsync(Explain + id, cancellation).ConfigureAwait(false);
        var stands = MailOf(id) is { } mail ? await StandsAsync(mail, cancellation).ConfigureAwait(false) : [];
        return Joined(id, here, told, stands);
    }

    /// <summary>What this node answers another one.</summary>
    public async Task<byte[]?> AnswerAsync(string subject, CancellationToken cancellation)
    {
        if (subject.StartsWith(Transcript, StringComparison.Ordinal))
        {
            return await own.TranscriptAsync(subject[Transcript.Length..], cancellation).ConfigureAwait(false) is { } said
                ? Fitting(said.Lines.Length, n => said with { Lines = Ends(said.Lines, n), Truncated = said.Truncated || n < said.Lines.Length })
                : null;
        }

        return subject.StartsWith(Explain, StringComparison.Ordinal) && await own.ExplainAsync(subject[Explain.Length..], cancellation).ConfigureAwait(false) is { } story
            ? Fitting(story.Entries.Length, n => story with { Entries = Ends(story.Entries, n), Complete = story.Complete && n == story.Entries.Length })
            : null;
    }

    /// <summary>As many as an answer has room for.</summary>
    private static byte[] Fitting<T>(int most, Func<int, T> with)
    {
        for (var n = Math.Min(most, MostTold); ; n /= 2)
        {
            var octets = JsonSerializer.SerializeToUtf8Bytes(with(n));
            if (octets.Length <= NodeQuestions.LongestAnswer || n == 0)
            {
                return octets;
            }
        }
    }

    /// <summary>The first and the last, so many in all: how it came, and how it stands.</summary>
    private static ImmutableArray<T> Ends<T>(ImmutableArray<T> all, int most) => all.Length <= most ? all : [.. all[..(most / 2)], .. all[^(most - (most / 2))..]];

    private async Task<NodeAnswers?> AskAsync(string subject, CancellationToken cancellation)
    {
        try
        {
            return subject.Length > NodeQuestions.LongestSubject ? null : await ask(subject, cancellation).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            return null;                        // this node's own part is told all the same
        }
    }

    private async Task<ImmutableArray<StoryEntry>> StandsAsync(MailId mail, CancellationToken cancellation)
    {
        try
        {
            return await accepted(mail, cancellation).ConfigureAwait(false) is not { } row ? [] :
            [
                Entry(mail, time.GetUtcNow(), node, StoryWords.Waits, string.Create(
                    CultureInfo.InvariantCulture,
                    $"accepted, {row.Done} of its recipients have it; {(row.Node is { } holder ? $"{holder} has claimed it" : "no node has claimed it at this moment")}{(row.Claims > 1 ? $" (claimed {row.Claims} times)" : "")}")),
            ];
        }
        catch (StoreException)
        {
            return [];
        }
    }

    private Story? Joined(string id, Story? here, NodeAnswers? told, ImmutableArray<StoryEntry> stands)
    {
        var ahead = told?.Ahead ?? TimeSpan.Zero;
        var parts = new List<Story>();
        if (here is not null)
        {
            parts.Add(Named(here, node, ahead));
        }

        foreach (var answer in told?.Answers ?? [])
        {
            if (Read<Story>(answer.Content) is { Entries.IsDefaultOrEmpty: false } story)
            {
                parts.Add(Named(story, answer.Name, answer.Ahead));
            }
        }

        var entries = InOrder(parts).Concat(stands).ToList();
        var isKnown = entries.Count > 0;
        entries.AddRange(Missing(id, told, entries));
        if (!isKnown && entries.TrueForAll(e => e.What == StoryWords.Noted && e.At >= time.GetUtcNow() - TimeSpan.FromSeconds(1)))
        {
            return null;                        // that somebody was not heard is no story
        }

        var isWhole = told is { Silent.IsEmpty: true } && stands.IsEmpty && IsWhole(entries);
        return new Story(parts.FirstOrDefault()?.Id ?? id, parts.FirstOrDefault()?.Kind ?? Kind(id), [.. entries.OrderBy(e => e.At)], isWhole) { Shared = true };
    }

    /// <summary>Together by time, each node's own in the order in which it told them: what it did in one moment has times that tell nothing.</summary>
    private static IEnumerable<StoryEntry> InOrder(List<Story> parts)
    {
        foreach (var part in parts)
        {
            var last = DateTimeOffset.MinValue;
            foreach (var entry in part.Entries)
            {
                last = entry.At > last ? entry.At : last;
                yield return entry with { At = last };
            }
        }
    }

    /// <summary>Whose part is missing, and whose clock is wrong.</summary>
    private IEnumerable<StoryEntry> Missing(string id, NodeAnswers? told, List<StoryEntry> known)
    {
        var now = time.GetUtcNow();
        if (told is null)
        {
            yield return Entry(MailOf(id), now, node, StoryWords.Noted, "the other nodes could not be asked: this is what this node knows", "warning");
            yield break;
        }

        foreach (var silent in told.Silent)
        {
            yield return Entry(MailOf(id), now, silent.Name, StoryWords.Noted,
                silent.Run.Length == 0 ? $"{silent.Name} runs version {silent.Program}, which cannot be asked: what it knows is missing" : $"{silent.Name} did not answer in time: what it knows is missing", "warning");
        }

        foreach (var wrong in told.Answers.Select(a => (a.Name, a.Ahead)).Append((Name: node, told.Ahead)).Where(c => c.Ahead.Duration() > s_alike))
        {
            yield return Entry(MailOf(id), now, wrong.Name, StoryWords.Noted, string.Create(
                CultureInfo.InvariantCulture, $"the clock of {wrong.Name} is {wrong.Ahead.Duration().TotalSeconds:0.0} s {(wrong.Ahead > TimeSpan.Zero ? "ahead" : "behind")}: its part is told by the database's"), "warning");
        }

        // Every id ends with its node's mark, so that who gave it out is known of a node that is gone, too.
        var run = RunOf(id);
        if (run is not null && !known.Exists(e => e.What is StoryWords.Accepted or StoryWords.Connected) && told.Gone.FirstOrDefault(n => n.Run.Equals(run, StringComparison.OrdinalIgnoreCase)) is { } gone)
        {
            yield return Entry(MailOf(id), MailOf(id)?.Time ?? gone.StartedAt, gone.Name, StoryWords.Noted, string.Create(
                CultureInfo.InvariantCulture, $"came to {gone.Name}, which {(gone.HasLeft ? "ended in order" : "gave its last sign of life")} {now - gone.SeenAgo:yyyy-MM-dd HH:mm:ss} UTC: what it knew is in the log of that machine{(known.Count == 0 ? "; it waits for no mailbox any more" : "")}"), "warning");
        }
    }

    /// <summary>It is told from its beginning, and nothing more is to come.</summary>
    private static bool IsWhole(List<StoryEntry> entries)
    {
        bool Has(params string[] words) => entries.Exists(e => words.Contains(e.What));
        return Has(StoryWords.Connected) && (Has(StoryWords.Refused, StoryWords.LeftQueue) || (Has(StoryWords.Delivered) && !Has(StoryWords.Queued)));
    }

    private static Story Named(Story story, string name, TimeSpan ahead) => story with
    {
        Entries = [.. story.Entries.Select(e => e with { Node = name, At = ahead.Duration() > s_alike ? e.At - ahead : e.At })],
    };

    private static StoryEntry Entry(MailId? mail, DateTimeOffset at, string name, string what, string detail, string level = "info") =>
        new(at, name, "", what, detail, level, mail is { } id ? ImmutableDictionary<string, string>.Empty.Add("message", id.ToString()) : ImmutableDictionary<string, string>.Empty);

    private static MailId? MailOf(string id) => StoryWords.Delivery(id).Message ?? (MailId.TryParse(id, out var mail) ? mail : null);

    private static string Kind(string id) => StoryWords.Delivery(id).Message is not null ? "delivery" : MailId.TryParse(id, out _) ? "message" : "session";

    /// <summary>The four characters that a run's ids have in common: behind a session's <c>s</c>, at the end of a message's.</summary>
    private static string? RunOf(string id) =>
        MailOf(id) is { } mail ? mail.ToString()[^4..]
        : id.IndexOf('-', StringComparison.Ordinal) == 5 && id.StartsWith('s') ? id[1..5]
        : null;

    private static T? Read<T>(byte[] content)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(content);
        }
        catch (JsonException)
        {
            return null;                        // a newer program's
        }
    }
}
