using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Address lists of headers (RFC 5322 §3.4 with the obsolete forms of §4.4, RFC 6532 characters, RFC 2047 names). The lenient
/// way reads whatever mail has and never throws; the strict way is for what users type and refuses with a sentence.
/// Linear time; at most <see cref="MaxAddresses"/> mailboxes and groups are kept.
/// </summary>
public static class AddressParser
{
    /// <summary>More addresses than this in one header are left out.</summary>
    public const int MaxAddresses = 10_000;

    /// <summary>Reads an unfolded header value. Damage is passed over as well as may be.</summary>
    public static IReadOnlyList<HeaderAddress> Parse(string value) => new AddressReader(value).ReadAll();

    /// <summary>The mailboxes of a value, those in groups included.</summary>
    public static IReadOnlyList<MailboxAddress> ParseMailboxes(string value) => Flatten(Parse(value)).ToList();

    /// <summary>Groups replaced by their members.</summary>
    public static IEnumerable<MailboxAddress> Flatten(IEnumerable<HeaderAddress> addresses) =>
        addresses.SelectMany(a => a is GroupAddress group ? group.Members : Enumerable.Repeat((MailboxAddress)a, 1));

    /// <summary>
    /// Reads what a user gave: one address or several with commas between, groups too. Refuses control characters, bad
    /// local parts and domains, missing parts, and anything that has to be guessed.
    /// </summary>
    /// <param name="problem">One sentence that says what is wrong, when the answer is false.</param>
    public static bool TryParseStrict(string text, out IReadOnlyList<HeaderAddress> addresses, out string problem)
    {
        addresses = [];
        if (Tokens.IndexOfControl(text) >= 0)
        {
            problem = $"the address '{MailboxAddress.Shown(text)}' has a line break or control character in it";
            return false;
        }
        var reader = new AddressReader(text);
        var list = reader.ReadAll();
        if (list.Count == 0 || reader.Problem is not null)
        {
            problem = $"'{MailboxAddress.Shown(text)}' is not an address: {reader.Problem ?? "it is empty"}";
            return false;
        }
        foreach (var mailbox in Flatten(list))
        {
            if (WhatIsWrong(mailbox) is { } wrong)
            {
                problem = $"'{MailboxAddress.Shown(text)}' is not an address: {wrong}";
                return false;
            }
        }
        addresses = list;
        problem = "";
        return true;
    }

    /// <summary>Why a mailbox may not be written into a header, or null when it may.</summary>
    public static string? WhatIsWrong(MailboxAddress mailbox)
    {
        var (name, local, domain) = mailbox;
        if (Tokens.IndexOfControl(name) >= 0 || Tokens.IndexOfControl(local) >= 0 || Tokens.IndexOfControl(domain) >= 0
            || local.Contains('\t'))
        {
            return "it has a line break or control character in it";
        }
        if (local.Length == 0)
        {
            return "nothing stands before the '@'";
        }
        if (domain.Length == 0)
        {
            return "it has no '@' and domain";
        }
        if (Encoding.UTF8.GetByteCount(local) > 64) // RFC 5321 §4.5.3.1.1
        {
            return "the part before the '@' is longer than 64 bytes";
        }
        if (Encoding.UTF8.GetByteCount(domain) > 255) // RFC 5321 §4.5.3.1.2
        {
            return "the domain is longer than 255 bytes";
        }
        if (domain[0] == '[')
        {
            return domain.Length > 2 && domain[^1] == ']' && domain.AsSpan(1, domain.Length - 2).IndexOfAny("[]\\ \t") < 0
                ? null
                : $"'{MailboxAddress.Shown(domain)}' is not an address literal";
        }
        foreach (var label in domain.Split('.'))
        {
            if (!IsLabel(label))
            {
                return $"'{MailboxAddress.Shown(domain)}' is not a domain";
            }
        }
        return null;
    }

    // Letters, digits and hyphens (RFC 5321 §4.1.2); underscores are met in private networks; U-labels by RFC 6531.
    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c > 127 && !char.IsWhiteSpace(c)));
}
