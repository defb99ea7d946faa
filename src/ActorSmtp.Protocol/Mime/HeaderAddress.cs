using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>An entry of an address header: a mailbox, or a named group of them (RFC 5322 §3.4).</summary>
public abstract record HeaderAddress
{
    private protected HeaderAddress()
    {
    }
}

/// <summary>A named list of mailboxes, perhaps empty (<c>undisclosed-recipients:;</c>).</summary>
public sealed record GroupAddress(string Name, ImmutableArray<MailboxAddress> Members) : HeaderAddress
{
    public override string ToString() => $"{MailboxAddress.QuoteName(Name)}: {string.Join(", ", Members)};";
}

/// <summary>
/// One mailbox of an address header. Names and local parts are as meant, not as written: unquoted and decoded.
/// </summary>
/// <param name="Name">The name for people, or null.</param>
/// <param name="LocalPart">Before the "@".</param>
/// <param name="Domain">After the "@"; empty when a received header had none.</param>
public sealed record MailboxAddress(string? Name, string LocalPart, string Domain) : HeaderAddress
{
    /// <summary>local@domain, the local part quoted where the grammar needs it.</summary>
    public string Address =>
        (Tokens.IsDotAtom(LocalPart) ? LocalPart : Quote(LocalPart)) + (Domain.Length == 0 ? "" : "@" + Domain);

    public override string ToString() => string.IsNullOrEmpty(Name) ? Address : $"{QuoteName(Name)} <{Address}>";

    /// <summary>
    /// Reads one address as a user gives it, strictly: <c>ann@example.org</c>, <c>Ann Ö &lt;ann@example.org&gt;</c>,
    /// <c>"Ö, Ann" &lt;ann@example.org&gt;</c>.
    /// </summary>
    /// <param name="problem">One sentence that says what is wrong, when the answer is false.</param>
    public static bool TryParse(string text, out MailboxAddress mailbox, out string problem)
    {
        mailbox = null!;
        if (!AddressParser.TryParseStrict(text, out var list, out problem))
        {
            return false;
        }
        if (list is [MailboxAddress one])
        {
            mailbox = one;
            return true;
        }
        problem = $"'{Shown(text)}' is not one address";
        return false;
    }

    internal static string QuoteName(string name)
    {
        foreach (var word in name.Split(' '))
        {
            if (word.Length == 0 || !word.All(Tokens.IsAtext))
            {
                return Quote(name);
            }
        }
        return name;
    }

    internal static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\');
            }
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A user's text made fit for an error line.</summary>
    internal static string Shown(string text)
    {
        var cut = text.Length > 80 ? text[..80] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
