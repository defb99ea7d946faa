using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy;

/// <summary>All checks there are in this server, and how many sessions may wait for them.</summary>
internal sealed class PolicyBook(GatekeepingSettings settings, TimeProvider time, ImmutableArray<ICheck> checks)
{
    /// <summary>How checks are asked.</summary>
    public GatekeepingSettings Settings => settings;

    /// <summary>The clock of all limits in time.</summary>
    public TimeProvider Time => time;

    /// <summary>Sessions of strangers that wait.</summary>
    public Places Waiting { get; } = new(settings.AtOnce);

    /// <summary>What all that want to know who sent a message have together; null: nobody wants to.</summary>
    public OriginDesk? Origin { get; init; }

    /// <summary>Who gets what is put in quarantine; null: nothing is that checks want set apart, it is only flagged.</summary>
    public Mailbox? Quarantine { get; init; }

    /// <summary>Nobody waits for an answer, and all are to be heard: who says no ends nothing, and nobody is held back.</summary>
    public bool AsksAll { get; set; }

    /// <summary>Who takes out of mail what others say in our name; null: we say nothing.</summary>
    public ICheck? ResultsGuard { get; init; }

    /// <summary>What stands behind the checks of a listener, by its name.</summary>
    public ImmutableDictionary<string, ICheck> Behind { get; init; } = ImmutableDictionary<string, ICheck>.Empty;

    /// <summary>Sessions that logged in and wait: strangers take no place from them.</summary>
    public Places WaitingUsers { get; } = new(settings.AtOnce);

    /// <summary>Sessions that are answered late.</summary>
    public Places HeldBack { get; } = new(settings.Tarpit.AtOnce);

    /// <summary>Who signs mail of our own, asked last at each listener from which mail leaves; null: nobody.</summary>
    public ICheck? Signing { get; init; }

    /// <summary>Who seals what is passed on, where a listener's checks find out its origin; null: nobody.</summary>
    public ICheck? Sealing { get; init; }

    /// <summary>What a listener asks; null where that is nobody.</summary>
    public PolicyChain? ChainOf(ListenerSettings listener)
    {
        var links = ImmutableArray.CreateBuilder<PolicyChain.Link>();
        foreach (var choice in listener.Checks)
        {
            if (OriginWords.IsOne(choice.Name))
            {
                AddOrigin(links, listener);
                continue;
            }

            foreach (var check in checks.Where(c => c.Name == choice.Name))
            {
                links.Add(new PolicyChain.Link(check, choice.Most));
            }
        }

        if (ResultsGuard is { } guard && listener.TakesMail && (listener.Role != ListenerRole.Lmtp || OriginLimits.Of(listener.Checks) is { Shows: true }))
        {
            links.Insert(0, new PolicyChain.Link(guard, CheckLimit.Reject));
        }

        if (Behind.TryGetValue(listener.Name, out var behind))
        {
            links.Add(new PolicyChain.Link(behind, CheckLimit.Reject));
        }

        if (Sealing is { } sealing && links.Any(l => l.Check is OriginCheck))
        {
            links.Add(new PolicyChain.Link(sealing, CheckLimit.Reject));                    // behind all that may change what is sealed
        }

        if (Signing is { } signing && listener.Role is not ListenerRole.Lmtp && listener.TakesMail && (listener.Auth != ListenerAuth.Off || !listener.Peers.RelayFrom.IsEmpty))
        {
            links.Add(new PolicyChain.Link(signing, CheckLimit.Reject));                    // behind all that may change, or refuse, what is signed
        }

        return links.Count == 0 ? null : new PolicyChain(this, links.ToImmutable());
    }

    /// <summary>They are one check, where the first of them is named: they share look-ups and the field. What may come of each it sees to itself.</summary>
    private void AddOrigin(ImmutableArray<PolicyChain.Link>.Builder links, ListenerSettings listener)
    {
        if (Origin is { } desk && OriginLimits.Of(listener.Checks) is { } limits && !links.Any(l => l.Check is OriginCheck))
        {
            links.Add(new PolicyChain.Link(new OriginCheck(limits, desk), CheckLimit.Reject));
        }
    }
}
