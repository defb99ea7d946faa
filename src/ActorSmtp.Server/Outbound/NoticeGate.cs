using System.Collections.Concurrent;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Notices on their way into the journal. The journal may have one before it is on record that it was given; if it were delivered in between and the
/// process died, the next start could not know that it ever was, and would send a second. So it waits here, some milliseconds. Any thread.
/// </summary>
/// <param name="journal">Where they wait.</param>
internal sealed class NoticeGate(IDeliveryFeed? journal = null)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<MailId, Closed> _ids = new();

    /// <summary>How many are closed.</summary>
    public int Count => _ids.Count;

    public void Close(MailId id) => _ids.TryAdd(id, new Closed());

    public void Open(MailId id) => _ids.TryRemove(id, out _);

    /// <summary>It opens by itself when the journal has recorded all that it has been asked to record by now.</summary>
    public void OpenWhenRecorded(MailId id)
    {
        if (_ids.TryGetValue(id, out var closed))
        {
            closed.Until = journal!.Completions.Asked;
        }
    }

    /// <summary>It is not to be delivered yet.</summary>
    public bool IsClosed(MailId id)
    {
        if (_ids.IsEmpty || !_ids.TryGetValue(id, out var closed))
        {
            return false;
        }

        if (closed.Until is { } until && journal!.Completions.Stable >= until)
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

        public int Looks;

        /// <summary>The journal's completions that have to be stable; null: somebody opens it.</summary>
        public long? Until
        {
            get => Volatile.Read(ref _until) is var until && until == long.MaxValue ? null : until;
            set => Volatile.Write(ref _until, value ?? long.MaxValue);
        }
    }
}
