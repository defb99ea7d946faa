using Akka.Actor;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Server.Auth;

/// <summary>What the auth actor hears and says. Plain data: may cross to another node.</summary>
/// <remarks><c>From</c> is always the network an attempt comes from, as <see cref="Guesses.Network"/> writes it.</remarks>
public static class AuthMessages
{
    // asked of it

    /// <summary>A session asks whether this name and password are an account's; answered with a <see cref="Verdict"/>.</summary>
    public sealed record Verify(Credentials Credentials, string From);

    /// <summary>
    /// A session in a SCRAM exchange asks what the account's password is compared with; answered with a <see cref="Verifier"/> (for an
    /// unknown name with one that nothing matches), or with <see cref="Denied"/> where too much is asked from there.
    /// </summary>
    public sealed record FindVerifier(string User, string From);

    /// <summary>
    /// A session whose peer answered a SCRAM challenge, rightly or not, asks whether it may go on; answered with a <see cref="Verdict"/>.
    /// </summary>
    /// <param name="Against">What the proof was compared with.</param>
    public sealed record Judge(string User, string? ActAs, bool IsRight, string From, Verifier Against) : INoSerializationVerificationNeeded;

    /// <summary>A session asks whose this token is; answered with a <see cref="Verdict"/>.</summary>
    public sealed record VerifyToken(BearerToken Token, string From);

    /// <summary>A session whose peer showed a certificate that holds asks whose it is; answered with a <see cref="Verdict"/>.</summary>
    public sealed record FindOwner(CertificateNames Certificate, string? ActAs, string From);

    /// <summary>Somebody knows that the accounts changed: read them now.</summary>
    public sealed class Reload
    {
        /// <summary>The one.</summary>
        public static readonly Reload Instance = new();
    }

    /// <summary>Somebody read aliases and tags anew: these count from now on.</summary>
    public sealed record Follow(Addresses.AddressRules Rules) : INoSerializationVerificationNeeded;

    // answered

    /// <summary>What a password is compared with.</summary>
    /// <param name="HasWaited">The attempt was made to wait for it, and is not to be made to wait again.</param>
    public sealed record Verifier(StoredPassword Stored, bool HasWaited) : INoSerializationVerificationNeeded;

    /// <summary>Yes or no.</summary>
    public abstract record Verdict;

    /// <summary>The credentials are good.</summary>
    public sealed record Granted(string User) : Verdict;

    /// <summary>They are not, or cannot be looked at now.</summary>
    public sealed record Denied(DenialReason Reason) : Verdict;

    // announced on the event stream

    /// <summary>The table of accounts was read anew.</summary>
    public sealed record AccountsChanged(int Accounts);

    /// <summary>Somebody failed to log in.</summary>
    public sealed record LoginFailed(string Name, DenialReason Reason, string From);
}

/// <summary>Whose a client certificate says it is; an authority of ours vouches for it.</summary>
/// <param name="Fingerprint">SHA-256, 64 hexadecimal digits in lower case.</param>
/// <param name="Emails">Mail addresses of its subjectAltName, with commas between; empty: none.</param>
/// <param name="CommonName">The CN of its subject, or empty.</param>
public sealed record CertificateNames(string Fingerprint, string Emails, string CommonName);

/// <summary>Why a login was denied. The peer is told no more than 535 or 454.</summary>
public enum DenialReason
{
    /// <summary>There is no such account.</summary>
    UnknownUser,

    /// <summary>The password is wrong.</summary>
    WrongPassword,

    /// <summary>The account is disabled.</summary>
    Disabled,

    /// <summary>The authorization identity is not the account's own.</summary>
    MayNotActAs,

    /// <summary>The token is not one of the issuer's, is not meant for us, or has expired.</summary>
    BadToken,

    /// <summary>Too much went wrong from there, or for that name, and others wait already: not now.</summary>
    Slowed,

    /// <summary>Too many verifications are waiting, or the accounts or the issuer's keys cannot be read: not now.</summary>
    Unavailable,
}
