using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Protocol.Spf;

/// <summary>Reads records (RFC 7208 §4.6, §12). An error anywhere makes the whole record useless, and is told.</summary>
internal static class SpfRecordParser
{
    private const string Version = "v=spf1";

    /// <summary>It is a record of SPF: it begins with its version, alone or before a space (§4.5).</summary>
    public static bool IsRecord(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    /// <summary>record = version terms *SP; terms = *( 1*SP ( directive / modifier ) )</summary>
    /// <param name="problem">What is wrong where null comes back; the offending term may hold any character.</param>
    public static SpfRecord? TryParse(string text, out string problem)
    {
        var terms = new List<SpfTerm>();
        MacroString? redirect = null, explanation = null;
        problem = "";
        var rest = text.AsSpan(Version.Length);
        foreach (var range in rest.Split(' '))
        {
            var term = rest[range];
            if (term.IsEmpty)
            {
                continue;
            }

            var nameEnd = NameLength(term);
            if (nameEnd == 0 || nameEnd == term.Length || term[nameEnd] != '=')
            {
                if (Directive(term) is not { } directive)
                {
                    problem = $"\"{term}\" is no mechanism";
                    return null;
                }

                terms.Add(directive);
                continue;
            }

            var value = term[(nameEnd + 1)..];
            switch (term[..nameEnd])
            {
                case var name when name.Equals("redirect", StringComparison.OrdinalIgnoreCase):
                    if (redirect is not null || (redirect = MacroString.TryParseDomain(value)) is null)
                    {
                        problem = redirect is null ? $"\"{term}\" names no domain" : "redirect= stands there twice";
                        return null;
                    }

                    break;
                case var name when name.Equals("exp", StringComparison.OrdinalIgnoreCase):
                    if (explanation is not null || (explanation = MacroString.TryParseDomain(value)) is null)
                    {
                        problem = explanation is null ? $"\"{term}\" names no domain" : "exp= stands there twice";
                        return null;
                    }

                    break;
                default:                                            // §6: unknown modifiers are ignored, but they have to be right
                    if (MacroString.TryParse(value) is null)
                    {
                        problem = $"\"{term}\" is no modifier";
                        return null;
                    }

                    break;
            }
        }

        return new SpfRecord(terms, redirect, explanation);
    }

    /// <summary>name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )</summary>
    private static int NameLength(ReadOnlySpan<char> term)
    {
        if (!char.IsAsciiLetter(term[0]))
        {
            return 0;
        }

        var at = 1;
        while (at < term.Length && (char.IsAsciiLetterOrDigit(term[at]) || term[at] is '-' or '_' or '.'))
        {
            at++;
        }

        return at;
    }

    /// <summary>directive = [ qualifier ] mechanism</summary>
    private static SpfTerm? Directive(ReadOnlySpan<char> term)
    {
        var text = term.ToString();
        var verdict = term[0] switch
        {
            '-' => SpfVerdict.Fail,
            '~' => SpfVerdict.SoftFail,
            '?' => SpfVerdict.Neutral,
            _ => SpfVerdict.Pass,
        };
        term = term[0] is '+' or '-' or '~' or '?' ? term[1..] : term;
        var end = term.IndexOfAny(':', '/');
        var name = (end < 0 ? term : term[..end]).ToString().ToUpperInvariant();
        var rest = end < 0 ? [] : term[end..];
        var found = new SpfTerm(verdict, SpfMechanism.All, null, null, 32, 128, text);
        return name switch
        {
            "ALL" => rest.IsEmpty ? found : null,
            "INCLUDE" => WithDomain(found with { Mechanism = SpfMechanism.Include }, rest, isNeeded: true),
            "EXISTS" => WithDomain(found with { Mechanism = SpfMechanism.Exists }, rest, isNeeded: true),
            "PTR" => WithDomain(found with { Mechanism = SpfMechanism.Ptr }, rest, isNeeded: false),
            "A" => WithPrefixes(found with { Mechanism = SpfMechanism.A }, rest),
            "MX" => WithPrefixes(found with { Mechanism = SpfMechanism.Mx }, rest),
            "IP4" => WithNetwork(found with { Mechanism = SpfMechanism.Ip4 }, rest, AddressFamily.InterNetwork),
            "IP6" => WithNetwork(found with { Mechanism = SpfMechanism.Ip6 }, rest, AddressFamily.InterNetworkV6),
            _ => null,
        };
    }

    private static SpfTerm? WithDomain(SpfTerm term, ReadOnlySpan<char> rest, bool isNeeded) =>
        rest.IsEmpty ? (isNeeded ? null : term)
        : rest[0] == ':' && MacroString.TryParseDomain(rest[1..]) is { } target ? term with { Target = target }
        : null;

    /// <summary>[ ":" domain-spec ] [ dual-cidr-length ]; a domain-spec may hold slashes, so lengths are read from the end.</summary>
    private static SpfTerm? WithPrefixes(SpfTerm term, ReadOnlySpan<char> rest)
    {
        var (prefix4, prefix6) = (32, 128);
        var slash = rest.LastIndexOf('/');
        if (slash > 0 && rest[slash - 1] == '/' && IsNumber(rest[(slash + 1)..]))
        {
            if (!TryPrefix(rest[(slash + 1)..], 128, out prefix6))
            {
                return null;
            }

            rest = rest[..(slash - 1)];
            slash = rest.LastIndexOf('/');
        }

        if (slash >= 0 && IsNumber(rest[(slash + 1)..]))
        {
            if (!TryPrefix(rest[(slash + 1)..], 32, out prefix4))
            {
                return null;
            }

            rest = rest[..slash];
        }

        return WithDomain(term with { Prefix4 = prefix4, Prefix6 = prefix6 }, rest, isNeeded: false);
    }

    private static SpfTerm? WithNetwork(SpfTerm term, ReadOnlySpan<char> rest, AddressFamily family)
    {
        var isIp4 = family == AddressFamily.InterNetwork;
        var prefix = isIp4 ? 32 : 128;
        if (rest.IsEmpty || rest[0] != ':')
        {
            return null;
        }

        var slash = rest.IndexOf('/');
        var text = slash < 0 ? rest[1..] : rest[1..slash];
        if ((slash >= 0 && !TryPrefix(rest[(slash + 1)..], prefix, out prefix)) || text.ContainsAnyExcept(isIp4 ? "0123456789." : "0123456789abcdefABCDEF:."))
        {
            return null;
        }

        return (!isIp4 || IsQuad(text)) && IPAddress.TryParse(text, out var network) && network.AddressFamily == family
            ? term with { Network = network, Prefix4 = prefix, Prefix6 = prefix }
            : null;
    }

    /// <summary>ip4-network = qnum "." qnum "." qnum "." qnum: no leading zeros, which some read as octal.</summary>
    private static bool IsQuad(ReadOnlySpan<char> text)
    {
        var numbers = 0;
        foreach (var range in text.Split('.'))
        {
            numbers++;
            if (!TryPrefix(text[range], 255, out _))
            {
                return false;
            }
        }

        return numbers == 4;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>A number without leading zeros, up to the most.</summary>
    private static bool TryPrefix(ReadOnlySpan<char> text, int most, out int number)
    {
        number = 0;
        return text.Length is > 0 and <= 3 && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
    }
}
