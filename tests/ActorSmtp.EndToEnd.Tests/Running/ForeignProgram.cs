using System.Collections.Concurrent;
using System.Diagnostics;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>A server of others that runs in the foreground: started, waited for, killed by its own process id.</summary>
internal sealed class ForeignProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ForeignProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        process.ErrorDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _lines);

    /// <summary>Starts it and looks until it is ready; skips the test where it ends by itself, with what it said.</summary>
    public static async Task<ForeignProgram> StartAsync(string program, IEnumerable<string> arguments, Func<Task<bool>> isReady)
    {
        var started = new ForeignProgram(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);
        var began = Stopwatch.GetTimestamp();
        while (!await isReady())
        {
            if (started._process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
            {
                await started.DisposeAsync();
                Skip.If(true, $"{program} does not run here: {started.Output}");
            }

            await Task.Delay(20);
        }

        return started;
    }

    /// <summary>SIGTERM, so that it ends its children, and SIGKILL if that is of no use.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Tool.Run("kill", [$"{_process.Id}"]);
            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }

        _process.Dispose();
    }
}
