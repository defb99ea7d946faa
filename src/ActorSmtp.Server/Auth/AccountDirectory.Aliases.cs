using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Addresses;

namespace ActorSmtp.Server.Auth;

/// <content>
/// Where aliases lead. An alias that comes upon its own address again means the mailbox of that name, if there is one: so
/// <c>ann = [ann, ann@far.example]</c> keeps a copy here. Work and result are bounded, whatever the aliases say.
/// </content>
public sealed partial class AccountDirectory
{
    /// <summary>Stands for a domain of ours where none is named.</summary>
    private string HomeDomain => _firstDomain ?? "localhost";

    /// <summary>
    /// The account whose mailbox has this address, aliases left out; null: none. For those who look for a mailbox, rather than send to it.
    /// </summary>
    public string? MailboxOf(string localPart, string domain)
    {
        var (local, at) = (localPart.ToLowerInvariant(), domain.ToLowerInvariant());
        var name = local[..AddressTag.BaseLength(local, Rules.Delimiters)];
        return !IsLocal(at) ? null
            : ((Owner(local, $"{local}@{at}") ?? Owner(name, $"{name}@{at}") ?? WithoutOwner(name, at)) as Residence.Mailbox)?.Account;
    }

    /// <summary>What leads nowhere of the aliases: each with the targets that are nobody's or disabled.</summary>
    /// <param name="most">So many at most.</param>
    public IEnumerable<(Alias Alias, ImmutableArray<string> Lost)> LostAliases(int most) => Rules.Aliases.All
        .OrderBy(a => a.Key, StringComparer.Ordinal)
        .Select(a => (Alias: a, Lost: LostOf(a)))
        .Where(a => !a.Lost.IsEmpty)
        .Take(most);

    private ImmutableArray<string> LostOf(Alias alias)
    {
        var domain = AliasTable.DomainOf(alias.Key) ?? HomeDomain;
        var named = AliasTable.NameOf(alias.Key);
        var expansion = new Expansion(this);
        foreach (var target in alias.Targets)
        {
            // Whether everybody at another domain of ours is somebody cannot be known.
            if (target is not AliasTarget.SameAt)
            {
                expansion.Enter(named is null ? $"@{domain}" : $"{named}@{domain}");
                expansion.Take(target, named ?? "", domain);
                expansion.Leave();
            }
        }

        return [.. expansion.Lost];
    }

    private Alias? AliasOf(string local, string address, List<string>? followed) =>
        _aliases?.Find(local, address) is { } alias && followed?.Contains(address) != true ? alias : null;

    private bool IsOwner(Storage.UserAccount account, string localPart, string domain) => MailboxOf(localPart, domain) == account.Name;

    private Residence Follow(Alias alias, string address, string localPart, string domain)
    {
        var expansion = new Expansion(this);
        expansion.Follow(alias, address, localPart, domain);
        return expansion.Leads.Count > 0 ? new Residence.Alias(alias.Key, [.. expansion.Leads], [.. expansion.Lost])
            : AliasTable.NameOf(alias.Key) == Postmaster ? new Residence.Mailbox(Postmaster)
            : expansion.HasDisabled ? Residence.Disabled.Instance : Residence.Unknown.Instance;
    }

    /// <summary>One alias being followed, to all its ends.</summary>
    private sealed class Expansion(AccountDirectory directory)
    {
        private readonly List<string> _followed = [];           // the way to where we are
        private readonly HashSet<string> _done = new(StringComparer.Ordinal);
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        public List<Destination> Leads { get; } = [];

        public List<string> Lost { get; } = [];

        public bool HasDisabled { get; private set; }

        public void Enter(string address) => _followed.Add(address);

        public void Leave() => _followed.RemoveAt(_followed.Count - 1);

        public void Follow(Alias alias, string address, string localPart, string domain)
        {
            if (_followed.Count >= Alias.MostNested || !_done.Add(address))
            {
                return;
            }

            Enter(address);
            foreach (var target in alias.Targets)
            {
                Take(target, localPart, domain);
            }

            Leave();
        }

        public void Take(AliasTarget target, string localPart, string domain)
        {
            if (Leads.Count + Lost.Count >= directory.Rules.MostRecipients)
            {
                return;
            }

            var (local, at, mailbox) = target switch
            {
                AliasTarget.At a => (a.Mailbox.LocalPart, a.Mailbox.Domain.Canonical, a.Mailbox),
                AliasTarget.SameAt same => (localPart, same.Domain.Canonical, Mailbox.TryMake(localPart, same.Domain)),
                _ => (((AliasTarget.Here)target).LocalPart, domain, null),
            };
            if (!directory.IsLocal(at))
            {
                Add(mailbox is null ? null : new Destination(null, mailbox), mailbox?.Canonical, $"{local}@{at}");
                return;
            }

            switch (directory.Stop(local.ToLowerInvariant(), at, _followed, out var leadsOn))
            {
                case null:
                    Follow(leadsOn.Alias, leadsOn.Address, local, at);
                    break;
                case Residence.Mailbox home:
                    Add(new Destination(home.Account, null), "\n" + home.Account, "");
                    break;
                case var nobody:
                    HasDisabled |= nobody is Residence.Disabled;
                    Add(null, null, $"{local}@{at}");
                    break;
            }
        }

        private void Add(Destination? destination, string? key, string lost)
        {
            if (destination is not { } known)
            {
                if (_seen.Add("\0" + lost))
                {
                    Lost.Add(lost);
                }
            }
            else if (_seen.Add(key!))
            {
                Leads.Add(known);
            }
        }
    }
}
