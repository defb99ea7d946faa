using System.Security.Cryptography;
using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Owns the table of accounts: loads it, takes it in again when it changes, publishes <see cref="AccountDirectory"/> snapshots, and verifies
/// credentials. Verifying is work for other threads and bounded: so many at once, so many waiting, one more is told "not now" (454). A name
/// nobody has costs the same time and gives the same answer as a wrong password.
/// </summary>
/// <remarks>If the accounts cannot be read, the last good table stays in force and the log says why.</remarks>
internal sealed class AuthActor : ReceiveActor
{
    private readonly AuthContext _at;
    private readonly VerifiedCredentials _verified;
    private readonly Queue<Pending> _waiting = new();
    private readonly byte[] _decoySecret = RandomNumberGenerator.GetBytes(32);
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly IActorRef _self;
    private AccountDirectory _directory;
    private int _working;
    private bool _loading;
    private bool _changedMeanwhile;

    public AuthActor(AuthContext at)
    {
        _at = at;
        _self = Self;
        _verified = new VerifiedCredentials(at.Time, at.Settings.RememberFor, capacity: 10_000);
        _directory = at.Directory.Current;

        Receive<Verify>(OnVerify);
        Receive<FindVerifier>(m => Sender.Tell(new Verifier(StoredOf(_directory.FindLogin(m.User)) ?? DecoyFor(m.User))));
        Receive<Authorize>(m => Sender.Tell(Judge(_directory.FindLogin(m.User), m.User, m.ActAs, correct: true)));
        Receive<Verified>(OnVerified);
        Receive<TableChanged>(_ => Load());
        Receive<Loaded>(m => OnLoaded(m.Table));
        Receive<LoadFailed>(OnLoadFailed);
    }

    protected override void PreStart()
    {
        _at.Users.Changed += OnTableChanged;
        Load();
    }

    /// <summary>Also before a restart: the next incarnation listens for itself.</summary>
    protected override void PostStop() => _at.Users.Changed -= OnTableChanged;

    /// <summary>On the user store's thread.</summary>
    private void OnTableChanged() => _self.Tell(TableChanged.Instance, ActorRefs.NoSender);

    private void Load()
    {
        if (_loading)
        {
            _changedMeanwhile = true;
            return;
        }

        _loading = true;
        _at.Users.LoadAsync(CancellationToken.None).PipeTo(Self, success: t => new Loaded(t), failure: e => new LoadFailed(e.Message));
    }

    private void OnLoaded(UserTable table)
    {
        _loading = false;
        _directory = new AccountDirectory(_at.Domains, _at.AcceptUnknownRecipients, table);
        _at.Directory.Current = _directory;
        _at.Log.AccountsLoaded(_path, table.Accounts.Count);
        Context.System.EventStream.Publish(new AccountsChanged(table.Accounts.Count));
        LoadAgainIfChanged();
    }

    private void OnLoadFailed(LoadFailed m)
    {
        _loading = false;
        _at.Log.AccountsUnreadable(_path, m.Why);
        LoadAgainIfChanged();
    }

    private void LoadAgainIfChanged()
    {
        if (_changedMeanwhile)
        {
            _changedMeanwhile = false;
            Load();
        }
    }

    private void OnVerify(Verify m)
    {
        var account = _directory.FindLogin(m.Credentials.User);
        var stored = StoredOf(account);
        if (account is not null && stored is not null && _verified.Knows(account.Name, account.Password, m.Credentials.Password))
        {
            Sender.Tell(Judge(account, m.Credentials.User, m.Credentials.AuthorizeAs, correct: true));
            return;
        }

        if (_working >= _at.Settings.ParallelVerifications && _waiting.Count >= _at.Settings.WaitingVerifications)
        {
            _at.Log.TooManyLogins(_path, _waiting.Count);
            Sender.Tell(new Denied(DenialReason.Unavailable));
            return;
        }

        _waiting.Enqueue(new Pending(m, account, stored, Sender));
        StartNext();
    }

    private void StartNext()
    {
        while (_working < _at.Settings.ParallelVerifications && _waiting.TryDequeue(out var next))
        {
            _working++;
            var password = next.Asked.Credentials.Password;
            var verifier = next.Stored ?? DecoyFor(next.Asked.Credentials.User);   // an unknown name costs as much as a known one
            _at.Background.Run(() => verifier.Verify(password))
                .PipeTo(Self, success: correct => new Verified(next, correct, null), failure: e => new Verified(next, false, e.Message));
        }
    }

    private void OnVerified(Verified m)
    {
        _working--;
        var (asked, account, stored, asker) = m.Pending;
        if (m.Fault is not null)
        {
            _at.Log.VerificationFailed(_path, m.Fault);
            asker.Tell(new Denied(DenialReason.Unavailable));
        }
        else
        {
            var correct = m.Correct && stored is not null;
            if (correct)
            {
                _verified.Remember(account!.Name, account.Password, asked.Credentials.Password);
            }

            asker.Tell(Judge(account, asked.Credentials.User, asked.Credentials.AuthorizeAs, correct));
        }

        StartNext();
    }

    private Verdict Judge(UserAccount? account, string name, string? actAs, bool correct)
    {
        DenialReason? no = account is null ? DenialReason.UnknownUser
            : !correct ? DenialReason.WrongPassword
            : account.Disabled ? DenialReason.Disabled
            : actAs is { Length: > 0 } other && _directory.FindLogin(other)?.Name != account.Name ? DenialReason.MayNotActAs
            : null;
        if (no is { } reason)
        {
            Context.System.EventStream.Publish(new LoginFailed(name, reason));
            return new Denied(reason);
        }

        return new Granted(account!.Name);
    }

    private static StoredPassword? StoredOf(UserAccount? account) => account is null ? null : StoredPassword.TryParse(account.Password);

    /// <summary>One for all spellings that would find the same account: a salt that changes with the case would tell that there is none.</summary>
    private StoredPassword DecoyFor(string user)
    {
        var name = user.ToLowerInvariant();
        var at = name.LastIndexOf('@');
        return StoredPassword.Decoy(at > 0 && _directory.IsLocal(name[(at + 1)..]) ? name[..at] : name, _decoySecret, _at.DecoyIterations);
    }

    private sealed record Pending(Verify Asked, UserAccount? Account, StoredPassword? Stored, IActorRef Asker);

    private sealed record Verified(Pending Pending, bool Correct, string? Fault) : INoSerializationVerificationNeeded;

    private sealed class TableChanged
    {
        public static readonly TableChanged Instance = new();
    }

    private sealed record Loaded(UserTable Table) : INoSerializationVerificationNeeded;

    private sealed record LoadFailed(string Why);
}
