using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>The system messages of one mailbox: a lock-free stack linked through the messages, turned round when it is taken.</summary>
internal struct SystemQueue
{
    private static readonly SystemMessage Closed = new ClosedMark();

    private SystemMessage _newest;

    internal readonly bool HasMessages => _newest is { } newest && !ReferenceEquals(newest, Closed);

    /// <summary>Adds a message; false when the queue is closed. Any thread.</summary>
    internal bool TryEnqueue(SystemMessage message)
    {
        while (true)
        {
            var newest = Volatile.Read(ref _newest);
            if (ReferenceEquals(newest, Closed))
            {
                return false;
            }

            message.Next = newest;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _newest, message, newest), newest))
            {
                return true;
            }
        }
    }

    /// <summary>Takes everything, oldest first, linked by <see cref="SystemMessage.Next"/>; null when there is nothing.</summary>
    internal SystemMessage TakeAll() => HasMessages ? Reverse(Interlocked.Exchange(ref _newest, null)) : null;

    /// <summary>Refuses messages from now on and returns what was there.</summary>
    internal SystemMessage Close() => Reverse(Interlocked.Exchange(ref _newest, Closed));

    private static SystemMessage Reverse(SystemMessage message)
    {
        SystemMessage oldest = null;
        while (message != null && !ReferenceEquals(message, Closed))
        {
            var next = message.Next;
            message.Next = oldest;
            oldest = message;
            message = next;
        }

        return oldest;
    }

    private sealed class ClosedMark : SystemMessage
    {
    }
}
