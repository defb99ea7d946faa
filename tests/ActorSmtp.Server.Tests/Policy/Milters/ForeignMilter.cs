using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>A milter of others in a process of its own, with a folder of its own and a Unix socket in it.</summary>
internal sealed class ForeignMilter : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("milter-");
    private readonly ConcurrentQueue<string> _lines = new();
    private Process? _process;

    public string Folder => _folder.FullName;

    public string Socket => Path.Combine(Folder, "socket");

    /// <summary>What it said.</summary>
    public string Output => string.Join('\n', _lines);

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Starts it, and looks until somebody listens at its socket; skips the test where it ends by itself, with what it said.</summary>
    public async Task StartAsync(string program, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder })!;
        _process.OutputDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        _process.ErrorDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var began = Stopwatch.GetTimestamp();
        while (!Listens())
        {
            Skip.If(_process.HasExited, $"{program} does not run here: {Output}");
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, $"{program} does not listen: {Output}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            try
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (InvalidOperationException)
            {
                // It had ended.
            }

            process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private bool Listens()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
