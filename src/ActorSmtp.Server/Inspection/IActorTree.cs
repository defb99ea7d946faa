using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>The tree of actors as it is now.</summary>
public interface IActorTree
{
    /// <summary>A part of the tree.</summary>
    /// <param name="path">Where it begins, such as <c>/user/listeners</c>; null: at <c>/user</c>.</param>
    /// <param name="depth">Levels below it, from 0; what is deeper is counted, not listed.</param>
    /// <returns>Null where nobody has this path.</returns>
    Task<ActorNode?> ReadAsync(string? path, int depth, CancellationToken cancellation);
}

/// <summary>One actor and those below it.</summary>
/// <param name="Path">Without the address.</param>
/// <param name="Type">The actor's class, without its namespace.</param>
/// <param name="State">The state of a state machine; null for others.</param>
/// <param name="MailboxDepth">Messages that wait for it.</param>
/// <param name="Restarts">How often it was restarted.</param>
/// <param name="Children">Those below, as far as they were asked for.</param>
/// <param name="ChildCount">All of them.</param>
public sealed record ActorNode(
    string Path,
    string Name,
    string Type,
    string? State,
    int MailboxDepth,
    int Restarts,
    DateTimeOffset StartedAt,
    string Dispatcher,
    ImmutableArray<ActorNode> Children,
    int ChildCount);
