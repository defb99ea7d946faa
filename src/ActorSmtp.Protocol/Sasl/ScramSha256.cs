using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the password never crosses the wire, and the server proves itself too.</summary>
public static class ScramSha256
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "SCRAM-SHA-256";

    /// <summary>Its name with channel binding.</summary>
    public const string PlusName = "SCRAM-SHA-256-PLUS";

    private static byte[] Signature(ReadOnlySpan<byte> key, string authMessage) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(authMessage));

    private static byte[] Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var result = new byte[left.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (byte)(left[i] ^ right[i]);
        }

        return result;
    }

    /// <summary>The server's half.</summary>
    public sealed class Server : SaslServer
    {
        private readonly string _nonce;
        private readonly ChannelBinding? _binding;
        private readonly bool _plus;
        private State _state;
        private string _header = "";
        private string _clientFirst = "";
        private string _serverFirst = "";
        private string _clientNonce = "";
        private string _user = "";
        private string? _authorizeAs;
        private StoredPassword? _stored;
        private byte[] _serverSignature = [];

        /// <summary>A machine for one exchange.</summary>
        /// <param name="nonce">Random, at least 18 octets' worth of printable ASCII without commas (base64 is).</param>
        /// <param name="binding">The connection's channel binding, where the -PLUS mechanism is offered on it; else null.</param>
        /// <param name="plus">Whether the client chose the -PLUS mechanism.</param>
        /// <exception cref="ArgumentException">The nonce is none, or -PLUS was chosen and there is no binding.</exception>
        public Server(string nonce, ChannelBinding? binding = null, bool plus = false)
        {
            if (!ScramMessage.IsNonce(nonce) || nonce.Length < 18)
            {
                throw new ArgumentException("A nonce is at least 18 printable characters without a comma.", nameof(nonce));
            }

            if (plus && binding is null)
            {
                throw new ArgumentException("-PLUS needs a channel binding.", nameof(binding));
            }

            _nonce = nonce;
            _binding = binding;
            _plus = plus;
        }

        private enum State
        {
            First = 0,
            LookingUp,
            Proof,
            Judging,
            Acknowledge,
        }

        public override string Mechanism => _plus ? PlusName : Name;

        /// <inheritdoc/>
        public override SaslStep Resume(StoredPassword stored)
        {
            if (_state != State.LookingUp)
            {
                throw new InvalidOperationException("Nothing was asked for.");
            }

            _stored = stored;
            _state = State.Proof;
            _serverFirst = string.Create(CultureInfo.InvariantCulture,
                $"r={_clientNonce}{_nonce},s={Base64Text.Encode(stored.Salt)},i={stored.Iterations}");
            return Ask(Encoding.UTF8.GetBytes(_serverFirst));
        }

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.EmptyChallenge) : Go(response);

        private protected override SaslStep Go(byte[] response)
        {
            if (!ScramMessage.TryText(response, out var message))
            {
                return Fail(Replies.AuthMalformed);
            }

            return _state switch
            {
                State.First => ReadFirst(message),
                State.Proof => ReadFinal(message),
                State.Acknowledge when message.Length == 0 => SaslStep.Succeeded.Instance,
                _ => Fail(Replies.AuthMalformed),
            };
        }

        /// <summary>client-first-message = gs2-header [reserved-mext ","] username "," nonce ["," extensions].</summary>
        private SaslStep ReadFirst(string message)
        {
            var flagEnd = message.IndexOf(',');
            var headerEnd = flagEnd < 0 ? -1 : message.IndexOf(',', flagEnd + 1);
            if (headerEnd < 0)
            {
                return Fail(Replies.AuthMalformed);
            }

            // y: the client could bind and thinks we cannot; when we offered it, somebody took the offer out (RFC 5802 §6).
            var flag = message[..flagEnd];
            var flagIsRight = _plus ? flag == "p=" + _binding!.Name : flag == "n" || (flag == "y" && _binding is null);
            if (_plus && flag.StartsWith("p=", StringComparison.Ordinal) && !flagIsRight)
            {
                return Fail(Replies.UnknownMechanism);      // a binding we do not have: no wrong password, another mechanism may do
            }

            if (!flagIsRight)
            {
                return Fail(flag is "n" or "y" || flag.StartsWith("p=", StringComparison.Ordinal) ? Replies.BadCredentials : Replies.AuthMalformed);
            }

            var authorizeAs = message[(flagEnd + 1)..headerEnd];
            if (authorizeAs.Length > 0
                && (!authorizeAs.StartsWith("a=", StringComparison.Ordinal) || !ScramMessage.TryReadName(authorizeAs[2..], out _authorizeAs)))
            {
                return Fail(Replies.AuthMalformed);
            }

            _header = message[..(headerEnd + 1)];
            _clientFirst = message[(headerEnd + 1)..];
            var rest = _clientFirst.AsSpan();
            if (!ScramMessage.Take(ref rest, 'n', out var user) || !ScramMessage.TryReadName(user, out _user)
                || !ScramMessage.Take(ref rest, 'r', out _clientNonce) || !ScramMessage.IsNonce(_clientNonce))
            {
                return Fail(Replies.AuthMalformed);         // a mandatory extension ("m=") ends here as well
            }

            _authorizeAs = _authorizeAs == _user ? null : _authorizeAs;
            _state = State.LookingUp;
            return new SaslStep.FindPassword(_user);
        }

        /// <summary>client-final-message = channel-binding "," nonce ["," extensions] "," proof.</summary>
        private SaslStep ReadFinal(string message)
        {
            var proofAt = message.LastIndexOf(",p=", StringComparison.Ordinal);
            var rest = message.AsSpan();
            if (proofAt < 0
                || !ScramMessage.Take(ref rest, 'c', out var binding) || !ScramMessage.Take(ref rest, 'r', out var nonce)
                || !Base64Text.TryDecode(binding, MaxMessage, out var bound)
                || !Base64Text.TryDecode(message[(proofAt + 3)..], SHA256.HashSizeInBytes, out var proof)
                || proof.Length != SHA256.HashSizeInBytes)
            {
                return Fail(Replies.AuthMalformed);
            }

            byte[] expected = [.. Encoding.UTF8.GetBytes(_header), .. _plus ? _binding!.Data.ToArray() : []];
            var authMessage = $"{_clientFirst},{_serverFirst},{message[..proofAt]}";
            var clientKey = Xor(proof, Signature(_stored!.StoredKey, authMessage));
            var isRight = CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), _stored.StoredKey)
                & CryptographicOperations.FixedTimeEquals(bound, expected)
                & string.Equals(nonce, _clientNonce + _nonce, StringComparison.Ordinal);
            _serverSignature = Signature(_stored.ServerKey, authMessage);
            _state = State.Judging;
            return new SaslStep.CheckProof(_user, _authorizeAs, isRight);
        }

        /// <summary>server-final-message: only who is let in hears that the password was right.</summary>
        private protected override SaslStep Granted()
        {
            _state = State.Acknowledge;
            return Ask(Encoding.UTF8.GetBytes("v=" + Base64Text.Encode(_serverSignature)));
        }
    }

    /// <summary>The client's half.</summary>
    public sealed class Client : SaslClient
    {
        /// <summary>Most iterations a server may ask us for.</summary>
        public const int MaxIterations = 2_000_000;

        private readonly Credentials _credentials;
        private readonly string _nonce;
        private readonly ChannelBinding? _binding;
        private readonly bool _plus;
        private readonly string _header;
        private readonly string _first;
        private byte[]? _serverSignature;
        private bool _serverIsTrue;

        /// <summary>A machine for one exchange.</summary>
        /// <param name="nonce">Random, at least 18 printable characters without a comma.</param>
        /// <param name="binding">The connection's channel binding; null where there is none, or where the one without was asked for.</param>
        /// <param name="plusIsOffered">
        /// Whether the server offers -PLUS, so that it is used with the binding. Where it does not and we could bind, the server is told so
        /// ("y"): if it did offer it, somebody between took the offer out, and it will refuse (RFC 5802 §6).
        /// </param>
        /// <exception cref="ArgumentException">The nonce is none, or the password holds what SASLprep prohibits.</exception>
        public Client(Credentials credentials, string nonce, ChannelBinding? binding = null, bool plusIsOffered = true)
        {
            if (!ScramMessage.IsNonce(nonce) || nonce.Length < 18)
            {
                throw new ArgumentException("A nonce is at least 18 printable characters without a comma.", nameof(nonce));
            }

            if (!SaslPrep.TryPrepare(credentials.User, out var user) || !SaslPrep.TryPrepare(credentials.Password, out var password))
            {
                throw new ArgumentException("User name or password is empty or holds characters that are not allowed (RFC 4013).", nameof(credentials));
            }

            _credentials = credentials with { Password = password };
            _nonce = nonce;
            _plus = binding is not null && plusIsOffered;
            _binding = _plus ? binding : null;
            _header = (_plus ? "p=" + binding!.Name : binding is null ? "n" : "y") + ","
                + (credentials.AuthorizeAs is { } other ? "a=" + ScramMessage.WriteName(other) : "") + ",";
            _first = $"n={ScramMessage.WriteName(user)},r={nonce}";
        }

        public override string Mechanism => _plus ? PlusName : Name;

        public override string InitialResponse => Base64Text.Encode(Encoding.UTF8.GetBytes(_header + _first));

        /// <summary>Only when the server showed that it knows the password's keys.</summary>
        public override bool MayAcceptSuccess => _serverIsTrue;

        public override SaslAnswer Next(string challenge)
        {
            challenge = challenge.Trim();
            if (challenge.Length == 0 && _serverSignature is null)
            {
                return new SaslAnswer.Send(InitialResponse);
            }

            if (!Base64Text.TryDecode(challenge, 4096, out var octets) || !ScramMessage.TryText(octets, out var message))
            {
                return new SaslAnswer.GiveUp("The challenge is not base64.");
            }

            return _serverSignature is null ? AnswerFirst(message) : CheckFinal(message);
        }

        /// <summary>server-first-message = nonce "," salt "," iteration-count.</summary>
        private SaslAnswer AnswerFirst(string message)
        {
            var rest = message.AsSpan();
            if (!ScramMessage.Take(ref rest, 'r', out var nonce) || !nonce.StartsWith(_nonce, StringComparison.Ordinal)
                || nonce.Length == _nonce.Length
                || !ScramMessage.Take(ref rest, 's', out var saltText) || !Base64Text.TryDecode(saltText, 1024, out var salt)
                || !ScramMessage.Take(ref rest, 'i', out var count)
                || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations))
            {
                return new SaslAnswer.GiveUp("The server's first message is not SCRAM.");
            }

            if (iterations is < StoredPassword.MinIterations or > MaxIterations)
            {
                return new SaslAnswer.GiveUp($"The server asks for {iterations} iterations; {StoredPassword.MinIterations} to {MaxIterations} are sound.");
            }

            byte[] bound = [.. Encoding.UTF8.GetBytes(_header), .. _binding is null ? [] : _binding.Data.ToArray()];
            var withoutProof = $"c={Base64Text.Encode(bound)},r={nonce}";
            var authMessage = $"{_first},{message},{withoutProof}";
            var salted = StoredPassword.Salted(_credentials.Password, salt, iterations);
            var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
            var proof = Xor(clientKey, Signature(SHA256.HashData(clientKey), authMessage));
            _serverSignature = Signature(HMACSHA256.HashData(salted, "Server Key"u8), authMessage);
            return new SaslAnswer.Send(Base64Text.Encode(Encoding.UTF8.GetBytes($"{withoutProof},p={Base64Text.Encode(proof)}")));
        }

        /// <summary>server-final-message = "v=" base64 / "e=" error.</summary>
        private SaslAnswer CheckFinal(string message)
        {
            var rest = message.AsSpan();
            if (!ScramMessage.Take(ref rest, 'v', out var verifier) || !Base64Text.TryDecode(verifier, SHA256.HashSizeInBytes, out var signature)
                || !CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
            {
                return new SaslAnswer.GiveUp("The server could not prove that it knows the password.");
            }

            _serverIsTrue = true;
            return new SaslAnswer.Send("");
        }
    }
}
