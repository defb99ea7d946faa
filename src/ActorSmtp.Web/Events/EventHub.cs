using System.Text.Json;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Events;

/// <summary>
/// What happens, told to whoever watches. Publishing never waits: each watcher has a bounded buffer, and one that is too slow loses events and
/// is told how many. Without watchers nothing is made, let alone kept.
/// </summary>
internal sealed class EventHub(int mostWatchers)
{
    private readonly Lock _gate = new();
    private volatile Watcher[] _watchers = [];
    private long _number;

    public int Watchers => _watchers.Length;

    /// <summary>Watches from now on; null: there are too many already.</summary>
    /// <param name="wants">Which are wanted; runs on the publishing thread.</param>
    public Watcher? Watch(Func<string, string?, bool> wants)
    {
        var watcher = new Watcher(this, wants);
        lock (_gate)
        {
            if (_watchers.Length >= mostWatchers)
            {
                return null;
            }

            _watchers = [.. _watchers, watcher];
        }

        return watcher;
    }

    /// <summary>Whether anybody would be told: asked before an event is made.</summary>
    public bool IsWanted(string type, string? mailbox) => Array.Exists(_watchers, w => w.Wants(type, mailbox));

    /// <summary>Tells everybody who wants it.</summary>
    public void Publish<T>(string type, string? mailbox, T data)
    {
        byte[]? json = null;
        foreach (var watcher in _watchers)
        {
            if (watcher.Wants(type, mailbox))
            {
                json ??= JsonSerializer.SerializeToUtf8Bytes(data, Json.Options);
                watcher.Offer(new HubEvent(Interlocked.Increment(ref _number), type, json));
            }
        }
    }

    /// <summary>So many facts could not be made into events in time: everybody who wanted them is told that there was more.</summary>
    public void Lost(string type, long count)
    {
        foreach (var watcher in _watchers)
        {
            if (watcher.Wants(type, null))
            {
                watcher.LeftOut(count);
            }
        }
    }

    /// <summary>Every stream looks at once whether who watches may still.</summary>
    public void LookAgain()
    {
        foreach (var watcher in _watchers)
        {
            watcher.LookAgain();
        }
    }

    internal void Leave(Watcher watcher)
    {
        lock (_gate)
        {
            _watchers = [.. _watchers.Where(w => w != watcher)];
        }
    }
}

/// <summary>One event, ready to be sent.</summary>
/// <param name="Type">Null: there is nothing to be sent, only to be looked at.</param>
internal readonly record struct HubEvent(long Number, string? Type, byte[] Data);
