using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>An auth actor on a scripted table, with password hashing in the test's hands.</summary>
public abstract class AuthTestKit : PatientTestKit
{
    internal static readonly UserAccount Bob = Account("bob", "secret");
    internal static readonly UserAccount Ann = Account("ann", "secret");
    internal static readonly UserAccount Eve = Account("eve", "secret") with { Disabled = true };
    /// <summary>Where attempts come from, unless a test says otherwise.</summary>
    internal const string Here = "192.0.2.1";

    internal static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    internal static readonly UserAccount Mute = new("mute", "", [], Disabled: false, Admin: false);

    internal ScriptedUserStore Users { get; } = new() { Table = UserTable.Empty.With(Bob).With(Ann).With(Eve).With(Mute) };

    internal ScriptedBackground Background { get; } = new();

    internal StandingTime Time { get; } = new();

    internal LogLines Lines { get; } = new();

    internal DirectoryBoard Board { get; } = new(new AccountDirectory([], acceptUnknown: false, UserTable.Empty));

    /// <summary>Starts it and waits until it has read the table.</summary>
    /// <param name="sets">Settings below <c>actorsmtp.auth</c>.</param>
    internal IActorRef StartAuth(int parallel = 4, int waiting = 10, TokenContext? tokens = null, LentAccounts? lent = null, IGuessStore? guesses = null, params string[] sets)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(AuthMessages.AccountsChanged));
        var settings = TestMailServer.Settings([
            $"auth.parallel-verifications={parallel}", $"auth.waiting-verifications={waiting}", "auth.remember-for=1m", .. sets.Select(s => $"auth.{s}")]).Auth;
        var auth = Sys.ActorOf(Supervision.OfAuth(new AuthContext(
            settings, ["mx.test"], AcceptUnknownRecipients: false, Users, Board, Background, Time, StoredPassword.MinIterations, Secret, tokens, new Log(Lines))
        { Lent = lent, Guesses = guesses }));
        ExpectMsg<AuthMessages.AccountsChanged>();
        return auth;
    }

    internal AuthMessages.Verdict Verify(IActorRef auth, string user, string password, string? actAs = null, string from = Here)
    {
        auth.Tell(new AuthMessages.Verify(new Credentials(user, password, actAs), from), TestActor);
        return ExpectMsg<AuthMessages.Verdict>();
    }

    internal static UserAccount Account(string name, string password) => new(
        name, StoredPassword.Create(password, "sixteen octets.."u8, StoredPassword.MinIterations).Format(), [], Disabled: false, Admin: false);
}

/// <summary>A table that is what the test says, or cannot be read.</summary>
internal sealed class ScriptedUserStore : IUserStore
{
    public event Action? Changed;

    public required UserTable Table { get; set; }

    /// <summary>What is answered instead of the table.</summary>
    public Task<UserTable>? Instead { get; set; }

    public int Loads { get; private set; }

    public bool IsListenedTo => Changed is not null;

    public Task<UserTable> LoadAsync(CancellationToken cancellation)
    {
        Loads++;
        return Instead ?? Task.FromResult(Table);
    }

    public Task<ReadOnlyMemory<byte>> LoadSecretAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<UserTable> UpdateAsync(Func<UserTable, UserTable> change, CancellationToken cancellation) => throw new NotSupportedException();

    public void Change() => Changed?.Invoke();

    public ValueTask DisposeAsync() => default;
}

/// <summary>Runs work at once and counts it; or keeps it until it is let go.</summary>
internal sealed class ScriptedBackground : IBackground
{
    private readonly Queue<Action> _held = new();
    private int _runs;

    public bool Holds { get; set; }

    public Exception? Fault { get; set; }

    /// <summary>Pieces of work given so far.</summary>
    public int Runs => Volatile.Read(ref _runs);

    public Task<T> Run<T>(Func<T> work)
    {
        Interlocked.Increment(ref _runs);
        if (Fault is not null)
        {
            return Task.FromException<T>(Fault);
        }

        if (!Holds)
        {
            return Task.FromResult(work());
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_held)
        {
            _held.Enqueue(() => done.SetResult(work()));
        }

        return done.Task;
    }

    public void LetOneGo()
    {
        Action next;
        lock (_held)
        {
            next = _held.Dequeue();
        }

        next();
    }
}
