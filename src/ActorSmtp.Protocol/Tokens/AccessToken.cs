using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ActorSmtp.Protocol.Tokens;

/// <summary>What a token has to be like to be taken.</summary>
/// <param name="Issuer">Its "iss", exactly.</param>
/// <param name="Audiences">One of these has to be in its "aud".</param>
/// <param name="Scope">What its "scope" (or "scp") has to hold; empty: anything.</param>
/// <param name="Claim">The claim that names the account.</param>
/// <param name="Leeway">How far clocks may differ.</param>
public sealed record TokenRules(string Issuer, ImmutableArray<string> Audiences, string Scope, string Claim, TimeSpan Leeway);

/// <summary>What was found of a token.</summary>
public abstract record TokenVerdict
{
    private TokenVerdict()
    {
    }

    /// <summary>It is the issuer's, is meant for us, holds now, and names this account.</summary>
    public sealed record Good(string Account) : TokenVerdict;

    /// <summary>It is signed by a key that the key set does not hold: perhaps a newer one.</summary>
    public sealed record UnknownKey(string? Id) : TokenVerdict;

    /// <summary>It is not to be taken; for the log, the client is not told why.</summary>
    public sealed record Bad(string Why) : TokenVerdict;
}

/// <summary>
/// An access token in the form of a signed JWT (RFC 7519, RFC 7515, RFC 8725): verified by the issuer's public keys and held to the rules.
/// Pure: the time is handed in.
/// </summary>
public static class AccessToken
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Looks at a token; takes some ten to a hundred microseconds.</summary>
    public static TokenVerdict Verify(string token, IssuerKeys keys, TokenRules rules, DateTimeOffset now)
    {
        if (token.Length > MaxLength || token.Split('.', 4) is not [var head, var body, var tail]
            || !Base64Url.TryDecode(head, MaxLength, out var headOctets) || !Base64Url.TryDecode(body, MaxLength, out var claims)
            || !Base64Url.TryDecode(tail, 1024, out var signature))
        {
            return new TokenVerdict.Bad("it is no signed JWT");
        }

        using (var header = StrictJson.Parse(headOctets))
        {
            if (header is null)
            {
                return new TokenVerdict.Bad("its header is no JSON object");
            }

            if (ReadHeader(header.RootElement, out var algorithm, out var id) is { } wrong)
            {
                return new TokenVerdict.Bad(wrong);
            }

            if (!keys.Has(algorithm, id))
            {
                return new TokenVerdict.UnknownKey(id);
            }

            if (!keys.Verify(algorithm, id, Encoding.ASCII.GetBytes(token[..(head.Length + 1 + body.Length)]), signature))
            {
                return new TokenVerdict.Bad("its signature is not the issuer's");
            }
        }

        using var document = StrictJson.Parse(claims);
        return document is null ? new TokenVerdict.Bad("its claims are no JSON object") : Judge(document.RootElement, rules, now);
    }

    /// <summary>What is wrong with a header; null: nothing.</summary>
    private static string? ReadHeader(JsonElement header, out SignatureAlgorithm algorithm, out string? id)
    {
        algorithm = default;
        id = null;
        switch (StrictJson.Text(header, "alg"))
        {
            case "RS256":
                algorithm = SignatureAlgorithm.Rs256;
                break;
            case "ES256":
                algorithm = SignatureAlgorithm.Es256;
                break;
            default:
                return "it is not signed by RS256 or ES256";                                // RFC 8725 §3.1: never "none", never what else it asks for
        }

        if (header.TryGetProperty("crit", out _))
        {
            return "it has critical header parameters that are not known here";             // RFC 7515 §4.1.11
        }

        // RFC 8725 §3.11: a JWT of another type (an ID of a logout, a DPoP proof) is no access token.
        if (header.TryGetProperty("typ", out _)
            && StrictJson.Text(header, "typ")?.ToLowerInvariant() is not ("jwt" or "at+jwt" or "application/at+jwt" or "application/jwt"))
        {
            return "it is a JWT of another type";
        }

        if (!header.TryGetProperty("kid", out _))
        {
            return null;
        }

        id = StrictJson.Text(header, "kid");
        return id is null or { Length: > 256 } ? "the name of its key is none" : null;
    }

    private static TokenVerdict Judge(JsonElement claims, TokenRules rules, DateTimeOffset now)
    {
        if (StrictJson.Text(claims, "iss") != rules.Issuer)
        {
            return new TokenVerdict.Bad("it is from another issuer");
        }

        if (StrictJson.Texts(claims, "aud")?.Exists(rules.Audiences.Contains) != true)
        {
            return new TokenVerdict.Bad("it is meant for another audience");
        }

        if (Seconds(claims, "exp") is not { } expires)
        {
            return new TokenVerdict.Bad("it does not say when it expires");
        }

        var present = (now - DateTimeOffset.UnixEpoch).TotalSeconds;
        if (present >= expires + rules.Leeway.TotalSeconds)
        {
            return new TokenVerdict.Bad("it has expired");
        }

        if (claims.TryGetProperty("nbf", out _) && !(Seconds(claims, "nbf") is { } begins && present >= begins - rules.Leeway.TotalSeconds))
        {
            return new TokenVerdict.Bad("it does not hold yet");
        }

        if (rules.Scope.Length > 0 && !Scopes(claims).Contains(rules.Scope))
        {
            return new TokenVerdict.Bad($"it lacks the scope {rules.Scope}");
        }

        if (StrictJson.Text(claims, rules.Claim) is not { Length: > 0 and <= Sasl.SaslServer.MaxName } account || account.Any(char.IsControl))
        {
            return new TokenVerdict.Bad($"its claim {rules.Claim} names no account");
        }

        // An address that its owner typed in and the issuer has not verified would be anybody's account.
        return rules.Claim == "email" && claims.TryGetProperty("email_verified", out var verified) && !IsTrue(verified)
            ? new TokenVerdict.Bad("its address is not verified by the issuer")
            : new TokenVerdict.Good(account);
    }

    /// <summary>NumericDate of RFC 7519 §2.</summary>
    private static double? Seconds(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && double.IsFinite(seconds)
            ? seconds
            : null;

    /// <summary>"scope" is one text with blanks between (RFC 8693 §4.2); some issuers have "scp", a list or a text.</summary>
    private static IEnumerable<string> Scopes(JsonElement claims) =>
        new[] { "scope", "scp" }.SelectMany(name => StrictJson.Texts(claims, name) ?? []).SelectMany(text => text.Split(' '));

    private static bool IsTrue(JsonElement value) =>
        value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.ValueEquals("true"u8));
}
