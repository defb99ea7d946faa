using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Testing.Dialogues;

/// <summary>
/// A whole server inside the test: real actors, a network of the test's choice, stores that forget. Named mx.test, with the local domain
/// <c>mx.test</c> and one listener <c>mx</c>; settings of the script come on top.
/// </summary>
public sealed class TestMailServer : IAsyncDisposable
{
    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);
    private readonly ActorSystem _system;
    private readonly MailServer _server;

    private TestMailServer(ActorSystem system, MailServer server, ITransport transport, StoreSet stores, LogLines log)
    {
        _system = system;
        _server = server;
        Transport = transport;
        Stores = stores;
        Log = log;
    }

    /// <summary>The network it is on; a client connects through it.</summary>
    public ITransport Transport { get; }

    public StoreSet Stores { get; }

    /// <summary>Every line it logged.</summary>
    public LogLines Log { get; }

    /// <summary>Where its first listener is bound.</summary>
    public EndPoint EndPoint => _server.Listeners[0].Address;

    public ActorSystem System => _system;

    /// <summary>The server itself, with all that it shows.</summary>
    public MailServer Server => _server;

    public AnnouncementBoard Announcements => _server.Announcements;

    /// <summary>What can be looked at.</summary>
    public Inspection Inspection => field ??= _server.Inspect("test");

    /// <summary>One that is as a script wants it.</summary>
    public static async Task<TestMailServer> StartAsync(DialogueScript script, ITransport transport)
    {
        var server = await StartAsync(transport, sets: script.Sets, users: script.Users, disabled: script.Disabled);
        foreach (var (account, content) in script.Mail)
        {
            await server.DeliverAsync(account, content);
        }

        return server;
    }

    /// <param name="transport">The network; null: one in memory.</param>
    /// <param name="stores">The stores; null: in memory.</param>
    /// <param name="sets">Settings, as <c>key=value</c> below <c>actorsmtp</c>.</param>
    /// <param name="users">Accounts with their passwords.</param>
    /// <param name="disabled">Those of them that are disabled.</param>
    /// <param name="reader">The mailboxes as POP3 reads them; null: those of the stores.</param>
    /// <param name="alter">What is to be otherwise in the settings than texts can say.</param>
    /// <param name="ports">What the server is to live on besides.</param>
    /// <param name="certificates">Further certificates and authorities; the server's own is put there besides.</param>
    public static async Task<TestMailServer> StartAsync(
        ITransport? transport = null, StoreSet? stores = null, IEnumerable<string>? sets = null, IEnumerable<(string Name, string Password)>? users = null,
        TimeProvider? time = null, IReadOnlyCollection<string>? disabled = null,
        MemoryCertificateStore? certificates = null, IMailboxReader? reader = null,
        Func<ServerSettings, ServerSettings>? alter = null, Func<MailServerPorts, MailServerPorts>? ports = null)
    {
        var settings = Settings(sets ?? []);
        settings = alter?.Invoke(settings) ?? settings;
        transport ??= new MemoryTransport();
        stores ??= ActorSmtp.Storage.Stores.InMemory(settings.Storage.Files);
        foreach (var (name, password) in users ?? [])
        {
            // As few rounds as the RFC allows: these tests are about dialogues, not about the cost of a guess.
            var stored = StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format();
            await stores.Users.UpdateAsync(t => t.With(new UserAccount(name, stored, [], Disabled: disabled?.Contains(name) == true, Admin: false)), CancellationToken.None);
        }

        certificates ??= new MemoryCertificateStore();
        certificates.Put(CertificatePair.SelfSigned, new StoredCertificates("", Certificate.Value, [], IsSelfSigned: true));
        var log = new LogLines();
        var given = new MailServerPorts
        {
            Transport = transport,
            Mail = stores.Mail,
            Mailboxes = stores.Mailboxes,
            Reader = reader ?? stores.Mailboxes as IMailboxReader,
            Users = stores.Users,
            Logs = log,
            Time = time ?? TimeProvider.System,
            Certificates = certificates,
            Seed = 1,
        };
        var server = new MailServer(settings, ports?.Invoke(given) ?? given);
        var system = ActorSystem.Create("test", ConfigurationFactory.ParseString(MailServer.EngineSettings(settings)));
        await server.StartAsync(system);
        return new TestMailServer(system, server, transport, stores, log);
    }

    /// <summary>Puts messages into a mailbox, as they are, past the journal.</summary>
    public Task DeliverAsync(string account, params IEnumerable<byte[]> contents) => GivenMail.DeliverAsync(Stores.Mailboxes, account, contents);

    /// <summary>Waits until a mailbox holds a message and answers its text; the mailbox must hold no other.</summary>
    public async Task<string> ReadOnlyMessageAsync(string account)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var keys = await Stores.Mailboxes.ListAsync(account, patience.Token).Select(m => m.Key).ToArrayAsync(patience.Token);
            if (keys.Length > 1)
            {
                throw new InvalidOperationException($"{account} has {keys.Length} messages");
            }

            if (keys is [var key] && await Stores.Mailboxes.OpenAsync(account, key, patience.Token) is { } stream)
            {
                using var reader = new StreamReader(stream, Encoding.Latin1);
                return await reader.ReadToEndAsync(patience.Token);
            }

            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>The settings of a test server with some changed.</summary>
    public static ServerSettings Settings(IEnumerable<string> sets) => SettingsLoader.Load(new SettingsSources
    {
        ConfigFiles = ["test.conf"],
        Sets = [.. sets],
        ReadFile = name => name == "test.conf"
            ? """
              actorsmtp {
                hostname = "mx.test"
                domains = ["mx.test"]
                unknown-recipients = reject
                listeners { mx { bind = "127.0.0.1:0", role = mx, tls = off, auth = off } }
                auth { allow-plaintext = true }
                limits { connections-per-address = 10000, error-delay = 0s }
                logging { level = debug }
                inspection { memory = 256KiB }
              }
              """u8.ToArray()
            : null,
        MachineName = "mx.test",
    }).Server;

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        await _server.DisposeAsync();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mx.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("mx.test");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
    }
}

/// <summary>Keeps what is logged, for tests to look at.</summary>
public sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    /// <summary>All lines so far: level, text, fields.</summary>
    public IReadOnlyCollection<string> All => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var fields = state is IEnumerable<KeyValuePair<string, object?>> all ? string.Join(' ', all.Select(f => $"{f.Key}={f.Value}")) : "";
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} [{fields}] {exception}");
    }

    public void Dispose()
    {
    }
}
