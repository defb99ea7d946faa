using Akka.Actor;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Server.Auth;

/// <summary>What the auth actor hears and says. Plain data: may cross to another node.</summary>
public static class AuthMessages
{
    // asked of it

    /// <summary>A session asks whether this name and password are an account's; answered with a <see cref="Verdict"/>.</summary>
    public sealed record Verify(Credentials Credentials);

    /// <summary>
    /// A session in a SCRAM exchange asks what the account's password is compared with; answered with a <see cref="Verifier"/>, for an
    /// unknown name with one that nothing matches.
    /// </summary>
    public sealed record FindVerifier(string User);

    /// <summary>A session whose peer proved to be this account asks whether it may go on as that one; answered with a <see cref="Verdict"/>.</summary>
    public sealed record Authorize(string User, string? ActAs);

    // answered

    /// <summary>What a password is compared with.</summary>
    public sealed record Verifier(StoredPassword Stored) : INoSerializationVerificationNeeded;

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
    public sealed record LoginFailed(string Name, DenialReason Reason);
}

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

    /// <summary>Too many verifications are waiting, or the accounts cannot be read: not now.</summary>
    Unavailable,
}
