using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Server.Sessions;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// The tree of actors as the engine has it, looked at from outside: nobody is told or asked anything, so that an actor that is stuck shows as
/// what it is. Both engines let an onlooker see an actor's class, children and mailbox (<see cref="ActorRefWithCell"/>); when it was made and how
/// often anew is the <see cref="Census"/>'s, where a session stands is what it left behind.
/// </summary>
/// <remarks>Bounded: so many children of one actor, so many actors in one answer; the rest is counted.</remarks>
internal sealed class ActorTree(ExtendedActorSystem system, Census census, SessionRegister sessions, TimeProvider time) : IActorTree
{
    /// <summary>Children of one actor that are listed.</summary>
    internal const int MostChildren = 200;

    /// <summary>Actors in one answer.</summary>
    internal const int MostActors = 2000;

    private const int Deepest = 16;

    public Task<ActorNode?> ReadAsync(string? path, int depth, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var room = MostActors;
        return Task.FromResult(Find(path) is { } actor ? Nodes([actor], Math.Clamp(depth, 0, Deepest), ref room).FirstOrDefault() : null);
    }

    private ActorRefWithCell? Find(string? path)
    {
        var names = (path ?? "/user").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = names switch
        {
            ["user", ..] => system.Guardian as ActorRefWithCell,
            ["system", ..] => system.SystemGuardian as ActorRefWithCell,
            _ => null,
        };
        foreach (var name in names.Skip(1))
        {
            at = at?.Children.FirstOrDefault(c => c.Path.Name.Equals(name, StringComparison.Ordinal)) as ActorRefWithCell;
        }

        return at;
    }

    private ImmutableArray<ActorNode> Nodes(IReadOnlyList<ActorRefWithCell> actors, int depth, ref int room)
    {
        var sessionsHere = actors.Where(a => Supervision.IsSession(a.Underlying.Props)).Select(a => a.Path.Name).ToHashSet(StringComparer.Ordinal);
        var talks = sessionsHere.Count > 0 ? sessions.Find(sessionsHere) : [];
        var nodes = ImmutableArray.CreateBuilder<ActorNode>();
        foreach (var actor in actors)
        {
            if (room <= 0)
            {
                break;
            }

            if (!actor.Underlying.IsTerminated)
            {
                nodes.Add(Node(actor, talks.GetValueOrDefault(actor.Path.Name), depth, ref room));
            }
        }

        return nodes.ToImmutable();
    }

    private ActorNode Node(ActorRefWithCell actor, Conversation? talk, int depth, ref int room)
    {
        room--;
        var cell = actor.Underlying;
        var path = actor.Path.ToStringWithoutAddress();
        var children = actor.Children;
        var count = children is IReadOnlyCollection<IActorRef> counted ? counted.Count : children.Count();
        var known = census.Find(path);
        return new ActorNode(
            path,
            actor.Path.Name,
            TypeName(cell.Props),
            talk is null ? null : talk.StateWord,
            cell.NumberOfMessages,
            known?.Restarts ?? 0,
            talk is null ? known?.StartedAt ?? census.Began : time.GetUtcNow() - TimeSpan.FromMilliseconds(talk.Context.Clock.Now - talk.OpenedAt),
            cell.Props.Dispatcher ?? "akka.actor.default-dispatcher",
            depth > 0 && count > 0 ? Nodes([.. children.Take(MostChildren).OfType<ActorRefWithCell>()], depth - 1, ref room) : [],
            count);
    }

    private static string TypeName(Props props) => props.Type?.Name ?? "";
}
