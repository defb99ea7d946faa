using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// Takes log lines without ever waiting and gives them in batches, on a thread of its own, to whoever writes them. The queue is bounded:
/// what does not fit is dropped and counted, and a line says how many. After a first line the thread lets more gather for a moment, so
/// that a busy server wakes it some tens of times a second, not once a line.
/// </summary>
internal sealed class QueuedSink : ILogEventSink, IDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(25);
    private static readonly MessageTemplate DroppedTemplate = new MessageTemplateParser().Parse("{Count} log lines were dropped: {Where} cannot take them that fast");

    private readonly ConcurrentQueue<LogEvent> _lines = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Action<IReadOnlyList<LogEvent>> _write;
    private readonly string _where;
    private readonly int _capacity;
    private readonly Thread _thread;
    private int _count;
    private int _asleep = 1;
    private long _dropped;

    /// <param name="where">What it writes to, in words.</param>
    /// <param name="least">Lines below are not for here; may change.</param>
    /// <param name="capacity">Lines that may wait.</param>
    /// <param name="write">Writes a batch; on the sink's thread. What it throws loses the batch and is counted as dropped.</param>
    public QueuedSink(string where, Func<LogEventLevel> least, int capacity, Action<IReadOnlyList<LogEvent>> write)
    {
        _where = where;
        Least = least;
        _capacity = capacity;
        _write = write;
        _thread = new Thread(Run) { IsBackground = true, Name = $"log to {where}" };
        _thread.Start();
    }

    /// <summary>Lines dropped since the start.</summary>
    public long Dropped { get; private set; }

    private Func<LogEventLevel> Least { get; }

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Level < Least())
        {
            return;
        }

        if (Interlocked.Increment(ref _count) > _capacity)
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Increment(ref _dropped);
            return;
        }

        _lines.Enqueue(logEvent);
        if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
        {
            _wake.Release();
        }
    }

    /// <summary>Writes what waits, for two seconds at most, and ends.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _wake.Release();
        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        var batch = new List<LogEvent>(1024);
        while (true)
        {
            _wake.Wait();
            if (!_closing.IsCancellationRequested)
            {
                _closing.Token.WaitHandle.WaitOne(Gather);
            }

            Volatile.Write(ref _asleep, 1);             // before the queue is emptied: whoever comes later wakes us again
            Interlocked.MemoryBarrier();
            while (TakeSome(batch))
            {
                Write(batch);
                batch.Clear();
            }

            if (_closing.IsCancellationRequested && _lines.IsEmpty)
            {
                return;
            }
        }
    }

    private bool TakeSome(List<LogEvent> batch)
    {
        while (batch.Count < 1024 && _lines.TryDequeue(out var line))
        {
            Interlocked.Decrement(ref _count);
            batch.Add(line);
        }

        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
        {
            Dropped += dropped;
            batch.Add(new LogEvent(DateTimeOffset.Now, LogEventLevel.Warning, null, DroppedTemplate,
                [new("Count", new ScalarValue(dropped)), new("Where", new ScalarValue(_where))]));
        }

        return batch.Count > 0;
    }

    private void Write(List<LogEvent> batch)
    {
        try
        {
            _write(batch);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Dropped += batch.Count;                     // a full disk or a closed terminal stops no mail
        }
    }
}
