using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>PLAIN (RFC 4616): <c>[authzid] NUL authcid NUL passwd</c> in one message.</summary>
public static class Plain
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "PLAIN";

    /// <summary>The server's half.</summary>
    public sealed class Server : SaslServer
    {
        public override string Mechanism => Name;

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.EmptyChallenge) : Go(response);

        private protected override SaslStep Go(byte[] response)
        {
            var message = response.AsSpan();
            var first = message.IndexOf((byte)0);
            var second = first < 0 ? -1 : message[(first + 1)..].IndexOf((byte)0);
            if (second < 0)
            {
                return Fail(Replies.AuthMalformed);
            }

            string? authorizeAs = null;
            if (!TryText(message.Slice(first + 1, second), MaxName, out var user)
                || !TryText(message[(first + second + 2)..], MaxPassword, out var password)
                || (first > 0 && !TryText(message[..first], MaxName, out authorizeAs)))
            {
                return Fail(Replies.AuthMalformed);
            }

            return new SaslStep.CheckPassword(new Credentials(user, password, authorizeAs == user ? null : authorizeAs));
        }
    }

    /// <summary>The client's half.</summary>
    public sealed class Client(Credentials credentials) : SaslClient
    {
        public override string Mechanism => Name;

        public override string InitialResponse => Base64Text.Encode(
            Encoding.UTF8.GetBytes($"{credentials.AuthorizeAs}\0{credentials.User}\0{credentials.Password}"));

        public override bool MayAcceptSuccess => true;

        /// <summary>The empty challenge of a server that wants no initial response; any other is not PLAIN.</summary>
        public override SaslAnswer Next(string challenge) => challenge.Trim().Length == 0
            ? new SaslAnswer.Send(InitialResponse)
            : new SaslAnswer.GiveUp("PLAIN knows no challenge.");
    }
}
