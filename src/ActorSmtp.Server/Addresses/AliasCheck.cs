using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Addresses;

/// <summary>
/// Finds aliases that can never be right, whatever accounts there are: circles, too many behind each other, too many recipients. One that names its own
/// address is no circle: it keeps a copy.
/// </summary>
/// <param name="domains">Domains of ours in canonical form; null: all are.</param>
internal sealed class AliasCheck(AliasTable table, string delimiters, IReadOnlySet<string>? domains, int mostRecipients)
{
    /// <summary>Tells what is wrong, once for each alias.</summary>
    public void Find(Action<Alias, string> refuse)
    {
        var named = table.All.Select(a => AliasTable.DomainOf(a.Key)).OfType<string>()
            .Concat(table.All.SelectMany(a => a.Targets).OfType<AliasTarget.At>().Select(t => t.Mailbox.Domain.Canonical).Where(IsLocal))
            .Append(domains?.FirstOrDefault() ?? "localhost").Distinct(StringComparer.Ordinal).ToList();
        foreach (var alias in table.All.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            // A name at every domain may go another way at each one that has aliases of its own.
            var at = AliasTable.DomainOf(alias.Key) is { } own ? [own] : named;
            if (at.Select(domain => Look(alias, domain)).FirstOrDefault(p => p is not null) is { } problem)
            {
                refuse(alias, problem);
            }
        }
    }

    private string? Look(Alias alias, string domain)
    {
        var walk = new Walk();
        var name = AliasTable.NameOf(alias.Key) ?? "*";
        return Follow(alias, $"{name}@{domain}", name, domain, walk)
            ?? (walk.Ends.Count > mostRecipients ? $"leads to {walk.Ends.Count} recipients; limits.alias-recipients allows {mostRecipients}" : null);
    }

    private string? Follow(Alias alias, string address, string localPart, string domain, Walk walk)
    {
        if (walk.Way.Contains(address))
        {
            var circle = walk.Way.SkipWhile(a => a != address).ToList();
            return circle.Count == 1 ? null : $"goes in a circle: {string.Join(" → ", circle.Append(address))}";
        }

        if (walk.Way.Count == Alias.MostNested)
        {
            return $"more than {Alias.MostNested} aliases behind each other: {string.Join(" → ", walk.Way.Take(3))} → …";
        }

        if (!walk.Done.Add(address))
        {
            return null;
        }

        walk.Way.Add(address);
        foreach (var target in alias.Targets)
        {
            if (walk.Ends.Count <= mostRecipients && Take(target, localPart, domain, walk) is { } problem)
            {
                return problem;
            }
        }

        walk.Way.RemoveAt(walk.Way.Count - 1);
        return null;
    }

    private string? Take(AliasTarget target, string localPart, string domain, Walk walk)
    {
        var (local, at) = target switch
        {
            AliasTarget.At a => (a.Mailbox.LocalPart.ToLowerInvariant(), a.Mailbox.Domain.Canonical),
            AliasTarget.SameAt same => (localPart, same.Domain.Canonical),
            _ => (((AliasTarget.Here)target).LocalPart, domain),
        };
        var address = $"{local}@{at}";
        if (IsLocal(at))
        {
            var name = local[..AddressTag.BaseLength(local, delimiters)];
            if (table.Find(local, address) is { } exact)
            {
                return Follow(exact, address, local, at, walk);
            }

            if (name.Length < local.Length && table.Find(name, $"{name}@{at}") is { } tagless)
            {
                return Follow(tagless, $"{name}@{at}", local, at, walk);
            }

            // That the name at the other domain is nobody's either is certain only of all names together.
            if (local == "*" && table.ForNobody(at) is { } all)
            {
                return Follow(all, address, local, at, walk);
            }
        }

        walk.Ends.Add(address);
        return null;
    }

    private bool IsLocal(string domain) => domains is null || domains.Contains(domain);

    private sealed class Walk
    {
        public List<string> Way { get; } = [];

        public HashSet<string> Done { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Ends { get; } = new(StringComparer.Ordinal);
    }
}
