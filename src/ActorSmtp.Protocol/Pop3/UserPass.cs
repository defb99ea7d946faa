using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>USER and PASS (RFC 1939 §7) as the exchange that they are: a name and a password, checked, and it is over.</summary>
public sealed class UserPass(Credentials credentials) : SaslServer
{
    public override string Mechanism => "USER";

    private protected override SaslStep First(byte[]? response) => new SaslStep.CheckPassword(credentials);

    /// <summary>Nothing is asked, so nothing can be answered.</summary>
    private protected override SaslStep Go(byte[] response) => Fail(Smtp.Replies.AuthMalformed);
}
