using ActorSmtp.Cli.Composition;
using System.Text;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Settings;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// Where log lines go: the terminal and the files under <c>log/</c>, each through a queue of its own, so that neither a slow disk nor a
/// stopped terminal keeps mail waiting.
/// </summary>
internal sealed class Logs : IDisposable
{
    private const int Capacity = 16 * 1024;

    private readonly LoggingLevelSwitch _level = new();
    private readonly DialogueGovernor _governor;
    private readonly QueuedSink _console;
    private readonly QueuedSink _files;
    private readonly LogFolder _folder;
    private readonly Microsoft.Extensions.Logging.ILogger _own;
    private volatile bool _mayOpen;
    private LogEventLevel _consoleLevel;
    private LogEventLevel _fileLevel;
    private int _rate;

    public Logs(ServerSettings settings, Terminal terminal, TimeProvider time)
    {
        _folder = new LogFolder(settings.DataDirectory, settings.Logging.FileSize, settings.Logging.FileCount);
        _governor = new DialogueGovernor(_level, time, (begins, rate) =>
        {
            if (begins)
            {
                HostLog.DialogueLeftOut(_own!, rate);
            }
            else
            {
                HostLog.DialogueAgain(_own!);
            }
        });
        Tail = new LogTail(settings.DataDirectory, SetLevel, () => _fileLevel <= LogEventLevel.Fatal ? _fileLevel : LogEventLevel.Information);
        Apply(settings.Logging);
        _console = new QueuedSink("the terminal", () => _consoleLevel, Capacity, ConsoleWriter(settings.Logging.ConsoleFormat, terminal));
        _files = new QueuedSink("the disk", () => _fileLevel, Capacity, _folder.Write);
        Factory = new LoggerBridge(
            new LoggerConfiguration()
                .MinimumLevel.ControlledBy(_level)
                .WriteTo.Sink(_governor)
                .WriteTo.Sink(_console)
                .WriteTo.Sink(_files)
                .WriteTo.Sink(Tail)
                .CreateLogger(),
            _level);
        _own = Factory.CreateLogger("actorsmtp.log");
    }

    public ILoggerFactory Factory { get; }

    /// <summary>The log for onlookers.</summary>
    public LogTail Tail { get; }

    /// <summary>Takes other levels, at once.</summary>
    public void Apply(LoggingSettings settings)
    {
        _consoleLevel = LevelOf(settings.Level);
        _fileLevel = LevelOf(settings.FileLevel);
        _rate = settings.DialogueRate;
        OpenIfWanted();
        SetLevel();
    }

    /// <summary>Lines are made that somebody takes: the terminal, the files, or who watches.</summary>
    private void SetLevel()
    {
        var least = Tail.Least;
        least = _consoleLevel < least ? _consoleLevel : least;
        _governor.Set(_fileLevel < least ? _fileLevel : least, _rate);
    }

    /// <summary>The data directory is ours: the files may be written.</summary>
    public void OpenFiles()
    {
        _mayOpen = true;
        OpenIfWanted();
    }

    /// <summary>Writes what waits, and ends.</summary>
    public void Dispose()
    {
        _folder.GiveUp();
        _governor.Dispose();
        Factory.Dispose();
        _console.Dispose();
        _files.Dispose();
        _folder.Dispose();
    }

    private void OpenIfWanted()
    {
        if (_mayOpen && _fileLevel <= LogEventLevel.Fatal)
        {
            _folder.Open();
        }
    }

    private static Action<IReadOnlyList<LogEvent>> ConsoleWriter(ConsoleFormat format, Terminal terminal)
    {
        var (text, scratch) = (new StringBuilder(), new StringBuilder());
        var lines = new TextLines(terminal.Colours);
        return batch =>
        {
            foreach (var line in batch)
            {
                if (format == ConsoleFormat.Json)
                {
                    JsonLines.Write(line, text, scratch);
                }
                else
                {
                    lines.Write(line, text, scratch);
                }
            }

            terminal.Out.Write(text);
            terminal.Out.Flush();
            text.Clear();
        };
    }

    private static LogEventLevel LevelOf(LoggingLevel level) => level switch
    {
        LoggingLevel.Trace => LogEventLevel.Verbose,
        LoggingLevel.Debug => LogEventLevel.Debug,
        LoggingLevel.Info => LogEventLevel.Information,
        LoggingLevel.Warning => LogEventLevel.Warning,
        LoggingLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Fatal + 1,                       // off
    };
}
