using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>
/// EXTERNAL (RFC 4422 appendix A): who it is was shown below SASL, here by the certificate of the TLS handshake; the one message names whom to
/// act as, or is empty.
/// </summary>
public static class External
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "EXTERNAL";

    /// <summary>The server's half.</summary>
    public sealed class Server : SaslServer
    {
        public override string Mechanism => Name;

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.EmptyChallenge) : Go(response);

        /// <summary>extern-resp = *( UTF8-char-no-nul ).</summary>
        private protected override SaslStep Go(byte[] response) =>
            response.Length == 0 ? new SaslStep.CheckCertificate(null)
            : TryText(response, MaxName, out var authorizeAs) ? new SaslStep.CheckCertificate(authorizeAs)
            : Fail(Replies.AuthMalformed);
    }

    /// <summary>The client's half.</summary>
    /// <param name="authorizeAs">Whom to act as; null: whoever the certificate says.</param>
    public sealed class Client(string? authorizeAs = null) : SaslClient
    {
        public override string Mechanism => Name;

        public override string InitialResponse => string.IsNullOrEmpty(authorizeAs) ? "=" : Base64Text.Encode(Encoding.UTF8.GetBytes(authorizeAs));

        public override bool MayAcceptSuccess => true;

        /// <summary>The empty challenge of a server that wants no initial response; any other is not EXTERNAL.</summary>
        public override SaslAnswer Next(string challenge) => challenge.Trim().Length == 0
            ? new SaslAnswer.Send(InitialResponse == "=" ? "" : InitialResponse)
            : new SaslAnswer.GiveUp("EXTERNAL knows no challenge.");
    }
}
