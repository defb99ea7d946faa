using System.Security.Cryptography;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Server.Auth;

/// <summary>How passwords of accounts are kept: SCRAM-SHA-256 verifiers (RFC 7677) from a random salt.</summary>
public static class PasswordPolicy
{
    /// <summary>
    /// Rounds of PBKDF2. RFC 7677 §4 asks for 4096 at least; 600,000 cost a quarter of a second of CPU per login, which is what an attacker
    /// who has the file pays per guess. Logins within <c>auth.remember-for</c> of each other pay it once.
    /// </summary>
    public const int Iterations = 600_000;

    /// <summary>The verifier of a new password; computes for a quarter of a second.</summary>
    public static string Store(string password) =>
        StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), Iterations).Format();
}
