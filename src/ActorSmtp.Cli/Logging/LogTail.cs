using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Server.Inspection;
using Serilog.Core;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// The log for onlookers: old lines from the files, new ones as they come. While nobody watches, a line costs it the look at one field; who
/// watches at level debug gets dialogues even where neither terminal nor files take them.
/// </summary>
internal sealed class LogTail : ILogTail, ILogEventSink
{
    /// <summary>Octets of files looked through for one page.</summary>
    private const long MostRead = 32 << 20;

    private readonly Lock _gate = new();
    private readonly string _dataDirectory;
    private readonly Action _changed;
    private readonly Func<LogEventLevel> _usual;
    private volatile Watching[] _watchers = [];

    /// <param name="changed">Told when watchers have come or gone, so that <see cref="Least"/> may be another.</param>
    /// <param name="usual">The least level for who asks for <see cref="Server.Inspection.LogFilter.Usual"/>; null: info.</param>
    public LogTail(string dataDirectory, Action changed, Func<LogEventLevel>? usual = null)
    {
        _usual = usual ?? (static () => LogEventLevel.Information);
        _dataDirectory = dataDirectory;
        _changed = changed;
    }

    /// <summary>The least level that somebody watches; above all levels where nobody does.</summary>
    public LogEventLevel Least => _watchers is { Length: > 0 } watchers ? watchers.Min(w => w.Least) : LogEventLevel.Fatal + 1;

    public Task<LogPage> ReadAsync(Server.Inspection.LogFilter filter, int limit, string? before, CancellationToken cancellation) =>
        Task.Run(() => Read(filter, Math.Clamp(limit, 1, 1000), before, cancellation), cancellation);

    public IDisposable Watch(Server.Inspection.LogFilter filter, Action<LogEntry> onEntry)
    {
        var watching = new Watching(this, filter, onEntry);
        lock (_gate)
        {
            _watchers = [.. _watchers, watching];
        }

        _changed();
        return watching;
    }

    public void Emit(LogEvent logEvent)
    {
        var watchers = _watchers;
        if (watchers.Length == 0)
        {
            return;
        }

        LogEntry? entry = null;
        foreach (var watcher in watchers)
        {
            if (logEvent.Level >= watcher.Least && watcher.Wants(entry ??= EntryOf(logEvent)))
            {
                watcher.Tell(entry);
            }
        }
    }

    private LogPage Read(Server.Inspection.LogFilter filter, int limit, string? before, CancellationToken cancellation)
    {
        var wanted = new Watching(this, filter, _ => { });
        var items = ImmutableArray.CreateBuilder<LogEntry>();
        var (read, place) = (0L, before);
        foreach (var (line, at) in BackwardLines.Read(_dataDirectory, before))
        {
            if (items.Count == limit || read > MostRead)
            {
                return new LogPage(items.ToImmutable(), place);
            }

            cancellation.ThrowIfCancellationRequested();
            place = at;
            read += line.Length;
            if (LogRecord.TryParse(line) is { } record && wanted.Wants(record.ToEntry()))
            {
                items.Add(record.ToEntry());
            }
        }

        return new LogPage(items.ToImmutable(), null);
    }

    private static LogEntry EntryOf(LogEvent line)
    {
        var text = new StringBuilder();
        LogLine.Render(line, text);
        return new LogEntry(
            line.Timestamp.ToUniversalTime(),
            LogLine.Word(line.Level),
            LogLine.Text(line, LogLine.Actor),
            LogLine.Text(line, LogLine.Session),
            LogLine.Text(line, LogLine.Tx),
            text.ToString(),
            LogLine.Text(line, LogLine.EventId),
            line.Exception?.ToString(),
            line.Properties.Where(p => p.Key is not (LogLine.Actor or LogLine.Session or LogLine.Tx or LogLine.EventId) && p.Value is ScalarValue { Value: not null })
                .ToImmutableDictionary(p => char.ToLowerInvariant(p.Key[0]) + p.Key[1..], p => Convert.ToString(((ScalarValue)p.Value).Value, CultureInfo.InvariantCulture) ?? ""));
    }

    private sealed class Watching : IDisposable
    {
        private readonly LogTail _tail;
        private readonly Server.Inspection.LogFilter _filter;
        private readonly LogFilter _lines;
        private readonly Action<LogEntry> _onEntry;

        public Watching(LogTail tail, Server.Inspection.LogFilter filter, Action<LogEntry> onEntry)
        {
            _tail = tail;
            _filter = filter;
            _onEntry = onEntry;
            var level = filter.Level switch
            {
                null => 0,
                Server.Inspection.LogFilter.Usual => (int)tail._usual(),
                var word => Math.Max(0, LogFilter.Levels.ToList().IndexOf(word.ToLowerInvariant())),
            };
            Least = (LogEventLevel)level;
            _lines = new LogFilter(filter.Session, string.IsNullOrEmpty(filter.Actor) ? null : filter.Actor, null, level);
        }

        public LogEventLevel Least { get; }

        public bool Wants(LogEntry line) => _lines.Wants(line.Level, line.Session, line.Actor, line.Tx)
            && (string.IsNullOrEmpty(_filter.Text) || line.Message.Contains(_filter.Text, StringComparison.OrdinalIgnoreCase));

        public void Tell(LogEntry entry)
        {
            try
            {
                _onEntry(entry);
            }
            catch (Exception)
            {
                Dispose();                                          // a watcher that fails watches no more; logging it would call it again
            }
        }

        public void Dispose()
        {
            lock (_tail._gate)
            {
                _tail._watchers = [.. _tail._watchers.Where(w => w != this)];
            }

            _tail._changed();
        }
    }
}
