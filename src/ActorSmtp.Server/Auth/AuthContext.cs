using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <summary>What the auth actor is made with.</summary>
/// <param name="DecoyIterations">Rounds of PBKDF2 spent on a name nobody has where there are no accounts to be like.</param>
/// <param name="DecoySecret">What decoys are made of; it outlives restarts.</param>
/// <param name="Directory">Where it publishes who lives here.</param>
/// <param name="Tokens">What logins by token need; null: there are none.</param>
internal sealed record AuthContext(
    AuthSettings Settings,
    IReadOnlyList<string> Domains,
    bool AcceptUnknownRecipients,
    IUserStore Users,
    DirectoryBoard Directory,
    IBackground Background,
    TimeProvider Time,
    int DecoyIterations,
    ReadOnlyMemory<byte> DecoySecret,
    TokenContext? Tokens,
    Log Log)
{
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(Time);

    /// <summary>Where nodes count wrong passwords together; null: this one counts for itself.</summary>
    public IGuessStore? Guesses { get; init; }

    /// <summary>Accounts for a while.</summary>
    public LentAccounts? Lent { get; init; }
}

/// <summary>The board on which the auth actor pins the present <see cref="AccountDirectory"/>; sessions read it at every RCPT.</summary>
public sealed class DirectoryBoard(AccountDirectory first)
{
    private AccountDirectory _current = first;

    /// <summary>The newest picture. One writer, any readers.</summary>
    public AccountDirectory Current
    {
        get => Volatile.Read(ref _current);
        internal set => Volatile.Write(ref _current, value);
    }
}
