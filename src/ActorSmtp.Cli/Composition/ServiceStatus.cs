using System.Globalization;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// Tells systemd (<c>Type=notify</c>) when the server takes mail and when it stops, and, where it watches (<c>WatchdogSec</c>), twice in that
/// time that the process still runs its work. Without systemd nothing happens.
/// </summary>
internal sealed class ServiceStatus : IDisposable
{
    private readonly ServiceNotifier _notifier;
    private readonly TimeSpan? _watchdog;
    private readonly TimeProvider _time;
    private IHealth? _health;
    private ITimer? _timer;

    /// <param name="variables"><c>NOTIFY_SOCKET</c>, <c>WATCHDOG_USEC</c> and <c>WATCHDOG_PID</c> are looked at.</param>
    public ServiceStatus(IReadOnlyDictionary<string, string> variables, TimeProvider time)
    {
        _notifier = new ServiceNotifier(variables.GetValueOrDefault("NOTIFY_SOCKET"));
        _time = time;
        var ours = variables.GetValueOrDefault("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        _watchdog = ours && long.TryParse(variables.GetValueOrDefault("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    /// <summary>The server takes mail.</summary>
    public void Ready(IHealth? health)
    {
        _health = health;
        _notifier.Tell("READY=1\nSTATUS=takes mail");
        if (_notifier.IsWanted && _watchdog is { } within)
        {
            _timer = _time.CreateTimer(_ => _ = Tick(), null, within / 2, within / 2);
        }
    }

    /// <summary>A stop was asked for.</summary>
    public void Stopping() => _notifier.Tell("STOPPING=1\nSTATUS=sessions end");

    public void Dispose()
    {
        _timer?.Dispose();
        _notifier.Dispose();
    }

    /// <summary>On a worker of the pool: that it comes here at all is what the manager wants to know. What is wrong stands in its status.</summary>
    private async Task Tick()
    {
        var wrong = _health is null ? null : (await _health.ReadAsync(CancellationToken.None).ConfigureAwait(false)).Checks.FirstOrDefault(c => c.Status != "ok" && c.Name != "sync");
        _notifier.Tell($"WATCHDOG=1\nSTATUS={(wrong is null ? "takes mail" : $"{wrong.Name}: {wrong.Detail}")}");
    }
}
