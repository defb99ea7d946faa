namespace ActorSmtp.Server.Auth.Tokens;

/// <summary>What the issuer keys' actor hears and says.</summary>
public static class IssuerKeysMessages
{
    // asked of it

    /// <summary>A token is signed by a key we do not have: ask the issuer again, unless that was done a moment ago. Answered with <see cref="Refreshed"/>.</summary>
    public sealed class Want
    {
        /// <summary>The one.</summary>
        public static readonly Want Instance = new();
    }

    // answered

    /// <summary>The keys that are to be had now are on the board, newer ones or not.</summary>
    public sealed class Refreshed
    {
        /// <summary>The one.</summary>
        public static readonly Refreshed Instance = new();
    }

    // announced on the event stream

    /// <summary>The issuer's keys were read.</summary>
    public sealed record KeysRead(int Keys);

    /// <summary>They could not be; those of before stay.</summary>
    public sealed record KeysUnreadable(string Why);
}
