using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// Transcripts and stories from the log's files: what is told when the server does not run, and what a running one no longer has in memory. They
/// tell as much as was logged: at level info what became of mail, at debug every line.
/// </summary>
/// <remarks>The files are looked through by one question at a time, on a thread of the pool: who asks much waits, and the server does not.</remarks>
/// <param name="memory">What the running server has; null where none runs.</param>
/// <param name="mostRead">Octets of files looked through, from the newest line back; what is older counts as not kept.</param>
internal sealed class LogStories(string dataDirectory, string node, ISessionStories? memory, long mostRead = long.MaxValue) : ISessionStories
{
    /// <summary>What a running server looks through: all that the log keeps, unless it is set to keep more than usual.</summary>
    public const long MostReadByServer = 512L << 20;

    /// <summary>Entries of one story.</summary>
    private const int Most = 20_000;

    private const int Heard = 1202;
    private const int Said = 1203;
    private const int Accepted = 1204;

    private readonly SemaphoreSlim _looking = new(1, 1);

    public async Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation)
    {
        if (memory is not null && await memory.TranscriptAsync(sessionId, cancellation).ConfigureAwait(false) is { } kept)
        {
            return kept;
        }

        var lines = await LookAsync(() => Find([sessionId], r => IsSame(r.Session, sessionId), cancellation), cancellation).ConfigureAwait(false);
        return lines.All(r => r.Event is not (Heard or Said))
            ? null
            : new TranscriptView(lines[0].Session!, [.. lines.Select(Line)], lines.Count == Most);
    }

    public Task<string?> RecentSessionOfAsync(string mailId, CancellationToken cancellation) =>
        memory?.RecentSessionOfAsync(mailId, cancellation) ?? Task.FromResult<string?>(null);

    public async Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) =>
        (memory is null ? null : await memory.SessionOfAsync(mailId, cancellation).ConfigureAwait(false))
        ?? (MailId.TryParse(mailId, out _)
            ? (await LookAsync(() => Find([mailId], r => r.Session is not null && IsSame(r.Tx, mailId), cancellation, most: 1), cancellation).ConfigureAwait(false)).FirstOrDefault()?.Session
            : null);

    public async Task<Story?> ExplainAsync(string id, CancellationToken cancellation)
    {
        var kept = memory is null ? null : await memory.ExplainAsync(id, cancellation).ConfigureAwait(false);
        if (kept is { Complete: true })
        {
            return kept;
        }

        var filed = await LookAsync(() => FromFiles(id, cancellation), cancellation).ConfigureAwait(false);
        return kept is null || filed is null ? kept ?? filed : Joined(kept, filed);
    }

    private async Task<T> LookAsync<T>(Func<T> look, CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(look, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _looking.Release();
        }
    }

    private Story? FromFiles(string id, CancellationToken cancellation)
    {
        var (mail, account) = StoryWords.Delivery(id);
        List<LogRecord> lines;
        string kind;
        if (mail is not null)
        {
            kind = "delivery";
            lines = Find([mail.Value.ToString()], r => IsSame(r.Tx, mail.Value.ToString()) && (r.Event == Accepted || IsSame(r.Values.GetValueOrDefault("account"), account)), cancellation);
            lines = lines.Exists(r => r.Event != Accepted) ? lines : [];
        }
        else if (MailId.TryParse(id, out _))
        {
            kind = "message";
            lines = OfMessage(id, cancellation);
        }
        else
        {
            kind = "session";
            lines = Find([id], r => IsSame(r.Session, id), cancellation);
            var mails = lines.Where(r => r.Event == Accepted && r.Tx is not null).Select(r => r.Tx!).Distinct().ToArray();
            lines = mails.Length == 0 ? lines : Find([id, .. mails], r => IsSame(r.Session, id) || mails.Contains(r.Tx), cancellation);
        }

        return lines.Count == 0 ? null : new Story(id, kind, [.. lines.Select(Entry)], Complete: false);
    }

    /// <summary>Its own lines, and of its session those that say who it was and its own transaction.</summary>
    private List<LogRecord> OfMessage(string id, CancellationToken cancellation)
    {
        var own = Find([id], r => IsSame(r.Tx, id), cancellation);
        if (own.Find(r => r.Session is not null)?.Session is not { } session)
        {
            return own;
        }

        var all = Find([id, session], r => IsSame(r.Tx, id) || IsSame(r.Session, session), cancellation);
        var accepted = all.FindIndex(r => IsSame(r.Tx, id));
        var mail = all.FindLastIndex(accepted, r => r.Event == Heard && r.Text.StartsWith("C: MAIL ", StringComparison.OrdinalIgnoreCase));
        return [.. all.Where((r, i) => IsSame(r.Tx, id) || (r.Session == session && i < accepted && (i >= (mail < 0 ? accepted : mail) || r.Event is 1200 or 1210 or 1211)))];
    }

    /// <summary>What memory has, and before it what only the files have.</summary>
    private static Story Joined(Story kept, Story filed)
    {
        var from = kept.Entries[0].At;
        return kept with { Entries = [.. filed.Entries.Where(e => e.At < from - TimeSpan.FromMilliseconds(1)), .. kept.Entries] };
    }

    /// <summary>Lines that are wanted, the newest so many of them, oldest first. Those with none of the words in them are passed over unread.</summary>
    private List<LogRecord> Find(string[] words, Func<LogRecord, bool> isWanted, CancellationToken cancellation, int most = Most)
    {
        var lower = words.Select(w => System.Text.Encoding.UTF8.GetBytes(w.ToLowerInvariant())).ToArray();
        var upper = words.Select(w => System.Text.Encoding.UTF8.GetBytes(w.ToUpperInvariant())).ToArray();
        var found = new List<LogRecord>();
        var read = 0L;
        foreach (var (line, _) in BackwardLines.Read(dataDirectory, null))
        {
            cancellation.ThrowIfCancellationRequested();
            if ((read += line.Length) > mostRead)
            {
                break;
            }

            if (Holds(line.Span, lower) || Holds(line.Span, upper))
            {
                if (LogRecord.TryParse(line) is { } record && isWanted(record))
                {
                    found.Add(record);
                    if (found.Count == most)
                    {
                        break;
                    }
                }
            }
        }

        found.Reverse();
        return found;
    }

    private static bool Holds(ReadOnlySpan<byte> line, byte[][] words)
    {
        foreach (var word in words)
        {
            if (line.IndexOf(word) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(string? one, string? other) => one is not null && one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private StoryEntry Entry(LogRecord line)
    {
        var ids = ImmutableDictionary<string, string>.Empty;
        ids = line.Session is { } session ? ids.Add("session", session) : ids;
        ids = line.Tx is { } tx ? ids.Add("message", tx) : ids;
        return new StoryEntry(line.ToEntry().At, node, line.Actor ?? "", StoryWords.OfLogLine(line.Event), Words(line), line.Level, ids);
    }

    /// <summary>What was said, without the mark of who said it.</summary>
    private static string Words(LogRecord line) => line.Event is Heard or Said && line.Text.Length > 3 ? line.Text[3..] : line.Text;

    private static TranscriptEntry Line(LogRecord line) => line.Event switch
    {
        Heard => new TranscriptEntry(line.ToEntry().At, "client", Words(line)),
        Said => new TranscriptEntry(line.ToEntry().At, "server", Words(line)),
        _ => new TranscriptEntry(line.ToEntry().At, "note", line.Text),
    };
}
