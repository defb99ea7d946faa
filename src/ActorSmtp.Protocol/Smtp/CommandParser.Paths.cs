using System.Buffers;
using System.Net;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <content>Paths, mailboxes and domains: RFC 5321 §4.1.2 and §4.1.3, with RFC 6531 §3.3 where UTF-8 is allowed.</content>
public static partial class CommandParser
{
    private const int MaxLabel = 63;

    private static readonly SearchValues<byte> DotStringOctets = SearchValues.Create(
    [
        .. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."u8,
        .. Enumerable.Range(0x80, 0x80).Select(c => (byte)c),
    ]);

    private static readonly SearchValues<byte> DomainOctets = SearchValues.Create(
    [
        .. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8,
        .. Enumerable.Range(0x80, 0x80).Select(c => (byte)c),
    ]);

    internal enum PathKind
    {
        Bad = 0,
        TooLong,
        NeedsUtf8,
        Null,
        Postmaster,
        Mailbox,
    }

    /// <summary>
    /// Path = "&lt;" [ A-d-l ":" ] Mailbox "&gt;", and the paths &lt;&gt; and &lt;postmaster&gt;. The source route is read, checked and forgotten
    /// (RFC 5321 Appendix C). <paramref name="taken"/> is the length of the path.
    /// </summary>
    internal static PathKind ParsePath(ReadOnlySpan<byte> s, bool allowUtf8, out int taken, out Mailbox? mailbox)
    {
        taken = 0;
        mailbox = null;
        if (s.Length < 2 || s[0] != '<')
        {
            return PathKind.Bad;
        }

        if (s[1] == '>')
        {
            taken = 2;
            return PathKind.Null;
        }

        var at = 1;
        if (s[1] == '@')
        {
            if (SourceRoute(s[1..], allowUtf8) is not (> 0 and var route))
            {
                return PathKind.Bad;
            }

            at += route;
        }

        var localLength = LocalPart(s[at..], out var local);
        if (localLength <= 0)
        {
            return PathKind.Bad;
        }

        var after = at + localLength;
        if (after < s.Length && s[after] == '>' && at == 1 && Ascii.EqualsIgnoreCase(s[at..after], "postmaster"u8))
        {
            taken = after + 1;
            return PathKind.Postmaster;
        }

        if (after >= s.Length || s[after] != '@')
        {
            return PathKind.Bad;
        }

        var domainLength = TryParseDomain(s[(after + 1)..], allowUtf8: true, out var domain);
        var close = after + 1 + domainLength;
        if (domainLength <= 0 || close >= s.Length || s[close] != '>')
        {
            return s[(after + 1)..].IndexOf((byte)'>') > MaxDomain ? PathKind.TooLong : PathKind.Bad;
        }

        taken = close + 1;
        if (localLength > MaxLocalPart || domainLength > MaxDomain || taken > MaxPath)
        {
            return PathKind.TooLong;
        }

        if (!allowUtf8 && !Ascii.IsValid(s[..taken]))
        {
            return PathKind.NeedsUtf8;
        }

        if (!XText.TryGetText(s[at..after], out var localText))
        {
            return PathKind.Bad;
        }

        mailbox = new Mailbox(local ?? localText, domain!);
        return PathKind.Mailbox;
    }

    /// <summary>
    /// Domain = sub-domain *("." sub-domain), or an address literal; the length of what was read, 0 where there is none. Lengths over the
    /// limit are 0 as well, but for a whole domain over 255 octets, which the caller tells apart.
    /// </summary>
    internal static int TryParseDomain(ReadOnlySpan<byte> s, bool allowUtf8, out MailDomain? domain)
    {
        domain = null;
        if (!s.IsEmpty && s[0] == '[')
        {
            return TryParseLiteral(s, out domain);
        }

        var end = s.IndexOfAnyExcept(DomainOctets);
        var name = end < 0 ? s : s[..end];
        if (name.Length is 0 or > MaxDomain || (!allowUtf8 && !Ascii.IsValid(name)))
        {
            return 0;
        }

        // sub-domain = Let-dig [Ldh-str]: no hyphen at either end, 63 octets (RFC 1035 §2.3.4)
        for (var rest = name; ;)
        {
            var dot = rest.IndexOf((byte)'.');
            var label = dot < 0 ? rest : rest[..dot];
            if (label.Length is 0 or > MaxLabel || label[0] == '-' || label[^1] == '-')
            {
                return 0;
            }

            if (dot < 0)
            {
                break;
            }

            rest = rest[(dot + 1)..];
        }

        if (!XText.TryGetText(name, out var text))
        {
            return 0;
        }

        domain = new DomainName(text);
        return name.Length;
    }

    /// <summary>address-literal = "[" ( IPv4 / "IPv6:" IPv6 / Standardized-tag ":" 1*dcontent ) "]" (RFC 5321 §4.1.3).</summary>
    private static int TryParseLiteral(ReadOnlySpan<byte> s, out MailDomain? domain)
    {
        domain = null;
        var close = s.IndexOf((byte)']');
        if (close is < 2 or > MaxDomain)
        {
            return 0;
        }

        var inner = s[1..close];
        var colon = inner.IndexOf((byte)':');
        IPAddress? address = null;
        if (colon < 0)
        {
            if (!TryParseIPv4(inner, out address))
            {
                return 0;
            }
        }
        else if (Ascii.EqualsIgnoreCase(inner[..colon], "IPv6"u8))
        {
            var digits = inner[(colon + 1)..];
            if (digits.ContainsAnyExcept("0123456789abcdefABCDEF:."u8) || !IPAddress.TryParse(Encoding.ASCII.GetString(digits), out address)
                || address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            {
                return 0;
            }
        }
        else if (colon == 0 || inner[colon - 1] == '-' || colon + 1 == inner.Length
            || inner[..colon].ContainsAnyExcept(DomainOctets) || inner[..colon].ContainsAny((byte)'.', (byte)'[')
            || inner.ContainsAnyExceptInRange((byte)33, (byte)126) || inner.ContainsAny((byte)'[', (byte)'\\'))
        {
            return 0;
        }

        domain = new AddressLiteral(Encoding.ASCII.GetString(s[..(close + 1)]), address);
        return close + 1;
    }

    /// <summary>IPv4-address-literal = Snum 3("." Snum): decimal, leading zeros mean nothing.</summary>
    private static bool TryParseIPv4(ReadOnlySpan<byte> s, out IPAddress? address)
    {
        address = null;
        Span<byte> octets = stackalloc byte[4];
        var part = 0;
        var digits = 0;
        var value = 0;
        foreach (var c in s)
        {
            if (c is >= (byte)'0' and <= (byte)'9' && digits < 3)
            {
                value = (value * 10) + c - '0';
                digits++;
            }
            else if (c == '.' && digits > 0 && part < 3)
            {
                octets[part++] = (byte)value;
                value = digits = 0;
            }
            else
            {
                return false;
            }

            if (value > 255)
            {
                return false;
            }
        }

        if (part != 3 || digits == 0)
        {
            return false;
        }

        octets[3] = (byte)value;
        address = new IPAddress(octets);
        return true;
    }

    /// <summary>A-d-l ":" = "@" Domain *("," "@" Domain) ":"; its length, or 0.</summary>
    private static int SourceRoute(ReadOnlySpan<byte> s, bool allowUtf8)
    {
        for (var at = 0; at < s.Length && s[at] == '@' && at < MaxPath;)
        {
            var length = TryParseDomain(s[(at + 1)..], allowUtf8, out _);
            at += 1 + length;
            if (length == 0 || at >= s.Length)
            {
                return 0;
            }

            if (s[at] == ':')
            {
                return at + 1;
            }

            if (s[at++] != ',')
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>
    /// Local-part = Dot-string / Quoted-string; its length with quotes, or 0. <paramref name="unquoted"/> is set for a quoted one only.
    /// </summary>
    private static int LocalPart(ReadOnlySpan<byte> s, out string? unquoted)
    {
        unquoted = null;
        if (!s.IsEmpty && s[0] == '"')
        {
            return QuotedString(s, out unquoted);
        }

        var end = s.IndexOfAnyExcept(DotStringOctets);
        var local = end < 0 ? s : s[..end];
        return local.IsEmpty || local[0] == '.' || local[^1] == '.' || local.IndexOf(".."u8) >= 0 ? 0 : local.Length;
    }

    /// <summary>Quoted-string = DQUOTE *( qtextSMTP / "\" %d32-126 ) DQUOTE.</summary>
    private static int QuotedString(ReadOnlySpan<byte> s, out string? unquoted)
    {
        unquoted = null;
        var content = new byte[Math.Min(s.Length, MaxPath)];
        var length = 0;
        for (var i = 1; i < s.Length && length < content.Length; i++)
        {
            var c = s[i];
            if (c == '"')
            {
                return XText.TryGetText(content.AsSpan(0, length), out unquoted) ? i + 1 : 0;
            }

            if (c == '\\')
            {
                if (++i >= s.Length || s[i] is < 32 or > 126)
                {
                    return 0;
                }
            }
            else if (c is < 32 or 127)
            {
                return 0;
            }

            content[length++] = s[i];
        }

        return 0;
    }
}
