using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Protocol.Arc;

/// <summary>What a chain that is right is good for: servers that are believed say how the message had come to them (RFC 8617 §7.2.1).</summary>
public static class ArcTrust
{
    /// <summary>
    /// The server that saw DMARC pass, if that is to be believed: it sealed so, and it and all who sealed after it are trusted. Null: nobody did.
    /// </summary>
    /// <param name="header">Of the message.</param>
    /// <param name="chain">What came of its chain.</param>
    /// <param name="author">The domain of From, for which DMARC has to have passed.</param>
    /// <param name="isTrusted">Whether a domain that sealed is believed.</param>
    public static string? WhoSawPass(HeaderList header, ArcResult chain, string author, Func<string, bool> isTrusted)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Verdict == ArcVerdict.Pass ? WhoSaysPass(header, chain, author, isTrusted) : null;
    }

    /// <summary>The same of a chain that cannot be verified for now: the server that would be believed if it were right. Null: there is none, or the chain is known to be right or wrong.</summary>
    public static string? WhoMayHaveSeenPass(HeaderList header, ArcResult chain, string author, Func<string, bool> isTrusted)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain is { Verdict: ArcVerdict.Fail, IsTemporary: true } ? WhoSaysPass(header, chain, author, isTrusted) : null;
    }

    private static string? WhoSaysPass(HeaderList header, ArcResult chain, string author, Func<string, bool> isTrusted)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(isTrusted);
        if (!ArcSet.TryCollect(header, out var sets, out _) || sets.Count != chain.Sealers.Length)
        {
            return null;
        }

        for (var i = sets.Count - 1; i >= 0 && isTrusted(chain.Sealers[i]); i--)
        {
            var value = sets[i].Results.Value;
            if (value.IndexOf(';', StringComparison.Ordinal) is >= 0 and var instance
                && AuthenticationResults.TryParse(value[(instance + 1)..])?.Results.Any(r => IsPassOf(r, author)) == true)
            {
                return chain.Sealers[i];
            }
        }

        return null;
    }

    private static bool IsPassOf(MethodResult result, string author) => result is { Method: "dmarc", Word: "pass" }
        && result.Properties.Any(p => p is { Type: "header", Name: "from" } && string.Equals(p.Value, author, StringComparison.OrdinalIgnoreCase));
}
