using System.Threading.Channels;

namespace ActorSmtp.Web.Events;

/// <summary>One who watches: a buffer of events that were not sent yet, and how many found no room in it.</summary>
internal sealed class Watcher(EventHub hub, Func<string, string?, bool> wants) : IDisposable
{
    /// <summary>Events that may wait.</summary>
    public const int Room = 256;

    private readonly Channel<HubEvent> _waiting = Channel.CreateBounded<HubEvent>(new BoundedChannelOptions(Room) { SingleReader = true });
    private long _lost;

    /// <summary>Events to be sent; those without a type only wake the stream up.</summary>
    public ChannelReader<HubEvent> Waiting => _waiting.Reader;

    public bool Wants(string type, string? mailbox) => wants(type, mailbox);

    /// <summary>Keeps an event, or counts it as lost. Never waits.</summary>
    public void Offer(HubEvent what)
    {
        if (!_waiting.Writer.TryWrite(what))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>So many were left out on purpose: they count as lost, and the watcher hears of it soon, even if nothing follows.</summary>
    public void LeftOut(long count)
    {
        Interlocked.Add(ref _lost, count);
        LookAgain();
    }

    /// <summary>Has the stream go round once, even if nothing follows.</summary>
    public void LookAgain()
    {
        if (_waiting.Reader.Count == 0)
        {
            _waiting.Writer.TryWrite(default);
        }
    }

    /// <summary>How many were lost since this was asked last.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    public void Dispose() => hub.Leave(this);
}
