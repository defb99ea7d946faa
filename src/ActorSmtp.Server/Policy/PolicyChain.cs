using System.Collections.Immutable;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy;

/// <summary>The checks of one listener, in the order in which they are asked.</summary>
internal sealed class PolicyChain(PolicyBook book, ImmutableArray<PolicyChain.Link> links)
{
    /// <summary>A check, and the most that may come of it here.</summary>
    internal sealed record Link(ICheck Check, CheckLimit Most);

    /// <summary>A session begins, or turns out to be another's.</summary>
    /// <returns>Null: nobody has anything to do with it.</returns>
    public SessionPolicy? Begin(SessionFacts session)
    {
        var isTrusted = book.Settings.Trusted.Contain(session.Peer);
        List<SessionPolicy.Part>? parts = null;
        foreach (var link in links)
        {
            if ((!isTrusted || link.Check.IsForUsers || link.Check.IsForEverybody) && link.Check.Begin(session) is { } asked)
            {
                (parts ??= []).Add(new SessionPolicy.Part(link, asked));
            }
        }

        return parts is null ? null : new SessionPolicy(book, [.. parts]);
    }
}
