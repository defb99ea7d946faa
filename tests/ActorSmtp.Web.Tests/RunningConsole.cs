using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Web.Tests;

/// <summary>A server with its console, in this process: a folder of its own, free ports, the laptop profile and what the test sets on top.</summary>
internal sealed class RunningConsole : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ActorSystem _system;
    private readonly ITransport _transport;
    private readonly MailSender _sender;

    private RunningConsole(string folder, ActorSystem system, ITransport transport, MailServer server, WebConsole console, StoreSet stores, LogLines log)
    {
        (_folder, _system, _transport) = (folder, system, transport);
        (Server, Console, Stores, Log) = (server, console, stores, log);
        _sender = new MailSender(transport, TimeProvider.System);
        Http = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = console.Address };
        Socket = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://admin/") };
    }

    public MailServer Server { get; }

    public WebConsole Console { get; }

    public StoreSet Stores { get; }

    public LogLines Log { get; }

    public string Data => Path.Combine(_folder, "data");

    public string SocketPath => Path.Combine(Data, "admin.sock");

    /// <summary>By the console's port.</summary>
    public HttpClient Http { get; }

    /// <summary>By the admin socket.</summary>
    public HttpClient Socket { get; }

    /// <param name="sets">Settings, as <c>key=value</c>.</param>
    public static Task<RunningConsole> StartAsync(params string[] sets) => StartAsync(null, null, sets);

    /// <param name="inspection">What can be looked into; null: nothing.</param>
    /// <param name="users">Accounts with their passwords; those with a star in front are administrators.</param>
    public static Task<RunningConsole> StartAsync(Inspection? inspection, IEnumerable<(string Name, string Password)>? users, params string[] sets) =>
        StartWithAsync(parts => parts with { Inspection = inspection ?? Inspection.None }, users, sets);

    /// <param name="alter">What the console is made of instead of the usual.</param>
    /// <param name="users">Accounts with their passwords; those with a star in front are administrators.</param>
    public static Task<RunningConsole> StartWithAsync(Func<ConsoleParts, ConsoleParts> alter, IEnumerable<(string Name, string Password)>? users, params string[] sets) =>
        StartInAsync(Directory.CreateTempSubdirectory("actorsmtp-").FullName, alter, users, sets);

    /// <summary>A node of a database that others share; what it has there is to be disposed of after it.</summary>
    public static async Task<(RunningConsole Console, PostgresStores Stores)> StartSharedAsync(DatabaseSettings database, params string[] sets)
    {
        PostgresStores? shared = null;
        var console = await StartInAsync(
            Directory.CreateTempSubdirectory("actorsmtp-").FullName, parts => parts with { Documents = shared!.Documents(), Leases = shared.Leases() }, null, sets,
            limits => shared = new PostgresStores(database, limits, TimeProvider.System));
        return (console, shared!);
    }

    /// <param name="folder">Where an earlier one was, or a new one; removed at the end.</param>
    public static Task<RunningConsole> StartInAsync(
        string folder, Func<ConsoleParts, ConsoleParts> alter, IEnumerable<(string Name, string Password)>? users, params string[] sets) =>
        StartInAsync(folder, alter, users, sets, null);

    private static async Task<RunningConsole> StartInAsync(
        string folder, Func<ConsoleParts, ConsoleParts> alter, IEnumerable<(string Name, string Password)>? users, string[] sets, Func<StorageSettings, PostgresStores>? share)
    {
        var settings = SettingsLoader.Load(new SettingsSources
        {
            ReadFile = _ => null,
            MachineName = "mx.test",
            Sets =
            [
                $"data-dir={folder}/data", "listeners.smtp.bind=127.0.0.1:0", "console.bind=127.0.0.1:0", "storage.journal.segment-size=1MiB",
                "storage.journal.preallocate=3MiB", "storage.free-space-floor=1MiB", "shutdown.grace=2s", "storage.sync=never", .. sets,
            ],
        });
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        var stores = share?.Invoke(settings.Server.Storage.Files).Serving(NodeAgreement.None) ?? ActorSmtp.Storage.Stores.OnDisk(settings.Server.Storage.Files, null, TimeProvider.System);
        foreach (var (name, password) in users ?? [])
        {
            var stored = StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format();
            await stores.Users.UpdateAsync(t => t.With(new UserAccount(name.TrimStart('*'), stored, [], Disabled: false, Admin: name.StartsWith('*'))), CancellationToken.None);
        }

        var log = new LogLines();
        var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        var server = new MailServer(settings.Server, new MailServerPorts
        {
            Transport = transport,
            Mail = stores.Mail,
            Mailboxes = stores.Mailboxes,
            Users = stores.Users,
            Logs = log,
        });
        var system = ActorSystem.Create("test", ConfigurationFactory.ParseString(MailServer.EngineSettings(settings.Server)));
        await server.StartAsync(system);
        var console = await WebConsole.StartAsync(alter(new ConsoleParts
        {
            Server = server,
            Settings = settings,
            Mailboxes = stores.Mailboxes,
            Reader = stores.Reader,
            Tokens = ActorSmtp.Storage.Stores.Tokens(settings.Server.Storage.Files, TimeProvider.System),
            Documents = ActorSmtp.Storage.Stores.Documents(settings.Server.Storage.Files),
            Transport = transport,
            Logs = log,
            Version = "0.0-test",
            IsLaptop = true,
        }));
        return new RunningConsole(folder, system, transport, server, console, stores, log);
    }

    /// <summary>Sends a message by SMTP and waits until it is in the mailbox; answers its key there.</summary>
    public async Task<string> SendAsync(string to, string message, string from = "ann@client.test")
    {
        var before = (await KeysAsync(to)).ToHashSet();
        await SubmitAsync(to, message, from);
        return await UntilAsync(async () => (await KeysAsync(to)).FirstOrDefault(k => !before.Contains(k)));
    }

    /// <summary>Sends a message by SMTP; it must be accepted.</summary>
    public async Task SubmitAsync(string to, string message, string from = "ann@client.test")
    {
        var outcome = await TrySubmitAsync(to, message, from);
        Assert.True(outcome.AllAccepted, string.Join(", ", outcome.Results.Select(r => $"{r.Recipient}: {r.Reply} {r.Why}")) + outcome.Failure?.Why);
    }

    public Task<SendOutcome> TrySubmitAsync(string to, string message, string from = "ann@client.test", string hello = "client.test", Credentials? login = null) =>
        _sender.SendAsync(new SendRequest
        {
            Addresses = [Server.Listeners[0].Address],
            ServerName = "localhost",
            HelloName = hello,
            Login = login,
            Tls = ClientTls.Off,
            Compose = _ => new MailToSend(
                new ReversePath(Mailbox.Parse(from)),
                [.. to.Split(',').Select(t => new RecipientToSend(Mailbox.Parse(t)))],
                new MemoryContent(System.Text.Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n")))),
        }).WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<JsonElement> GetAsync(string path) => await AnswerAsync(await Http.GetAsync(path));

    public async Task<JsonElement> PostAsync(string path, object? body = null) => await AnswerAsync(await (body is null ? Http.PostAsync(path, null) : Http.PostAsJsonAsync(path, body)));

    /// <summary>The document of a good answer.</summary>
    public static async Task<JsonElement> AnswerAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The document of a problem, whose status and code must be these.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal($"urn:actorsmtp:problem:{code}", problem.GetProperty("type").GetString());
        return problem;
    }

    /// <summary>Asks again and again until there is an answer.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(90);)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Delay(25);
        }

        throw new TimeoutException("not within 90 s");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Stops it; answers its folder, in which another may start.</summary>
    public async Task<string> StopAsync()
    {
        Http.Dispose();
        Socket.Dispose();
        await Console.DisposeAsync();
        await _sender.DisposeAsync();
        await _system.Terminate();
        await Server.DisposeAsync();
        await _transport.DisposeAsync();
        return _folder;
    }

    private async Task<IEnumerable<string>> KeysAsync(string account) =>
        await Stores.Mailboxes.ListAsync(account, CancellationToken.None).Select(m => m.Key).ToArrayAsync();
}
