namespace ActorSmtp.Server.Pop3;

/// <summary>Where a POP3 dialogue stands: the states of RFC 1939 §3, and what is waited for in them.</summary>
public enum Pop3State
{
    /// <summary>A proxy is to say for whom it connected.</summary>
    Identifying,

    /// <summary>A TLS handshake is under way (RFC 2595 §4).</summary>
    Securing,

    /// <summary>Greeted; nobody has logged in (RFC 1939 §4).</summary>
    Authorization,

    /// <summary>A login is under way.</summary>
    Authenticating,

    /// <summary>The login holds; the mailbox is being listed.</summary>
    Opening,

    /// <summary>The mailbox is open (RFC 1939 §5).</summary>
    Transaction,

    /// <summary>LIST or UIDL of all messages is being sent.</summary>
    Listing,

    /// <summary>A message, or the top of one, is being sent.</summary>
    Retrieving,

    /// <summary>QUIT was said; what is marked is being removed (RFC 1939 §6).</summary>
    Update,

    /// <summary>A reply is held back for a while because the peer has made many errors.</summary>
    Slowing,
}

/// <summary>A state's name as texts show it.</summary>
internal static class Pop3States
{
    private static readonly string[] Words = [.. Enum.GetNames<Pop3State>().Select(name => name.ToLowerInvariant())];

    public static string Word(Pop3State state) => Words[(int)state];
}

/// <summary>What is known of the peer and its dialogue. Immutable; STLS forgets it but for the counts.</summary>
/// <param name="Name">What USER said; null: nothing, or PASS has been.</param>
/// <param name="User">The account that logged in; null: none.</param>
/// <param name="Errors">Commands refused so far, counted against <c>limits.errors-per-session</c>.</param>
/// <param name="FailedLogins">Wrong credentials so far, counted against <c>auth.attempts-per-session</c>.</param>
public sealed record Pop3Session(string? Name, string? User, int Errors, int FailedLogins)
{
    /// <summary>A dialogue in which nothing has been said.</summary>
    public static Pop3Session New { get; } = new(null, null, 0, 0);
}
