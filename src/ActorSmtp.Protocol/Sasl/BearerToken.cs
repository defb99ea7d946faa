using System.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>An access token (RFC 6750), as OAUTHBEARER and XOAUTH2 bring it. Prints without the token.</summary>
/// <param name="Token">The token itself.</param>
/// <param name="User">The account to act as, where the client names one: the token has to be that account's.</param>
public sealed record BearerToken(string Token, string? User = null)
{
    /// <summary>b64token of RFC 6750 §2.1: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".</summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        var body = text.TrimEnd('=');
        return body.Length > 0 && !body.ContainsAnyExcept(Letters);
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Token = ***, User = ").Append(User);
        return true;
    }
}

/// <summary>What a client is told about a token that was refused (RFC 7628 §3.2.2), besides that it was.</summary>
/// <param name="Scope">The scope a token needs here, or empty.</param>
/// <param name="Configuration">URL of the issuer's OpenID configuration, where a client finds out how to get a token; or empty.</param>
public sealed record TokenHint(string Scope, string Configuration)
{
    /// <summary>No hint.</summary>
    public static TokenHint None { get; } = new("", "");
}
