using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Auth.Guesses;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Auth.AuthMessages;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Owns the table of accounts: loads it, takes it in again when it changes, publishes <see cref="AccountDirectory"/> snapshots, and judges
/// every attempt to log in, by whatever mechanism. Verifying is work for other threads and bounded: so many at once, so many waiting, one
/// more is told "not now" (454). A name nobody has costs the same time and gives the same answer as a wrong password. Who guesses is made
/// to wait (<see cref="GuessLimits"/>), by timers: nothing blocks.
/// </summary>
/// <remarks>
/// If the accounts cannot be read, the last good table stays in force and the log says why. Cut by topic: this file is the accounts and what
/// a verdict is made of; <c>.Attempts.cs</c> is the way of an attempt, <c>.Tokens.cs</c> what tokens need besides, <c>.Sharing.cs</c> what nodes
/// count together.
/// </remarks>
internal sealed partial class AuthActor : ReceiveActor
{
    private readonly AuthContext _at;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly IActorRef _self;
    private const int MostLostTold = 20;

    private Dictionary<string, string> _lostTold = [];      // by alias: the targets that are nobody's
    private AccountDirectory _directory;
    private Decoys _decoys;
    private bool _loading;
    private bool _changedMeanwhile;

    public AuthActor(AuthContext at)
    {
        _at = at;
        _self = Self;
        _verified = new VerifiedCredentials(at.Time, at.Settings.RememberFor, capacity: 10_000);
        _limits = new GuessLimits(at.Settings.Guesses, at.Time, at.DecoySecret, isShared: at.Guesses is not null);
        _queue = new VerificationQueue<Attempt>(at.Settings.WaitingVerifications);
        _directory = at.Directory.Current;
        _decoys = new Decoys(at.DecoySecret, UserTable.Empty, at.DecoyIterations);

        Receive<Verify>(OnVerify);
        Receive<FindVerifier>(OnFindVerifier);
        Receive<Judge>(OnJudge);
        Receive<VerifyToken>(OnVerifyToken);
        Receive<FindOwner>(OnFindOwner);
        Receive<WaitOver>(m => OnWaitOver(m.Attempt));
        Receive<Checked>(OnChecked);
        Receive<IssuerKeysMessages.Refreshed>(OnKeysRefreshed);
        Receive<Reload>(_ => Load());
        Receive<Follow>(OnFollow);
        Receive<Loaded>(m => OnLoaded(m.Table));
        Receive<LoadFailed>(OnLoadFailed);
        Receive<ShareDue>(_ => Share());
        Receive<Shared>(OnShared);
        Receive<NotShared>(_ => OnNotShared());
    }

    protected override void PreStart()
    {
        _at.Users.Changed += OnTableChanged;
        Load();
        BeginSharing();
    }

    /// <summary>Also before a restart: the next incarnation listens for itself.</summary>
    protected override void PostStop()
    {
        _at.Users.Changed -= OnTableChanged;
        _nextSharing?.Cancel();
    }

    /// <summary>On the user store's thread.</summary>
    private void OnTableChanged() => _self.Tell(Reload.Instance, ActorRefs.NoSender);

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
        _decoys = new Decoys(_at.DecoySecret, table, _at.DecoyIterations);
        _at.Log.AccountsLoaded(_path, table.Accounts.Count);
        Publish(new AccountDirectory(_at.Domains, _at.AcceptUnknownRecipients, table, _at.Lent, _directory.Rules) { Time = _at.Time });
        Context.System.EventStream.Publish(new AccountsChanged(table.Accounts.Count));
        LoadAgainIfChanged();
    }

    private void OnFollow(Follow m)
    {
        if (m.Rules.Aliases.All.Any() || !_directory.Rules.Aliases.IsEmpty)
        {
            _at.Log.AliasesInForce(_path, m.Rules.Aliases.All.Count());
        }

        Publish(_directory.With(m.Rules));
    }

    /// <summary>What leads nowhere is told once, until it is another.</summary>
    private void Publish(AccountDirectory directory)
    {
        _at.Directory.Current = _directory = directory;
        var lost = directory.LostAliases(MostLostTold).ToDictionary(a => a.Alias.Key, a => string.Join(", ", a.Lost), StringComparer.Ordinal);
        foreach (var (alias, names) in lost.Where(a => _lostTold.GetValueOrDefault(a.Key) != a.Value))
        {
            _at.Log.AliasLost(_path, alias, names);
        }

        _lostTold = lost;
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

    /// <summary>The verdict on who has shown, rightly or not, to be this account.</summary>
    private Verdict VerdictOn(UserAccount? account, string name, string? actAs, DenialReason? wrong, string from)
    {
        DenialReason? no = account is null ? wrong ?? DenialReason.UnknownUser
            : wrong is not null ? wrong
            : account.Disabled ? DenialReason.Disabled
            : actAs is { Length: > 0 } other && _directory.FindLogin(other)?.Name != account.Name ? DenialReason.MayNotActAs
            : null;
        if (no is { } reason)
        {
            Context.System.EventStream.Publish(new LoginFailed(name, reason, from));
            return new Denied(reason);
        }

        return new Granted(account!.Name);
    }

    /// <summary>
    /// RFC 4422 appendix A: the certificate of the TLS handshake says who it is. Nothing here can be guessed, so nothing is slowed. The ways
    /// to an account are tried in their configured order; the first that leads to one counts.
    /// </summary>
    private void OnFindOwner(FindOwner m)
    {
        UserAccount? account = null;
        foreach (var way in _at.Settings.CertificatesBy)
        {
            account ??= way switch
            {
                CertificateMapping.Fingerprint => _directory.FindByCertificate(m.Certificate.Fingerprint),
                CertificateMapping.Email => OnlyOwner(m.Certificate.Emails.Split(',', StringSplitOptions.RemoveEmptyEntries)),
                _ => m.Certificate.CommonName.Length > 0 ? _directory.FindLogin(m.Certificate.CommonName) : null,
            };
        }

        Sender.Tell(VerdictOn(account, m.Certificate.Fingerprint, m.ActAs, null, m.From));
    }

    /// <summary>The account of these addresses; null where there is none, or where they belong to several.</summary>
    private UserAccount? OnlyOwner(IEnumerable<string> addresses)
    {
        var owners = addresses.Where(a => a.Contains('@')).Select(_directory.FindLogin).OfType<UserAccount>().DistinctBy(a => a.Name).Take(2).ToArray();
        return owners is [var only] ? only : null;
    }

    private static StoredPassword? StoredOf(UserAccount? account) => account is null ? null : StoredPassword.TryParse(account.Password);

    /// <summary>What a password for this name is compared with: an unknown name, or an account without one, costs as much as any other.</summary>
    private StoredPassword StoredOrDecoy(UserAccount? account, string user) => StoredOf(account) ?? _decoys.For(user.ToLowerInvariant(), _directory.Spelling(user));

    private sealed record Loaded(UserTable Table) : INoSerializationVerificationNeeded;

    private sealed record LoadFailed(string Why);
}
