using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>LOGIN: never standardised, spoken by everybody. Name and password one after the other; the name may be the initial response.</summary>
public static class Login
{
    /// <summary>The mechanism's name.</summary>
    public const string Name = "LOGIN";

    /// <summary>The server's half: asks <c>Username:</c> and <c>Password:</c>.</summary>
    public sealed class Server : SaslServer
    {
        private string? _user;

        public override string Mechanism => Name;

        private protected override SaslStep First(byte[]? response) =>
            response is null ? new SaslStep.Challenge(Replies.AskUserName) : Go(response);

        private protected override SaslStep Go(byte[] response)
        {
            if (_user is null)
            {
                return TryText(response, MaxName, out _user) ? new SaslStep.Challenge(Replies.AskPassword) : Fail(Replies.AuthMalformed);
            }

            return TryText(response, MaxPassword, out var password)
                ? new SaslStep.CheckPassword(new Credentials(_user, password))
                : Fail(Replies.AuthMalformed);
        }
    }

    /// <summary>The client's half: answers the first challenge with the name and the second with the password, whatever they say.</summary>
    public sealed class Client(Credentials credentials) : SaslClient
    {
        private int _asked;

        public override string Mechanism => Name;

        public override string? InitialResponse => null;

        public override bool MayAcceptSuccess => true;

        public override SaslAnswer Next(string challenge) => ++_asked switch
        {
            1 => new SaslAnswer.Send(Base64Text.Encode(Encoding.UTF8.GetBytes(credentials.User))),
            2 => new SaslAnswer.Send(Base64Text.Encode(Encoding.UTF8.GetBytes(credentials.Password))),
            _ => new SaslAnswer.GiveUp("LOGIN asks twice only."),
        };
    }
}
