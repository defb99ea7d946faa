using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using Network = ActorSmtp.Server.Auth.Guesses.Network;

namespace ActorSmtp.Server.Sessions;

/// <summary>A login under way, in whichever language: what its mechanism wants asked of the auth actor, and what became of it.</summary>
internal sealed class LoginExchange(SaslServer sasl)
{
    public SaslServer Sasl { get; } = sasl;

    /// <summary>What a proof is compared with.</summary>
    public AuthMessages.Verifier? Against { get; set; }

    /// <summary>Who was let in; the mechanism may still have a word to say.</summary>
    public string? Granted { get; set; }

    /// <summary>It was not looked at because of what went before.</summary>
    private bool IsSlowed { get; set; }

    /// <summary>What the auth actor is asked for a step; null: nobody has to be asked, there is no such user.</summary>
    /// <exception cref="InvalidOperationException">The step asks for nothing.</exception>
    public object? QuestionOf(SaslStep step, Conversation talk)
    {
        var from = Network.Of(talk.Peer);                       // where guesses from this peer are counted
        return step switch
        {
            SaslStep.CheckPassword check => new AuthMessages.Verify(check.Credentials, from),
            SaslStep.FindPassword find => new AuthMessages.FindVerifier(find.User, from),
            SaslStep.CheckProof proof => new AuthMessages.Judge(proof.User, proof.AuthorizeAs, proof.IsRight, from, Against!),
            SaslStep.CheckToken check => new AuthMessages.VerifyToken(check.Token, from),
            SaslStep.CheckCertificate check => talk.Tls?.Peer is { } peer
                ? new AuthMessages.FindOwner(
                    new CertificateNames(peer.Fingerprint, string.Join(',', peer.Emails.Where(e => !e.Contains(','))), peer.CommonName ?? ""), check.AuthorizeAs, from)
                : null,
            _ => throw new InvalidOperationException($"An exchange gave {step.GetType().Name}."),
        };
    }

    /// <summary>The cause is for the log; the peer hears that it was wrong, or that it cannot be now, whatever it was.</summary>
    public SaslStep Deny(DenialReason reason)
    {
        IsSlowed = reason == DenialReason.Slowed;
        return Sasl.Deny(IsSlowed || reason == DenialReason.Unavailable ? Replies.AuthUnavailable : Replies.BadCredentials);
    }

    /// <summary>Whether what ended so counts as a failed login: credentials that were wrong, or refused unseen.</summary>
    public bool IsCounted(Reply because) => because == Replies.BadCredentials || IsSlowed;
}
