using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>What is said of domains by name: <c>example.com</c> of that domain, <c>.example.com</c> of every domain below it, <c>*</c> of all others; the nearest counts.</summary>
public static class NearestDomain
{
    /// <summary>The key for all others.</summary>
    public const string Others = "*";

    /// <summary>A key in the form that is looked for: lower case, U-labels as A-labels.</summary>
    public static string Canonical(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.StartsWith('.') ? "." + DomainName.ToCanonical(key[1..]) : DomainName.ToCanonical(key);
    }

    /// <summary>What is said of a domain; null: nothing.</summary>
    /// <param name="table">Keys as <see cref="Canonical"/> makes them.</param>
    /// <param name="domain">In its canonical form. An address literal only has what is said of all others.</param>
    public static T? Find<T>(IReadOnlyDictionary<string, T> table, string domain)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(domain);
        if (domain.StartsWith('['))
        {
            return table.GetValueOrDefault(Others);
        }

        if (table.TryGetValue(domain, out var own))
        {
            return own;
        }

        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (table.TryGetValue(domain[dot..], out var above))
            {
                return above;
            }
        }

        return table.GetValueOrDefault(Others);
    }
}
