using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>The log: what was written, and what is being written.</summary>
public interface ILogTail
{
    /// <summary>A page, newest first.</summary>
    /// <param name="before">From an earlier page; null: the newest.</param>
    Task<LogPage> ReadAsync(LogFilter filter, int limit, string? before, CancellationToken cancellation);

    /// <summary>Tells of every line that passes the filter until disposed. The callback must not block or throw.</summary>
    IDisposable Watch(LogFilter filter, Action<LogEntry> onEntry);
}

/// <summary>Which lines are wanted; null: any.</summary>
/// <param name="Level">The least: <c>debug</c>, <c>info</c>, <c>warning</c> or <c>error</c>; or <see cref="Usual"/>.</param>
/// <param name="Actor">A path, or the beginning of one.</param>
/// <param name="Text">In the message; case does not count.</param>
public sealed record LogFilter(string? Level = null, string? Session = null, string? Actor = null, string? Text = null)
{
    /// <summary>The level of the log's files as they are given now, info where there are none.</summary>
    public const string Usual = "usual";
}

/// <summary>A page of lines.</summary>
public sealed record LogPage(ImmutableArray<LogEntry> Items, string? Next);

/// <summary>One line of the log.</summary>
/// <param name="Tx">The message's id, from MAIL on.</param>
/// <param name="Event">The name of the log method.</param>
public sealed record LogEntry(
    DateTimeOffset At,
    string Level,
    string? Actor,
    string? Session,
    string? Tx,
    string Message,
    string? Event,
    string? Exception,
    ImmutableDictionary<string, string> Properties);
