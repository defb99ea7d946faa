using System.Collections.Concurrent;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Notices on their way from the queue into the journal. The journal may have one before the queue has recorded so; if it were delivered in between and the
/// process died, the next start could not know that it ever was, and would send a second. So it waits here, some milliseconds. Any thread.
/// </summary>
internal sealed class NoticeGate
{
    private readonly ConcurrentDictionary<MailId, bool> _ids = new();

    public void Close(MailId id) => _ids[id] = true;

    public void Open(MailId id) => _ids.TryRemove(id, out _);

    /// <summary>It is not to be delivered yet.</summary>
    public bool IsClosed(MailId id) => !_ids.IsEmpty && _ids.ContainsKey(id);
}
