using System.Text.Json;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>What <c>serve</c> runs, in this process, on free ports and a folder of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _console;
    private readonly Task<int> _running;

    private RunningServer(TemporaryFolder folder, StringWriter console, Task<int> running, CancellationTokenSource stop)
    {
        Folder = folder;
        _console = console;
        _running = running;
        _stop = stop;
    }

    public TemporaryFolder Folder { get; }

    public string Address { get; private set; } = "";

    /// <summary>The web console's address, as <c>listeners.json</c> says.</summary>
    public string WebConsole => JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "listeners.json"))).RootElement.GetProperty("console").GetString()!;

    public string Data => Path.Combine(Folder.Path, "data");

    public string Console
    {
        get
        {
            lock (_console)
            {
                return _console.ToString();
            }
        }
    }

    /// <summary>Everything in the log files.</summary>
    public string Files => string.Concat(ActorSmtp.Cli.Logging.LogFolder.Files(Data).Select(File.ReadAllText));

    public static Task<RunningServer> StartAsync(params string[] sets) => StartAsync(isLaptop: true, sets);

    /// <param name="isLaptop">No configuration file was given.</param>
    public static async Task<RunningServer> StartAsync(bool isLaptop, params string[] sets)
    {
        var folder = new TemporaryFolder();
        var stop = new CancellationTokenSource();
        var console = new StringWriter();
        var loaded = Load(folder, sets) with { IsLaptop = isLaptop };
        var terminal = new Terminal
        {
            In = TextReader.Null,
            InOctets = () => Stream.Null,
            Out = new Locked(console),
            OutOctets = () => Stream.Null,
            Error = TextWriter.Null,
        };
        var running = Task.Run(() => ServerHost.RunAsync(loaded, () => loaded, terminal, stop.Token));
        var server = new RunningServer(folder, console, running, stop);
        var addresses = Path.Combine(server.Data, "listeners.json");
        for (var i = 0; !File.Exists(addresses); i++)
        {
            if (running.IsCompleted || i > 1200)
            {
                await running.WaitAsync(TimeSpan.FromSeconds(1));
            }

            await Task.Delay(50);
        }

        server.Address = JsonDocument.Parse(await File.ReadAllTextAsync(addresses)).RootElement.GetProperty("smtp").GetString()!;
        return server;
    }

    public static LoadedSettings Load(TemporaryFolder folder, params string[] sets) => SettingsLoader.Load(new SettingsSources
    {
        ReadFile = _ => null,
        MachineName = "mx.test",
        Sets =
        [
            $"data-dir={folder.Path}/data", "listeners.smtp.bind=127.0.0.1:0", "console.bind=", "storage.journal.segment-size=1MiB",
            "storage.journal.preallocate=3MiB", "storage.free-space-floor=1MiB", "shutdown.grace=2s", .. sets,
        ],
    });

    /// <summary>Waits until the console, the files or the data directory are as wanted.</summary>
    public async Task Until(Func<RunningServer, bool> isSo)
    {
        for (var i = 0; !isSo(this); i++)
        {
            Assert.True(i < 1200, $"not within a minute; the log:\n{Console}");
            await Task.Delay(50);
        }
    }

    /// <summary>Waits until a mailbox has a message.</summary>
    public Task UntilMail(string account) => Until(s =>
        Path.Combine(s.Data, "mail", account, "Maildir", "new") is var box && Directory.Exists(box) && Directory.EnumerateFiles(box).Any());

    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Folder.Dispose();
    }

    private sealed class Locked(StringWriter inner) : TextWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void Write(char value)
        {
            lock (inner)
            {
                inner.Write(value);
            }
        }

        public override void Write(System.Text.StringBuilder? value)
        {
            lock (inner)
            {
                inner.Write(value);
            }
        }
    }
}
