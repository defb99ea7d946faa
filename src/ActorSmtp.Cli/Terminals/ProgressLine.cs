using System.Globalization;

namespace ActorSmtp.Cli.Terminals;

/// <summary>How far long work has come, on one line of a terminal's standard error that goes away at the end. Silent elsewhere.</summary>
internal sealed class ProgressLine(Terminal terminal, string what, long total, bool wanted, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);     // short work shows nothing

    private readonly long _began = time.GetTimestamp();
    private readonly bool _shown = wanted && terminal.ErrorIsTerminal;
    private TimeSpan _next = Patience;
    private int _width;

    /// <summary>Says how much is done, in the unit of the total.</summary>
    public void Report(long done)
    {
        var now = time.GetElapsedTime(_began);
        if (!_shown || now < _next)
        {
            return;
        }

        _next = now + Every;
        var rate = done / Math.Max(now.TotalSeconds, 0.001);
        var text = total > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{what} {done * 100.0 / total:0}% ({Size(done)} of {Size(total)}, {Size((long)rate)}/s)")
            : string.Create(CultureInfo.InvariantCulture, $"{what} {done}");
        terminal.Error.Write("\r" + text.PadRight(_width));
        terminal.Error.Flush();
        _width = text.Length;
    }

    public void Dispose()
    {
        if (_width > 0)
        {
            terminal.Error.Write("\r" + new string(' ', _width) + "\r");
            terminal.Error.Flush();
            _width = 0;
        }
    }

    /// <summary>Octets for people.</summary>
    public static string Size(long octets) => octets switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024.0:0.0} KiB"),
        < 1024 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{octets / 1073741824.0:0.00} GiB"),
    };
}
