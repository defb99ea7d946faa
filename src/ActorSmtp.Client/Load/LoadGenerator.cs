using ActorSmtp.Transport;

namespace ActorSmtp.Client.Load;

/// <summary>
/// Puts load on an SMTP server and counts what comes of it. No actors: the sessions run on the transport's I/O thread, say what was
/// built once, and share one lock that nobody ever waits for (a transport with several lanes would need it, one with a single loop not).
/// <para>
/// A message that fails (refused, cut off, unanswered) is counted with the reason and its connection is given up; the session rests for
/// <see cref="Rest"/> and begins again, so that a server in trouble is not stormed. A load that gets nothing acknowledged for the plan's
/// reply time-out ends early.
/// </para>
/// </summary>
public sealed class LoadGenerator
{
    /// <summary>How long a session waits after a failure.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly LoadSession[] _sessions;
    private readonly Queue<LoadSession> _ready;     // wait for their turn (a rate), connected or not
    private readonly Queue<(LoadSession Session, long Until)> _resting;
    private readonly LatencyHistogram _latency = new();
    private readonly LoadErrors _errors = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _microsecond;
    private long _started;
    private long _accepted;
    private long _failed;
    private long _begin;
    private long _last;
    private long _until = long.MaxValue;
    private int _open;
    private string? _gaveUp;
    private bool _stopping;

    /// <param name="plan">What to do.</param>
    /// <param name="transport">The network; one loop, and no spinning, cost the least.</param>
    /// <param name="time">Time; null: the system's.</param>
    /// <exception cref="ArgumentException">The plan makes no sense; says all that is wrong.</exception>
    public LoadGenerator(LoadPlan plan, ITransport transport, TimeProvider? time = null)
    {
        if (plan.Mistakes() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join("; ", mistakes), nameof(plan));
        }

        Plan = plan;
        Transport = transport;
        _time = time ?? TimeProvider.System;
        _microsecond = Math.Max(1, _time.TimestampFrequency / 1_000_000);
        Script = new LoadScript(plan);
        TlsOptions = new TlsClientOptions { ServerName = plan.ServerName, Insecure = true };
        _sessions = [.. Enumerable.Range(0, plan.Sessions).Select(_ => new LoadSession(this))];
        _ready = new(plan.Sessions);
        _resting = new(plan.Sessions);
    }

    internal LoadPlan Plan { get; }

    internal ITransport Transport { get; }

    internal LoadScript Script { get; }

    internal TlsClientOptions TlsOptions { get; }

    internal Lock Gate { get; } = new();

    /// <summary>Now, as a timestamp of the time provider.</summary>
    internal long Now => _time.GetTimestamp();

    private bool MayStart => !_stopping && _started < (Plan.Messages ?? long.MaxValue) && Now < _until;

    /// <summary>Runs the load to its end. Cancelling ends it early, in good order: messages under way are finished first. Once.</summary>
    public async Task<LoadReport> RunAsync(CancellationToken cancellation = default)
    {
        lock (Gate)
        {
            _begin = _last = Now;
            if (Plan.Duration is { } duration)
            {
                _until = _begin + (long)(duration.TotalSeconds * _time.TimestampFrequency);
            }

            foreach (var session in _sessions)
            {
                _ready.Enqueue(session);
            }

            StartWhatIsDue();
        }

        // Without a rate nothing but the rare (rests, time-outs) needs this turn: a rate is cut into steps of a millisecond.
        using var turns = new PeriodicTimer(TimeSpan.FromMilliseconds(Plan.Rate is null ? 50 : 1), _time);
        while (!_ended.Task.IsCompleted)
        {
            await Task.WhenAny(_ended.Task, turns.WaitForNextTickAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
            lock (Gate)
            {
                _stopping |= cancellation.IsCancellationRequested;
                Turn();
            }
        }

        return Report();
    }

    /// <summary>How it stands. Any thread.</summary>
    public LoadReport Report()
    {
        lock (Gate)
        {
            var to = _ended.Task.IsCompleted ? _last : Now;
            return new LoadReport(
                _accepted, _failed, _time.GetElapsedTime(_begin, Math.Max(_begin, to)), _accepted * Script.Size, LatencySummary.Of(_latency), _errors.Sorted(),
                _open, _gaveUp);
        }
    }

    /// <summary>An acknowledgement. True if the session may begin another message on its connection.</summary>
    internal bool OnAccepted(LoadSession session)
    {
        _last = Now;
        _latency.Add((_last - session.Began) / _microsecond);
        _accepted++;
        return !_stopping && _started < (Plan.Messages ?? long.MaxValue) && _last < _until;
    }

    internal void OnFailed(string step, int code, string detail, string example)
    {
        _failed++;
        _errors.Add(step, code, detail, example);
    }

    /// <summary>The server cannot do what the plan wants: more sessions would hear the same.</summary>
    internal void OnHopeless(string why)
    {
        _stopping = true;
        _gaveUp ??= why;
    }

    /// <summary>A session stands between two messages: the next one at once, or when it is due.</summary>
    internal void OnReady(LoadSession session)
    {
        if (Plan.Rate is null)
        {
            session.GoOn(_started++, _last);
        }
        else
        {
            _ready.Enqueue(session);
        }
    }

    internal void OnEnded(LoadSession session, bool failed)
    {
        _open--;
        if (failed)
        {
            _resting.Enqueue((session, Now + (long)(Rest.TotalSeconds * _time.TimestampFrequency)));
        }
        else
        {
            _ready.Enqueue(session);
            if (Plan.Rate is null)
            {
                StartWhatIsDue();
            }
        }

        EndWhereDone();
    }

    private void Turn()
    {
        var now = Now;
        while (_resting.TryPeek(out var rested) && rested.Until <= now)
        {
            _ready.Enqueue(_resting.Dequeue().Session);
        }

        StartWhatIsDue();
        GiveUpOnTheOverdue(now);
        if (!MayStart)
        {
            // Those who are connected and have nothing more to send.
            for (var i = _ready.Count; i > 0; i--)
            {
                _ready.Dequeue().Leave();
            }
        }

        EndWhereDone();
    }

    private void StartWhatIsDue()
    {
        while (_ready.Count > 0 && MayStart)
        {
            var began = Now;
            if (Plan.Rate is { } rate)
            {
                var due = _begin + (long)(_started / rate * _time.TimestampFrequency);
                if (due > began)
                {
                    return;
                }

                began = due;
            }

            var session = _ready.Dequeue();
            _open += session.IsOpen ? 0 : 1;
            session.Begin(_started++, began);
        }
    }

    private void GiveUpOnTheOverdue(long now)
    {
        var patience = (long)(Plan.ReplyTimeout.TotalSeconds * _time.TimestampFrequency);
        if (now - _last > patience && _failed > 0 && !_stopping)
        {
            _stopping = true;
            _gaveUp = $"nothing was acknowledged for {Plan.ReplyTimeout.TotalSeconds:0} s";
        }

        foreach (var session in _sessions)
        {
            if (session.AwaitsReply && now - session.Waiting > patience)
            {
                session.GiveUp($"no reply in {Plan.ReplyTimeout.TotalSeconds:0} s");
            }
        }
    }

    private void EndWhereDone()
    {
        if (_open == 0 && !MayStart)
        {
            _ended.TrySetResult();
        }
    }
}
