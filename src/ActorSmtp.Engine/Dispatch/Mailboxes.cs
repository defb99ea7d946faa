using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>
/// Stands for Akka's <c>Mailboxes</c>. There is one kind of mailbox here, unbounded, which also serves actors with a stash; a name of any
/// other kind is refused with <see cref="ConfigurationException"/> rather than ignored.
/// </summary>
public class Mailboxes
{
    public static readonly string DefaultMailboxId = "akka.actor.default-mailbox";

    internal static readonly string NoMailboxRequirement = "";

    private readonly ActorSystem _system;

    public Mailboxes(ActorSystem system)
    {
        _system = system;
    }

    /// <summary>Throws unless <paramref name="id"/> names an unbounded mailbox.</summary>
    internal void Check(string id)
    {
        if (string.IsNullOrEmpty(id) || id is "unbounded" || id == DefaultMailboxId)
        {
            return;
        }

        var config = _system.Settings.Config;
        if (!config.HasPath(id))
        {
            throw new ConfigurationException($"Mailbox Type [{id}] not configured");
        }

        var type = config.GetString(id + ".mailbox-type") ?? "";
        if (type.Length > 0 && !type.Contains("UnboundedMailbox", StringComparison.Ordinal)
            && !type.Contains("UnboundedDequeBasedMailbox", StringComparison.Ordinal))
        {
            throw new ConfigurationException($"Mailbox [{id}]: this engine has unbounded mailboxes only, not [{type}].");
        }
    }

    /// <summary>How many messages the stash of an actor holds at most; 0 or less means no limit.</summary>
    internal int StashCapacity(Config dispatcher)
    {
        var own = dispatcher?.GetInt("stash-capacity", -1) ?? -1;
        return own > 0 ? own : _system.Settings.Config.GetInt(DefaultMailboxId + ".stash-capacity", -1);
    }
}
