using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>
/// <c>actorsmtp serve</c> as a process: started on free ports, asked for them by <c>listeners.json</c>, ended by a signal. Its output is kept and
/// shown when something goes wrong.
/// </summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private RunningServer(Process process, string dataDirectory)
    {
        _process = process;
        DataDirectory = dataDirectory;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string DataDirectory { get; }

    public Maildirs Mail => new(DataDirectory);

    /// <summary>What it has said so far, both streams.</summary>
    public string Output => string.Join('\n', _lines);

    public bool HasEnded => _process.HasExited;

    public int ProcessId => _process.Id;

    /// <summary>The addresses bound, by listener.</summary>
    public IReadOnlyDictionary<string, IPEndPoint> Listeners { get; private set; } = new Dictionary<string, IPEndPoint>();

    /// <summary>Its only listener's port, or that of the one called so.</summary>
    public int Port(string? listener = null) => (listener is null ? Listeners.Values.Single() : Listeners[listener]).Port;

    /// <summary>The laptop profile on a free port.</summary>
    public static Task<RunningServer> Laptop(string dataDirectory, params IEnumerable<string> sets) =>
        Start(dataDirectory, [.. Sets(["listeners.smtp.bind=127.0.0.1:0", .. sets])]);

    /// <summary>Starts <c>actorsmtp serve</c> with these arguments (and the data directory), and waits until it listens.</summary>
    public static async Task<RunningServer> Start(string dataDirectory, params IEnumerable<string> arguments)
    {
        var addresses = Path.Combine(dataDirectory, "listeners.json");
        if (File.Exists(addresses))
        {
            File.Delete(addresses);                                     // an earlier run's
        }

        var process = Process.Start(new ProcessStartInfo(BuiltProgram.Path, ["serve", .. Sets(["console.bind="]), .. arguments, .. Sets([$"data-dir={dataDirectory}"])])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(dataDirectory)!,
        })!;
        var server = new RunningServer(process, dataDirectory);
        try
        {
            await Eventually.True(() => File.Exists(addresses) || process.HasExited, "the server to listen", server);
            Assert.False(process.HasExited, $"The server ended by itself:\n{server.Output}");
            server.Listeners = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(addresses))!
                .ToDictionary(l => l.Key, l => IPEndPoint.Parse(l.Value));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM.</summary>
    public void AskToStop() => Signal(15);

    /// <summary>SIGINT, as Ctrl-C gives it.</summary>
    public void Interrupt() => Signal(2);

    /// <summary>SIGHUP.</summary>
    public void AskToReload() => Signal(1);

    /// <summary>SIGKILL, and waits until the process is gone.</summary>
    public async Task Kill()
    {
        Signal(9);
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> Stop()
    {
        AskToStop();
        return await Ended();
    }

    /// <summary>Waits for its end; answers the exit code.</summary>
    public async Task<int> Ended()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server did not end.\n{Output}");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            AskToStop();
            try
            {
                await _process.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                await Kill();
                throw new TimeoutException($"The server did not end at SIGTERM.\n{Output}");
            }
        }

        _process.Dispose();
    }

    private static IEnumerable<string> Sets(IEnumerable<string> sets) => sets.SelectMany(s => new[] { "--set", s });

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    private void Signal(int number)
    {
        if (!_process.HasExited)
        {
            Assert.Equal(0, SendSignal(_process.Id, number));
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
