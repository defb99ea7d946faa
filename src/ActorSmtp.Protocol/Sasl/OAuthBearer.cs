using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>
/// OAUTHBEARER (RFC 7628): an access token of some issuer in place of a password. One message with the token; who is refused hears why as JSON,
/// answers with a single %x01, and then hears 535.
/// </summary>
public static class OAuthBearer
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "OAUTHBEARER";

    private const char Separator = '\x01';

    /// <summary>The server's half.</summary>
    /// <param name="hint">What a client that is refused is told.</param>
    public sealed class Server(TokenHint hint) : SaslServer
    {
        private Reply? _because;

        public override string Mechanism => Name;

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.EmptyChallenge) : Go(response);

        private protected override SaslStep Go(byte[] response)
        {
            if (_because is { } because)
            {
                return Fail(because);                       // RFC 7628 §3.2.3: whatever the client answers to the error, it has failed
            }

            // client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
            return ScramMessage.TryText(response, out var message) && Read(message) is { } token
                ? new SaslStep.CheckToken(token)
                : Fail(Replies.AuthMalformed);
        }

        private protected override SaslStep Denied(Reply because)
        {
            if (!because.IsPermanent)
            {
                return Fail(because);                       // not the token's fault: no reason to get another
            }

            _because = because;
            return Ask(TokenErrors.OAuthBearer(hint));
        }

        private static BearerToken? Read(string message)
        {
            // gs2-header = "n" / "y" "," [ "a=" saslname ] ",": no channel binding with bearer tokens (§3.1)
            var flagEnd = message.IndexOf(',');
            var headerEnd = flagEnd < 0 ? -1 : message.IndexOf(',', flagEnd + 1);
            if (headerEnd < 0 || message[..flagEnd] is not ("n" or "y"))
            {
                return null;
            }

            string? user = null;
            var name = message.AsSpan(flagEnd + 1, headerEnd - flagEnd - 1);
            if (name.Length > 0 && (!name.StartsWith("a=") || !ScramMessage.TryReadName(name[2..].ToString(), out user)))
            {
                return null;
            }

            return BearerPairs.Token(message.AsSpan(headerEnd + 1)) is { } token ? new BearerToken(token, user) : null;
        }
    }

    /// <summary>The client's half.</summary>
    /// <param name="host">The server's name and port, which the issuer may have bound the token to.</param>
    public sealed class Client(BearerToken token, string? host = null, int? port = null) : SaslClient
    {
        public override string Mechanism => Name;

        public override string InitialResponse
        {
            get
            {
                var message = new StringBuilder("n,");
                if (!string.IsNullOrEmpty(token.User))
                {
                    message.Append("a=").Append(ScramMessage.WriteName(token.User));
                }

                message.Append(',').Append(Separator);
                if (host is not null)
                {
                    message.Append("host=").Append(host).Append(Separator);
                }

                if (port is { } number)
                {
                    message.Append(System.Globalization.CultureInfo.InvariantCulture, $"port={number}").Append(Separator);
                }

                message.Append("auth=Bearer ").Append(token.Token).Append(Separator).Append(Separator);
                return Base64Text.Encode(Encoding.UTF8.GetBytes(message.ToString()));
            }
        }

        public override bool MayAcceptSuccess => true;

        public override SaslAnswer Next(string challenge)
        {
            if (challenge.Trim().Length == 0)
            {
                return new SaslAnswer.Send(InitialResponse);
            }

            Complaint = TokenErrors.Shown(challenge);
            return new SaslAnswer.Send("AQ==");             // §3.2.3: %x01, and the failure follows
        }
    }
}

/// <summary>XOAUTH2: what OAUTHBEARER was before it was standardised (Google's and Microsoft's documents describe it), spoken by most clients.</summary>
public static class XOAuth2
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "XOAUTH2";

    private const char Separator = '\x01';

    /// <summary>The server's half.</summary>
    /// <param name="hint">What a client that is refused is told.</param>
    public sealed class Server(TokenHint hint) : SaslServer
    {
        private Reply? _because;

        public override string Mechanism => Name;

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.EmptyChallenge) : Go(response);

        private protected override SaslStep Go(byte[] response)
        {
            if (_because is { } because)
            {
                return Fail(because);
            }

            // "user=" name ^A "auth=Bearer " token ^A ^A
            return ScramMessage.TryText(response, out var message) && Read(message) is { } token
                ? new SaslStep.CheckToken(token)
                : Fail(Replies.AuthMalformed);
        }

        private protected override SaslStep Denied(Reply because)
        {
            if (!because.IsPermanent)
            {
                return Fail(because);
            }

            _because = because;
            return Ask(TokenErrors.XOAuth2(hint));
        }

        private static BearerToken? Read(string message)
        {
            var end = message.IndexOf(Separator, StringComparison.Ordinal);
            if (end < 0 || !message.StartsWith("user=", StringComparison.Ordinal))
            {
                return null;
            }

            var user = message["user=".Length..end];
            return user.Length is > 0 && Encoding.UTF8.GetByteCount(user) <= MaxName && !user.Contains('\0', StringComparison.Ordinal)
                && BearerPairs.Token(message.AsSpan(end)) is { } token
                    ? new BearerToken(token, user)
                    : null;
        }
    }

    /// <summary>The client's half; the token has to name its user.</summary>
    public sealed class Client(BearerToken token) : SaslClient
    {
        public override string Mechanism => Name;

        public override string InitialResponse => Base64Text.Encode(Encoding.UTF8.GetBytes(
            $"user={token.User}{Separator}auth=Bearer {token.Token}{Separator}{Separator}"));

        public override bool MayAcceptSuccess => true;

        public override SaslAnswer Next(string challenge)
        {
            if (challenge.Trim().Length == 0)
            {
                return new SaslAnswer.Send(InitialResponse);
            }

            Complaint = TokenErrors.Shown(challenge);
            return new SaslAnswer.Send("");                 // an empty answer, and the failure follows
        }
    }
}

/// <summary>kvpairs of RFC 7628 §3.1, which XOAUTH2 has as well.</summary>
internal static class BearerPairs
{
    private const int MostPairs = 32;

    /// <summary>
    /// The token of the one <c>auth</c> pair in <c>kvsep *kvpair kvsep</c>; null where the form is broken or the scheme is not Bearer. Other
    /// pairs (host, port, and whatever comes later) are skipped.
    /// </summary>
    public static string? Token(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] != '\x01' || rest[^1] != '\x01')
        {
            return null;
        }

        string? token = null;
        rest = rest[1..^1];
        for (var pairs = 0; rest.Length > 0; pairs++)
        {
            var end = rest.IndexOf('\x01');
            if (end < 0 || pairs == MostPairs)
            {
                return null;                                // each pair ends with the separator
            }

            var pair = rest[..end];
            var equals = pair.IndexOf('=');
            if (equals <= 0 || pair[..equals].ContainsAnyExcept(Letters))
            {
                return null;
            }

            if (pair[..equals].Equals("auth", StringComparison.Ordinal))
            {
                var value = pair[(equals + 1)..];
                if (token is not null || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
                {
                    return null;                            // twice, or another scheme
                }

                token = value["Bearer ".Length..].Trim(' ').ToString();
            }

            rest = rest[(end + 1)..];
        }

        return token is not null && BearerToken.IsToken(token) ? token : null;
    }

    /// <summary>key = 1*(ALPHA).</summary>
    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
