using System.Text.RegularExpressions;
using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>ActorSelection</c>: actors by a path from an anchor, with <c>*</c> and <c>?</c> in names and <c>..</c>. Resolved at each Tell, on
/// the teller's thread. Without a match the message is a dead letter, an <see cref="Identify"/> is answered with nobody. Left out: the public
/// path elements and remote addresses, which have no match here.
/// </summary>
public class ActorSelection : ICanTell
{
    private readonly string[] _elements;

    public ActorSelection(IActorRef anchor, string path)
        : this(anchor, path.Split('/'))
    {
    }

    public ActorSelection(IActorRef anchor, IEnumerable<string> elements)
    {
        Anchor = anchor;
        _elements = elements.Where(e => e.Length > 0).ToArray();
    }

    /// <summary>Where the path begins.</summary>
    public IActorRef Anchor { get; private set; }

    /// <summary>The path, with a leading slash.</summary>
    public string PathString => "/" + string.Join('/', _elements);

    /// <summary>Sends to every match. Without a sender given, the actor that is running on this thread sends.</summary>
    public void Tell(object message, IActorRef sender = null)
    {
        sender ??= InternalCurrentActorCellKeeper.Current?.Self;
        Deliver(Anchor.Base(), 0, message, sender);
    }

    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    /// <summary>The first match; <see cref="ActorNotFoundException"/> when none answers in time.</summary>
    public Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        var environment = Anchor.Base().System.Environment;
        return this.Ask<ActorIdentity>(new Identify(null), timeout, ct).ContinueWith(
            done => done.Exception?.InnerException is AskTimeoutException e
                ? throw new ActorNotFoundException($"[{this}] could not be resolved within {timeout}.", e)
                : done.GetAwaiter().GetResult().Subject ?? throw new ActorNotFoundException("subject was null"),
            CancellationToken.None,
            TaskContinuationOptions.DenyChildAttach,
            environment.Continuations);
    }

    public override bool Equals(object obj) => obj is ActorSelection other && obj.GetType() == GetType() && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Anchor, PathString);

    public override string ToString() => $"ActorSelection[Anchor({Anchor.Path}), Path({PathString})]";

    protected bool Equals(ActorSelection other) => Equals(Anchor, other.Anchor) && _elements.SequenceEqual(other._elements);

    private void Deliver(ActorRefBase at, int next, object message, IActorRef sender)
    {
        if (next == _elements.Length)
        {
            at.Tell(message, sender);
            return;
        }

        var element = _elements[next];
        if (element == "..")
        {
            Deliver(at.Parent is Nobody ? at : at.Parent, next + 1, message, sender);
        }
        else if (element.AsSpan().IndexOfAny('*', '?') < 0)
        {
            var child = at.GetSingleChild(element);
            if (child.IsNobody())
            {
                NoMatch(at.System, at.Path / _elements[next..], message, sender);
            }
            else
            {
                Deliver(child, next + 1, message, sender);
            }
        }
        else
        {
            var matches = at.GetChildren().Where(c => Matches(element, c.Path.Name)).ToList();
            if (matches.Count == 0)
            {
                NoMatch(at.System, at.Path / _elements[next..], message, sender);
            }

            foreach (var match in matches)
            {
                Deliver(match, next + 1, message, sender);
            }
        }
    }

    private static void NoMatch(ActorSystemImpl system, ActorPath path, object message, IActorRef sender)
    {
        if (message is Identify identify)
        {
            sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
        }
        else if (system != null)
        {
            new EmptyActorRef(system, path).Tell(message, sender);
        }
    }

    private static bool Matches(string pattern, string name) => Regex.IsMatch(
        name, "^" + Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", ".") + "$", RegexOptions.CultureInvariant | RegexOptions.Singleline);
}
