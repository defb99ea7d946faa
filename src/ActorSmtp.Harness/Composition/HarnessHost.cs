using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using ActorSmtp.Harness.Receiving;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using ActorSmtp.Web;

namespace ActorSmtp.Harness.Composition;

/// <summary>
/// The composition root of the harness: puts a server of its own together in this process, and takes it apart without leaving anything. Any
/// number of them run beside each other.
/// </summary>
internal sealed class HarnessHost : IAsyncDisposable
{
    private const int MostSessions = 20;
    private const int MostRefusals = 20;

    private static readonly TimeSpan Glimpse = TimeSpan.FromMilliseconds(5);

    private readonly string _folder;
    private readonly TestLog _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _sessions = new();
    private readonly List<IDisposable> _hearing = [];
    private LoadedSettings? _settings;
    private ITransport? _transport;
    private StoreSet? _stores;
    private MailServer? _server;
    private ActorSystem? _system;
    private Inspection? _inspection;
    private long _sessionCount;
    private int _disposed;

    private HarnessHost(ActorSmtpOptions options)
    {
        Options = options;
        _log = new TestLog(options.Log);
        Arrivals = new ArrivalBook(ReadAsync, TimeProvider.System);
        _folder = options.Folder ?? Directory.CreateTempSubdirectory("actorsmtp-harness-").FullName;
    }

    public ActorSmtpOptions Options { get; }

    public ArrivalBook Arrivals { get; }

    /// <summary>Where everything of it is kept.</summary>
    public string Folder => _folder;

    public MailServer Server => _server!;

    public ServerSettings Settings => _settings!.Server;

    public WebConsole? Console { get; private set; }

    public IPEndPoint EndPoint => (IPEndPoint)Server.Listeners[0].Address;

    /// <summary>Ends when the server does.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Clients that have connected.</summary>
    public long Sessions => Interlocked.Read(ref _sessionCount);

    /// <summary>Messages accepted and not yet in their mailboxes.</summary>
    public long Waiting => Server.Store.Statistics.Waiting;

    /// <exception cref="ActorSmtpStartException">The options are wrong, or the server cannot start.</exception>
    public static async Task<HarnessHost> StartAsync(ActorSmtpOptions options, CancellationToken cancellation)
    {
        var host = new HarnessHost(options);
        try
        {
            await host.StartAsync(cancellation).ConfigureAwait(false);
            return host;
        }
        catch (Exception wrong)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw wrong switch
            {
                SettingsException settings => new ActorSmtpStartException(string.Join("\n", settings.Mistakes), wrong),
                ServerStartException or StoreException => new ActorSmtpStartException(wrong.Message, wrong),
                _ => wrong,
            };
        }
    }

    /// <summary>Waits until all that was accepted is in its mailbox; false: it did not come to that in time.</summary>
    public async Task<bool> SettleAsync(CancellationToken cancellation)
    {
        var deadline = Environment.TickCount64 + (long)Options.Patience.TotalMilliseconds;
        while (Waiting > 0)
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }

            await Task.Delay(Glimpse, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Removes the mail of an account; null: of all.</summary>
    public async Task ClearAsync(string? account, CancellationToken cancellation)
    {
        await SettleAsync(cancellation).ConfigureAwait(false);
        Arrivals.Forget(account);
        foreach (var name in account is null ? await _stores!.Reader.AccountsAsync(cancellation).ConfigureAwait(false) : [account])
        {
            await _stores!.Mailboxes.DeleteMailboxAsync(name, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What was refused in the last sessions: the command and its reply.</summary>
    public async Task<IReadOnlyList<string>> RefusalsAsync()
    {
        var refusals = new List<string>();
        foreach (var session in _sessions)
        {
            if (_inspection?.Stories is not { } stories || await stories.TranscriptAsync(session, CancellationToken.None).ConfigureAwait(false) is not { } said)
            {
                continue;
            }

            var heard = "the connection";
            foreach (var line in said.Lines)
            {
                heard = line.From == "client" ? line.Text : heard;
                if (line.From == "server" && line.Text is ['4' or '5', ..])
                {
                    refusals.Add($"{heard}  →  {line.Text}");
                }
            }
        }

        return refusals.Count > MostRefusals ? refusals[^MostRefusals..] : refusals;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _hearing.ForEach(h => h.Dispose());
        if (Console is not null)
        {
            await Console.DisposeAsync().ConfigureAwait(false);
        }

        if (_system is not null)
        {
            await _system.Terminate().ConfigureAwait(false);
        }

        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        if (_stores is not null)
        {
            await _stores.DisposeAsync().ConfigureAwait(false);
        }

        if (_transport is not null)
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
        if (Options.Folder is null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    public override string ToString() => IsDisposed || _server is not { Listeners.IsEmpty: false } ? "a server that is not running" : EndPoint.ToString();

    private async Task StartAsync(CancellationToken cancellation)
    {
        var data = Path.Combine(_folder, "data");
        _settings = SettingsLoader.Load(new SettingsSources
        {
            ConfigFiles = ["harness.conf"],
            Sets = [.. Sets(data)],
            ReadFile = name => name == "harness.conf" ? Profile() : null,
            MachineName = "localhost",
        });
        Directory.CreateDirectory(data);
        _transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        _stores = Stores.OnDisk(Settings.Storage.Files, new StoredInCrowds(), TimeProvider.System);
        foreach (var (name, password) in Options.Accounts)
        {
            await _stores.Users.UpdateAsync(t => t.With(new UserAccount(name.ToLowerInvariant(), Verifier(password), [], Disabled: false, Admin: false)), cancellation).ConfigureAwait(false);
        }

        _server = new MailServer(Settings, new MailServerPorts
        {
            Transport = _transport,
            Mail = _stores.Mail,
            Mailboxes = _stores.Mailboxes,
            Reader = _stores.Reader,
            Users = _stores.Users,
            Greylist = Settings.NeedsGreylist ? Stores.GreylistInMemory(TimeProvider.System) : null,
            Certificates = Stores.Certificates(data, Settings.Hostname, TimeProvider.System),
            Logs = _log,
        });
        _hearing.Add(_server.Announcements.MailDelivered.Subscribe(Arrivals.Heard));
        _hearing.Add(_server.Announcements.SessionOpened.Subscribe(m => Heard(m.Session)));
        _system = ActorSystem.Create(
            "actorsmtp",
            ConfigurationFactory.ParseString("akka { loggers = [], stdout-loglevel = \"OFF\" }\n" + MailServer.EngineSettings(Settings)));
        await _server.StartAsync(_system, cancellation).ConfigureAwait(false);
        _inspection = _server.Inspect(Version);
        if (Options.Console)
        {
            Console = await WebConsole.StartAsync(
                new ConsoleParts
                {
                    Server = _server,
                    Settings = _settings,
                    Mailboxes = _stores.Mailboxes,
                    Reader = _stores.Reader,
                    Tokens = Stores.Tokens(Settings.Storage.Files, TimeProvider.System),
                    Documents = Stores.Documents(Settings.Storage.Files),
                    Transport = _transport,
                    Queue = _server.Outbound,
                    Greylist = _server.Greylist,
                    Dmarc = _server.Dmarc,
                    Inspection = _inspection,
                    Logs = _log,
                    Version = Version,
                },
                cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What is kept of a password: it guards nothing, so few rounds are enough.</summary>
    public static string Verifier(string password) => StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format();

    private static string Version { get; } =
        typeof(HarnessHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "?";

    private IEnumerable<string> Sets(string data)
    {
        yield return $"data-dir={System.Text.Json.JsonSerializer.Serialize(data)}";
        yield return $"listeners.smtp.tls={Options.Tls.ToString().ToLowerInvariant()}";
        yield return $"console.bind={(Options.Console ? "127.0.0.1:0" : "")}";
        if (Options.RequireLogin)
        {
            yield return "listeners.smtp.auth=required";
        }

        if (Options.Accounts.Count > 0)
        {
            yield return "auth.accept-any=false";
        }

        foreach (var set in Options.Settings)
        {
            yield return set;
        }
    }

    private static byte[] Profile()
    {
        using var stream = typeof(HarnessHost).Assembly.GetManifestResourceStream("harness.conf")!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private async Task<byte[]?> ReadAsync(string account, string key)
    {
        var content = await _stores!.Mailboxes.OpenAsync(account, key, CancellationToken.None).ConfigureAwait(false);
        if (content is null)
        {
            return null;
        }

        await using (content.ConfigureAwait(false))
        {
            var octets = new byte[content.Length];
            await content.ReadExactlyAsync(octets).ConfigureAwait(false);
            return octets;
        }
    }

    private void Heard(string session)
    {
        Interlocked.Increment(ref _sessionCount);
        _sessions.Enqueue(session);
        if (_sessions.Count > MostSessions)
        {
            _sessions.TryDequeue(out _);
        }
    }
}
