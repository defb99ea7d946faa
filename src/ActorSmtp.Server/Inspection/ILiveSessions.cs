using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>The sessions that run now, and those that ended a short while ago. Nothing here waits.</summary>
public interface ILiveSessions
{
    /// <summary>A page of them, newest first.</summary>
    /// <param name="cursor">From an earlier page; null: the first.</param>
    SessionPage List(SessionFilter filter, int limit, string? cursor);

    /// <summary>One of them, or null.</summary>
    SessionView? Find(string id);

    /// <summary>Tells of changes of state until disposed. The callbacks run on the server's threads: they must not block or throw.</summary>
    /// <param name="isWanted">Asked before a change is put into words, which costs more than the change; null: every one is wanted.</param>
    /// <param name="isOpen">Asked before a change is even made; false: nothing is made of it, and nobody is told. Null: always open.</param>
    IDisposable Watch(Action<SessionChange> onChange, Func<bool>? isWanted = null, Func<bool>? isOpen = null);
}

/// <summary>Which sessions are wanted; null: any.</summary>
/// <param name="Ended">true: those that have ended, as far as they are kept; else those that are open.</param>
public sealed record SessionFilter(string? State = null, string? Listener = null, string? Peer = null, bool? Ended = null);

/// <summary>A page of sessions.</summary>
/// <param name="Total">How many there are with this filter.</param>
public sealed record SessionPage(ImmutableArray<SessionView> Items, string? Next, int Total);

/// <summary>A session at this moment.</summary>
/// <param name="Peer">The other side's address; null for a Unix socket.</param>
/// <param name="Tls">Version and cipher; null in clear text.</param>
/// <param name="Messages">Messages accepted.</param>
/// <param name="Octets">Octets that the peer sent.</param>
/// <param name="Errors">Commands refused.</param>
/// <param name="LastReply">Code and enhanced code of what was said last.</param>
public sealed record SessionView(
    string Id,
    string Actor,
    string Listener,
    string Role,
    string? Peer,
    string State,
    string? User,
    string? Helo,
    string? Tls,
    DateTimeOffset StartedAt,
    DateTimeOffset LastAt,
    string? LastVerb,
    long Commands,
    long Messages,
    long Octets,
    int Errors,
    bool Ended,
    string? LastReply = null);

/// <summary>A session went from one state to another.</summary>
/// <param name="Previous">Null: it began.</param>
public sealed record SessionChange(
    string Id,
    string Listener,
    string? Peer,
    string State,
    string? Previous,
    string? User,
    string? Helo,
    string? Tls,
    long Messages,
    DateTimeOffset At,
    bool Ended);
