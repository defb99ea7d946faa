using System.Collections.Immutable;
using System.Net;
using Akka;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Certificates;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Pop3;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server;

/// <summary>
/// The one door to the server for everything around it (command line, console, tests): start, stop, ask. Inside are the actors; what is
/// outside never sees one.
/// </summary>
/// <remarks>
/// Awaits keep to the caller's context throughout, so that a simulation on one thread keeps hold of them.
/// Start opens the store first (so that what an earlier run accepted is on its way), then the accounts, then the listeners. Stop goes the
/// other way: accept no more, let sessions finish what they promised, let deliveries in flight settle, close the store.
/// </remarks>
public sealed partial class MailServer : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly MailServerPorts _ports;
    private readonly Metrics _metrics;
    private readonly Census _census;
    private readonly SessionRegister _sessions = new();
    private readonly SessionIds _sessionIds;
    private readonly Chronicle? _chronicle;
    private readonly Log _log;
    private readonly TaskCompletionSource<StoreFault> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IActorRef _auth = ActorRefs.Nobody;
    private IActorRef _listeners = ActorRefs.Nobody;
    private IActorRef _mailboxes = ActorRefs.Nobody;
    private IActorRef _certificates = ActorRefs.Nobody;
    private DirectoryBoard? _directory;
    private CertificateBoard? _board;
    private volatile bool _stopping;
    private bool _storeOpen;

    public MailServer(ServerSettings settings, MailServerPorts ports)
    {
        _settings = settings;
        _ports = ports;
        _log = new Log(ports.Logs.CreateLogger("actorsmtp"));
        _metrics = new Metrics(ports.Time);
        _census = new Census(ports.Time);
        _sessionIds = new SessionIds(ports.Seed);
        _chronicle = settings.Inspection.Memory == 0
            ? null
            : new Chronicle(settings.Inspection.Memory, settings.Inspection.Keep, settings.Inspection.LinesPerSession, ports.Time);
        Announcements = new AnnouncementBoard(_log.ListenerFailed);
        Scenarios = new ScenarioBook(ports.Time, settings.TestInbox.MagicAddresses);
        Sessions = new LiveSessions(_sessions, Announcements, ports.Time, _chronicle is null ? null : new EndedSessions(_chronicle, _sessionIds, settings.Listeners));
    }

    /// <summary>What happens, told to whoever listens. Listeners may come and go at any time.</summary>
    public AnnouncementBoard Announcements { get; }

    /// <summary>What the engine is to be told, in the plain form that both engines' parsers read.</summary>
    public static string EngineSettings(ServerSettings settings) => settings.EngineText + "\n" + Supervision.EngineSettings(settings.ShutdownGrace);

    /// <summary>The addresses bound, once started.</summary>
    public ImmutableArray<(string Name, EndPoint Address)> Listeners { get; private set; } = [];

    /// <summary>What all ids of this run of the server have in common: the four characters behind a session's <c>s</c>, which a message's id ends with.</summary>
    public string Run => _sessionIds.Run;

    /// <summary>The sessions that are open.</summary>
    public ILiveSessions Sessions { get; }

    /// <summary>What the store found when it was opened.</summary>
    public RecoveryReport? Recovery { get; private set; }

    /// <summary>Ends if the store can never store again: the process has to stop and recover. Never while all is well.</summary>
    public Task<StoreFault> Faulted => _faulted.Task;

    /// <summary>How the console does handshakes, once started; null where nothing needs a certificate.</summary>
    public TlsServerOptions? ConsoleTls => _board?.Common;

    /// <summary>The store of accepted mail: how it does, what waits.</summary>
    public IMailStore Store => _ports.Mail;

    /// <summary>Misbehaviour that tests asked for.</summary>
    public ScenarioBook Scenarios { get; }

    /// <summary>Accounts for a while, of the test inbox.</summary>
    public LentAccounts Lent { get; } = new();

    /// <summary>Who lives here now; null before the start.</summary>
    public AccountDirectory? Accounts => _directory?.Current;

    /// <summary>Whether this name and password are an account's, by the same bounded work as AUTH; wrong and unknown cost the same.</summary>
    /// <param name="from">Where they come from: guesses are counted and slowed by it, together with those that come by AUTH.</param>
    /// <exception cref="TimeoutException">No answer within the time of a command.</exception>
    public Task<AuthMessages.Verdict> VerifyAsync(Credentials credentials, EndPoint? from, CancellationToken cancellation = default) =>
        _auth.Ask<AuthMessages.Verdict>(new AuthMessages.Verify(credentials, Auth.Guesses.Network.Of(from)), _settings.Limits.CommandTimeout, cancellation);

    /// <summary>Makes the actors in the given system and binds every listener.</summary>
    /// <exception cref="ServerStartException">A certificate or an address cannot be used, or the store not be opened; says what to do.</exception>
    public async Task StartAsync(ActorSystem system, CancellationToken cancellation = default)
    {
        if (_settings.Storage.Files.Sync == SyncPolicy.Never)
        {
            _log.SyncIsOff();
        }

        var board = _board = new CertificateBoard(_settings);
        var certificates = await OpenCertificates(board);
        Recovery = await OpenStore(cancellation);
        if (certificates is not null)
        {
            _certificates = system.ActorOf(Supervision.OfCertificates(certificates), Supervision.Certificates);
        }

        var directory = _directory = new DirectoryBoard(new AccountDirectory(
            _settings.Domains, _settings.UnknownRecipients == UnknownRecipients.Accept, await LoadUsers(cancellation), Lent, _settings.Addresses)
        { Time = _ports.Time });
        _auth = system.ActorOf(Supervision.OfAuth(new AuthContext(
            _settings.Auth, _settings.Domains, _settings.UnknownRecipients == UnknownRecipients.Accept, _ports.Users, directory, _ports.Background, _ports.Time,
            PasswordPolicy.Iterations, await LoadSecret(cancellation), StartTokens(system), _log)
        { Census = _census, Lent = Lent, Guesses = _ports.Guesses }), Supervision.Auth);
        await OpenSigning(system, cancellation);
        var ids = new MailIdGenerator(_ports.Seed);
        var notices = new NoticeGate(_ports.Mail.Deliveries, _ports.Time);
        await OpenQueue(system, directory, ids, notices, cancellation);
        var tells = new DeliveredNotices(
            _ports.Mail, notices, () => directory.Current, [.. OwnAddresses().Select(own => own.Address)], _outbound is not null, _settings.Hostname, _settings.Outbound.ReturnSize,
            Reading, _ports.Time, new Random(_ports.Seed))
        {
            Postmaster = Postmaster(),
            Signer = _settings.Dkim.IsOn ? _signer : null,
        };
        tells.Opened();
        _mailboxes = system.ActorOf(Supervision.OfMailboxes(new MailboxContext(
            _ports.Mail.Deliveries, _ports.Mailboxes, Announcements, _metrics, _log, MaxInFlight: 4096, BatchSize: 256, RetryImpossible: TimeSpan.FromHours(1))
        {
            Census = _census,
            Chronicle = _chronicle,
            Time = _ports.Time,
            Outbound = _outbound,
            Notices = notices,
            Tells = tells,
        }), Supervision.Mailboxes);

        var policy = await OpenPolicy(cancellation);
        await OpenDmarc(system, directory, ids, cancellation);
        var sessions = new SessionPorts(
            _ports.Mail, _auth, directory, ids, new SessionClock(_ports.Time), _ports.Time, _metrics, _log, Announcements)
        {
            Chronicle = _chronicle,
            Scenarios = Scenarios,
            Routes = new RouteTable(_settings.Outbound.Routes),
            Outbound = _intake,
            Policy = policy,
        };
        _listeners = system.ActorOf(Supervision.OfListeners(new ListenersContext(
            _settings,
            _ports.Transport,
            new ConnectionGate(GateLimits.Of(_settings), _ports.Seed),
            _sessionIds,
            sessions,
            board,
            SweepEvery: TimeSpan.FromSeconds(1))
        {
            Sessions = _sessions,
            Census = _census,
            Maildrops = OpenMaildrops(),
        }), Supervision.Listeners);
        _actors = new ActorTree((ExtendedActorSystem)system, _census, _sessions, _ports.Time);
        ArrangeShutdown(system);
        await Bind();
    }

    /// <summary>Has the files of certificates looked at now instead of at the next time; the log tells what came of it.</summary>
    public void LookAtCertificates() => _certificates.Tell(CertificatesMessages.LookNow.Instance, ActorRefs.NoSender);

    /// <summary>Null where no listener has the role pop3.</summary>
    private MaildropPorts? OpenMaildrops()
    {
        if (!_settings.Listeners.Any(l => l.Role == ListenerRole.Pop3))
        {
            return null;
        }

        return _ports.Reader is { } reader
            ? new MaildropPorts(reader, new MaildropClaims(_settings.Pop3.Memory, (long)_settings.Pop3.LoginDelay.TotalMilliseconds))
            : throw new ServerStartException("a listener has role = pop3, and there are no mailboxes to read");
    }

    /// <summary>Null where no listener has TLS.</summary>
    private async Task<CertificatesContext?> OpenCertificates(CertificateBoard board)
    {
        if (!_settings.NeedsCertificates)
        {
            return null;
        }

        if (_ports.Certificates is not { } store)
        {
            throw new ServerStartException("a listener has TLS, and there is nowhere to take a certificate from");
        }

        try
        {
            var look = new CertificateLook(store, _ports.Time);
            var opened = await look.Open(board.Sources);
            board.Publish(opened.ToDictionary(s => s.Source, s => s.Content));
            foreach (var state in opened)
            {
                _log.CertificateLoaded(state.Content.ToString());
            }

            return new CertificatesContext(board, look, opened, _settings.Tls.LookEvery, _log) { Census = _census };
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException($"actorsmtp.tls: {cannot.Message}", cannot) { IsConfiguration = true };
        }
    }

    private async Task<RecoveryReport> OpenStore(CancellationToken cancellation)
    {
        try
        {
            var report = await _ports.Mail.OpenAsync(cancellation);
            _storeOpen = true;
            _log.Recovered(report.ToString());
            foreach (var damage in report.Damage)
            {
                _log.DamageSetAside(damage.Segment, damage.Offset, damage.Octets, damage.What, damage.SetAside);
            }

            _ = WatchStore();
            return report;
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }
    }

    private async Task<UserTable> LoadUsers(CancellationToken cancellation)
    {
        try
        {
            return await _ports.Users.LoadAsync(cancellation);
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }
    }

    private async Task<ReadOnlyMemory<byte>> LoadSecret(CancellationToken cancellation)
    {
        try
        {
            return await _ports.Users.LoadSecretAsync(cancellation);
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }
    }

    /// <summary>Logins by token, where an issuer is configured.</summary>
    private TokenContext? StartTokens(ActorSystem system)
    {
        if (_settings.Auth.OAuth is not { IsOn: true } oauth || _ports.IssuerKeys is not { } source)
        {
            return null;
        }

        var board = new IssuerKeyBoard();
        var keys = system.ActorOf(Supervision.OfIssuerKeys(new IssuerKeysContext(oauth, source, board, _ports.Time, _log) { Census = _census }), Supervision.IssuerKeys);
        return new TokenContext(oauth.Rules, board, keys);
    }

    /// <summary>Has the accounts read now; they are also when they are seen to change. Does not wait for it.</summary>
    public void ReloadAccounts() => _auth.Tell(AuthMessages.Reload.Instance, ActorRefs.NoSender);

    /// <summary>Has aliases and tags count as they are read now. Does not wait for it.</summary>
    public void FollowAddresses(Addresses.AddressRules rules) => _auth.Tell(new AuthMessages.Follow(rules), ActorRefs.NoSender);

    private async Task WatchStore()
    {
        var fault = await _ports.Mail.Faulted;
        _log.StoreFaulted(fault.Operation, fault.Reason);
        _faulted.TrySetResult(fault);
    }

    private async Task Bind()
    {
        var answer = await _listeners.Ask<object>(ListenerMessages.Start.Instance, TimeSpan.FromSeconds(30));
        Listeners = answer switch
        {
            ListenerMessages.AllBound all => [.. all.Listeners.Select(b => (b.Listener, b.Address))],
            ListenerMessages.CannotBind no => throw new ServerStartException(
                $"listeners.{no.Listener}: {no.Reason.TrimEnd('.')}; " + (no.IsDenied
                    ? "give the program the right to (a port below 1024 needs CAP_NET_BIND_SERVICE), or set its bind to another address"
                    : "set its bind to an address of this machine that nobody uses"))
            {
                IsDenied = no.IsDenied,
            },
            _ => throw new ServerStartException($"the listeners answered {answer}"),
        };
    }

    /// <summary>The order in which things end; each phase has its own time limit in the engine's settings.</summary>
    private void ArrangeShutdown(ActorSystem system)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "listeners", async () =>
        {
            _stopping = true;
            await _listeners.Ask<ListenerMessages.Ended>(ListenerMessages.Unbind.Instance, _settings.ShutdownGrace);
            return Done.Instance;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "mailboxes", async () =>
        {
            await _mailboxes.Ask<MailboxMessages.Drained>(new MailboxMessages.Drain(_settings.ShutdownGrace / 2), _settings.ShutdownGrace);
            return Done.Instance;
        });
        if (_outbound is { } outbound)
        {
            shutdown.AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "outbound", async () =>
            {
                await outbound.Ask<OutboundMessages.Drained>(OutboundMessages.Drain.Instance, _settings.ShutdownGrace);
                return Done.Instance;
            });
        }

        foreach (var (state, name) in new[] { (_tlsState, Supervision.TlsState), (_dmarcState, Supervision.DmarcCounts) })
        {
            if (state is not null)
            {
                shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, name, async () =>
                {
                    await state.Ask<KeptStateActor.Saved>(KeptStateActor.SaveNow.Instance, _settings.ShutdownGrace);
                    return Done.Instance;
                });
            }
        }

        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "stores", async () =>
        {
            await DisposeAsync();
            return Done.Instance;
        });
    }

    /// <summary>Closes the ports. Happens by itself in the actor system's coordinated shutdown.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_storeOpen)
        {
            return;
        }

        _storeOpen = false;
        await _ports.Transport.DisposeAsync();
        await ClosePolicy();
        await _ports.Mailboxes.DisposeAsync();
        await CloseMail();
        await _ports.Users.DisposeAsync();
        await (_ports.Guesses?.DisposeAsync() ?? default);
        _series?.Dispose();
        _metrics.Dispose();
    }
}

/// <summary>The server cannot start; the message says what is wrong and what to do.</summary>
public sealed class ServerStartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What has to be mended is the configuration, or a file that it names.</summary>
    public bool IsConfiguration { get; init; }

    /// <summary>The operating system does not let us listen there.</summary>
    public bool IsDenied { get; init; }
}
