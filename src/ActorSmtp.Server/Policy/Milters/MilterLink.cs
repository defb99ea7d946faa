using System.Buffers;
using System.Net;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// One connection to a milter: packets out, packets in. Used by one caller at a time; every wait has a time, and whatever goes wrong is a
/// <see cref="MilterException"/> after which the connection is of no more use.
/// </summary>
internal sealed class MilterLink : IConnectionObserver
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<IConnection> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _input;
    private TaskCompletionSource? _drained;
    private IConnection? _connection;
    private string? _closed;
    private int _ended;

    private MilterLink(TimeProvider time) => _time = time;

    /// <summary>What is written to the milter; it goes out at <see cref="FlushAsync"/>.</summary>
    public IBufferWriter<byte> Output => _connection!.Output;

    /// <summary>Invoked once, when the connection is given up.</summary>
    public Action? OnEnd { get; set; }

    /// <summary>Connects.</summary>
    /// <exception cref="MilterException">It cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public static async Task<MilterLink> OpenAsync(ITransport transport, EndPoint at, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        var link = new MilterLink(time);
        transport.Connect(new ConnectOptions { EndPoint = at, Timeout = timeout, WriteStallTimeout = TimeSpan.FromMinutes(10) }, link);
        try
        {
            link._connection = await link._opened.Task.WaitAsync(timeout + TimeSpan.FromSeconds(1), time, cancellation);
            return link;
        }
        catch (TimeoutException)
        {
            link.End();
            throw new MilterException($"no connection within {timeout.TotalSeconds:0.###} s");
        }
        catch
        {
            link.End();
            throw;
        }
    }

    /// <summary>Sends what was written; while the milter does not read, waits for it.</summary>
    public async ValueTask FlushAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        var connection = _connection!;
        connection.Flush();
        if (!connection.OutputPending)
        {
            return;
        }

        TaskCompletionSource drained;
        lock (_gate)
        {
            ThrowIfClosed();
            _drained = drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (!connection.OutputPending)
        {
            return;                                             // it went meanwhile
        }

        await WaitAsync(drained.Task, timeout, "does not read", cancellation);
    }

    /// <summary>The next packet, parsed by the caller while it is there.</summary>
    /// <param name="parse">Takes the word and the data.</param>
    public async ValueTask<T> ReadAsync<T>(Parser<T> parse, TimeSpan timeout, CancellationToken cancellation)
    {
        var connection = _connection!;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (timeout <= TimeSpan.Zero)
            {
                throw new MilterException("is not done in time");                           // also one that says so much that there is always a packet more
            }

            if (TryTake(connection, parse, out var packet))
            {
                return packet;
            }

            TaskCompletionSource input;
            lock (_gate)
            {
                ThrowIfClosed();
                _input = input = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            connection.RequestInput();
            await WaitAsync(input.Task, timeout, "no answer", cancellation);
        }
    }

    /// <summary>Nothing is expected, so nothing may be there.</summary>
    public void ThrowIfItSpoke()
    {
        if (_connection!.Input.Length > 0)
        {
            throw new MilterException("speaks without being asked");
        }
    }

    /// <summary>Says goodbye, where nothing is under way, and closes.</summary>
    public void Quit()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            MilterWriter.Data(_connection!.Output, MilterCommand.Quit);
            _connection.Close(linger: false);
            OnEnd?.Invoke();
        }
    }

    /// <summary>Closes at once, at whatever it is.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        OnEnd?.Invoke();
        IConnection? connection;
        lock (_gate)
        {
            connection = _connection;
            _closed ??= "the connection was given up";
        }

        connection?.Abort();
    }

    void IConnectionObserver.OnConnected(IConnection connection)
    {
        lock (_gate)
        {
            _connection = connection;
        }

        if (Volatile.Read(ref _ended) != 0)
        {
            connection.Abort();                                 // nobody waits for it any more
        }

        _opened.TrySetResult(connection);
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        TaskCompletionSource? input;
        lock (_gate)
        {
            (input, _input) = (_input, null);
        }

        input?.TrySetResult();
    }

    void IConnectionObserver.OnSecured(IConnection connection)
    {
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            (drained, _drained) = (_drained, null);
        }

        drained?.TrySetResult();
    }

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        var why = connection.CloseDetail is { Length: > 0 } detail ? $"{Words(reason)} ({detail})" : Words(reason);
        TaskCompletionSource? input;
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _closed ??= why;
            (input, _input) = (_input, null);
            (drained, _drained) = (_drained, null);
        }

        var broken = new MilterException(why);
        _opened.TrySetException(broken);
        input?.TrySetException(broken);
        drained?.TrySetException(broken);
        _ = _opened.Task.Exception;                             // seen, if nobody waits
    }

    private static string Words(CloseReason reason) => reason switch
    {
        CloseReason.PeerClosed or CloseReason.Reset => "it closed the connection",
        CloseReason.Refused => "nobody listens there",
        CloseReason.Unreachable => "there is no way to it",
        CloseReason.ConnectTimedOut => "no connection in time",
        _ => $"the connection ended: {reason}",
    };

    private static bool TryTake<T>(IConnection connection, Parser<T> parse, out T packet)
    {
        packet = default!;
        switch (MilterFrame.TryRead(connection.Input, out var word, out var data, out var consumed))
        {
            case MilterFrameStatus.Broken:
                throw new MilterException("sends a packet of a length that cannot be: it is no milter, or out of step");

            case MilterFrameStatus.NeedMore:
                return false;
        }

        packet = parse(word, data);
        connection.Consume(consumed);
        return true;
    }

    private async ValueTask WaitAsync(Task task, TimeSpan timeout, string what, CancellationToken cancellation)
    {
        try
        {
            await task.WaitAsync(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, _time, cancellation);
        }
        catch (TimeoutException)
        {
            throw new MilterException($"{what} within {timeout.TotalSeconds:0.###} s");
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed is { } why)
        {
            throw new MilterException(why);
        }
    }

    /// <summary>Makes something of a packet.</summary>
    public delegate T Parser<T>(byte word, ReadOnlySpan<byte> data);
}
