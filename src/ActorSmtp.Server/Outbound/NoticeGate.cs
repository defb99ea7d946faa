using System.Collections.Concurrent;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Notices on their way into the journal. The journal may have one before it is on record that it was given; if it were delivered in between and the
/// process died, the next start could not know that it ever was, and would send a second. So it waits here, some milliseconds. Any thread.
/// </summary>
/// <param name="journal">Where they wait.</param>
/// <param name="time">By whose clock those open that are to open later; null: the system's.</param>
internal sealed class NoticeGate(IDeliveryFeed? journal = null, TimeProvider? time = null)
{
    /// <summary>How long one stays closed of which nobody here can say any more when it is on record: another node takes it over meanwhile.</summary>
    internal static readonly TimeSpan Later = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<MailId, Closed> _ids = new();
    private readonly ConcurrentQueue<(MailId Id, Closed Closed)> _later = new();       // in the order in which they open

    /// <summary>How many are closed.</summary>
    public int Count => _ids.Count;

    /// <summary>Until it is opened, also one that was to open later.</summary>
    public void Close(MailId id) => _ids.AddOrUpdate(id, static _ => new Closed(), static (_, closed) => closed.ClosedAt is null ? closed : new Closed());

    public void Open(MailId id) => _ids.TryRemove(id, out _);

    /// <summary>It opens by itself when the journal has recorded all that it has been asked to record by now.</summary>
    public void OpenWhenRecorded(MailId id)
    {
        if (_ids.TryGetValue(id, out var closed))
        {
            closed.Until = journal!.Completions.Asked;
        }
    }

    /// <summary>It opens by itself after a while: whoever closed it hears no more of it, and another node may be about to record it.</summary>
    public void OpenLater(MailId id)
    {
        var now = _time.GetTimestamp();
        while (_later.TryPeek(out var first) && IsOver(first.Closed, now) && _later.TryDequeue(out first))
        {
            _ids.TryRemove(KeyValuePair.Create(first.Id, first.Closed));
        }

        if (_ids.TryGetValue(id, out var closed) && closed.ClosedAt is null)
        {
            closed.ClosedAt = now;
            _later.Enqueue((id, closed));
        }
    }

    private bool IsOver(Closed closed, long now) => closed.ClosedAt is { } at && _time.GetElapsedTime(at, now) >= Later;

    /// <summary>It is not to be delivered yet.</summary>
    public bool IsClosed(MailId id)
    {
        if (_ids.IsEmpty || !_ids.TryGetValue(id, out var closed))
        {
            return false;
        }

        if ((closed.Until is { } until && journal!.Completions.Stable >= until) || IsOver(closed, _time.GetTimestamp()))
        {
            Open(id);
            return false;
        }

        return true;
    }

    /// <summary>When it is to be looked at again: soon, and later and later where something keeps it.</summary>
    public TimeSpan PauseOf(MailId id)
    {
        var looks = _ids.TryGetValue(id, out var closed) ? Interlocked.Increment(ref closed.Looks) : 0;
        var pause = s_shortest * Math.Pow(2, Math.Clamp((looks / 8) - 1, 0, 10));
        return pause < s_longest ? pause : s_longest;
    }

    private sealed class Closed
    {
        private long _until = long.MaxValue;
        private long _closedAt = long.MaxValue;

        public int Looks;

        /// <summary>Since when it has been closed by the clock alone; null: it is not.</summary>
        public long? ClosedAt
        {
            get => Volatile.Read(ref _closedAt) is var at && at == long.MaxValue ? null : at;
            set => Volatile.Write(ref _closedAt, value ?? long.MaxValue);
        }

        /// <summary>The journal's completions that have to be stable; null: somebody opens it.</summary>
        public long? Until
        {
            get => Volatile.Read(ref _until) is var until && until == long.MaxValue ? null : until;
            set => Volatile.Write(ref _until, value ?? long.MaxValue);
        }
    }
}
