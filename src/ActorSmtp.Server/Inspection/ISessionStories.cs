using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>What was said in sessions, and what became of messages: kept for a while, secrets masked.</summary>
public interface ISessionStories
{
    /// <summary>What was said in a session, or null where it is not kept (any more).</summary>
    Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation);

    /// <summary>The session that brought a message, or null where it is not known (any more).</summary>
    Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation);

    /// <summary>The same as far as memory has it: costs no look at files.</summary>
    Task<string?> RecentSessionOfAsync(string mailId, CancellationToken cancellation) => SessionOfAsync(mailId, cancellation);

    /// <summary>The whole story of a session, a message or a delivery; null where nothing is known of the id.</summary>
    Task<Story?> ExplainAsync(string id, CancellationToken cancellation);
}

/// <summary>A session's lines, oldest first.</summary>
/// <param name="Truncated">Lines were left out, because there were too many.</param>
public sealed record TranscriptView(string SessionId, ImmutableArray<TranscriptEntry> Lines, bool Truncated);

/// <summary>One line.</summary>
/// <param name="From"><c>client</c>, <c>server</c> or <c>note</c>.</param>
public sealed record TranscriptEntry(DateTimeOffset At, string From, string Text);

/// <summary>What happened, in order, from every actor that had to do with it.</summary>
/// <param name="Kind"><c>session</c>, <c>message</c> or <c>delivery</c>.</param>
/// <param name="Complete">False: its beginning is not kept any more, or it goes on.</param>
public sealed record Story(string Id, string Kind, ImmutableArray<StoryEntry> Entries, bool Complete)
{
    /// <summary>It is told of several nodes that share a database: which of them did what matters.</summary>
    public bool Shared { get; init; }
}

/// <summary>One thing that happened.</summary>
/// <param name="What">A few words, such as <c>stored</c>.</param>
/// <param name="Ids">Other ids it names, by kind: <c>session</c>, <c>message</c>.</param>
public sealed record StoryEntry(
    DateTimeOffset At,
    string Node,
    string Actor,
    string What,
    string Detail,
    string Level,
    ImmutableDictionary<string, string> Ids);
