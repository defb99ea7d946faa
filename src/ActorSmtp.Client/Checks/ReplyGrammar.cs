using System.Buffers;
using System.Net;

namespace ActorSmtp.Client.Checks;

/// <summary>The parts of RFC 5321's grammar that replies are held to, written from the ABNF and from nothing else.</summary>
internal static class ReplyGrammar
{
    private static readonly SearchValues<char> LetterDigitHyphen = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    /// <summary>Domain / address-literal (§4.1.2, §4.1.3).</summary>
    public static bool IsHost(string word) => word.StartsWith('[') ? IsLiteral(word) : IsDomain(word);

    /// <summary>Domain = sub-domain *("." sub-domain); sub-domain = Let-dig [Ldh-str].</summary>
    public static bool IsDomain(string word) => word.Length is > 0 and <= 255 && word.Split('.').All(
        label => label.Length is > 0 and <= 63 && !label.AsSpan().ContainsAnyExcept(LetterDigitHyphen) && label[0] != '-' && label[^1] != '-');

    /// <summary>ehlo-line = ehlo-keyword *( SP ehlo-param ) (§4.1.1.1).</summary>
    public static bool IsEhloLine(string line)
    {
        var words = line.Split(' ');
        return words[0].Length > 0 && words[0][0] != '-' && !words[0].AsSpan().ContainsAnyExcept(LetterDigitHyphen)
            && words.Skip(1).All(w => w.Length > 0 && w.All(c => c is > ' ' and < '\x7f'));
    }

    /// <summary>"[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]".</summary>
    private static bool IsLiteral(string word)
    {
        if (!word.EndsWith(']') || word.Length < 4)
        {
            return false;
        }

        var inside = word[1..^1];
        return inside.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase)
            ? IPAddress.TryParse(inside[5..], out _)
            : IPAddress.TryParse(inside, out _) || inside.Contains(':', StringComparison.Ordinal);
    }
}
