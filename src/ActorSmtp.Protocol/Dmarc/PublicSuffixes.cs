using System.Text;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Dmarc;

/// <summary>
/// Under which names anybody can register (the Public Suffix List): so it is known which domains are one owner's. The list is kept in the repository, unchanged; to renew it,
/// replace the file and the date. Both its parts count: whoever has a page at a host of pages is not its owner.
/// </summary>
public sealed class PublicSuffixes
{
    private static readonly Lazy<PublicSuffixes> _own = new(ReadOwn);

    private readonly HashSet<string> _rules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wildcards = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exceptions = new(StringComparer.Ordinal);

    /// <param name="list">In the form of publicsuffix.org: a rule a line, <c>*.</c> for any label, <c>!</c> for what is none all the same.</param>
    public PublicSuffixes(TextReader list)
    {
        ArgumentNullException.ThrowIfNull(list);
        while (list.ReadLine() is { } line)
        {
            var rule = line.Split([' ', '\t'], 2)[0];
            if (rule.Length == 0 || rule.StartsWith("//", StringComparison.Ordinal))
            {
                continue;
            }

            var (set, name) = rule[0] == '!' ? (_exceptions, rule[1..]) : rule.StartsWith("*.", StringComparison.Ordinal) ? (_wildcards, rule[2..]) : (_rules, rule);
            set.Add(DomainName.ToCanonical(name));
        }
    }

    /// <summary>The list of the repository; read when it is first used.</summary>
    public static PublicSuffixes Own => _own.Value;

    /// <summary>The day of the list of the repository.</summary>
    public static DateOnly OwnDate { get; } = new(2025, 3, 28);

    /// <summary>Rules in it.</summary>
    public int Count => _rules.Count + _wildcards.Count + _exceptions.Count;

    /// <summary>
    /// The organizational domain (RFC 7489 §3.2): the public suffix and one label more; the name itself where it is a suffix. A top-level domain that the list does not know is one.
    /// </summary>
    /// <param name="name">A domain; U-labels and letters' case do not matter.</param>
    public string OrganizationOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var domain = DomainName.ToCanonical(name.EndsWith('.') ? name[..^1] : name);
        var starts = new List<int> { 0 };
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            starts.Add(dot + 1);
        }

        // From the whole name down to its last label: the first rule that matches is the longest.
        for (var i = 0; i < starts.Count; i++)
        {
            var rest = domain[starts[i]..];
            var above = i + 1 < starts.Count ? domain[starts[i + 1]..] : "";
            if (_exceptions.Contains(rest))
            {
                return rest;                                        // the suffix is one label shorter
            }

            if (_rules.Contains(rest) || _wildcards.Contains(above) || above.Length == 0)
            {
                return domain[starts[Math.Max(0, i - 1)]..];
            }
        }

        return domain;
    }

    /// <summary>Both belong to one owner.</summary>
    public bool AreOneOrganization(string left, string right) => string.Equals(OrganizationOf(left), OrganizationOf(right), StringComparison.Ordinal);

    /// <summary>It can be the domain of a sender: a name, not an address.</summary>
    public static bool IsName(string domain) => DnsName.TryParse(domain) is { IsHost: true, LooksLikeAddress: false };

    private static PublicSuffixes ReadOwn()
    {
        using var stream = typeof(PublicSuffixes).Assembly.GetManifestResourceStream("public_suffix_list.dat")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PublicSuffixes(reader);
    }
}
