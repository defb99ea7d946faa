using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>
/// The user messages of one mailbox: many tellers, one reader, no locks, nothing allocated per message. Stands for Akka's
/// <c>UnboundedMessageQueue</c>.
/// <para>
/// A chain of rings, nearly always of one. A teller claims the next place with a compare-and-swap on <see cref="Ring.Tail"/> and then
/// publishes the message; the reader takes what is published. A ring that is full is frozen for ever and a bigger one linked behind it, so the order
/// of each teller's messages holds; a big ring that has long had little to do is frozen for a small one in the same way. Nothing exists before
/// the first message. Closing freezes the last ring for good: a message that comes later is refused, none is lost in between.
/// </para>
/// </summary>
internal struct UserQueue
{
    private const int FirstSize = 4;
    private const int GrowthFactor = 8;
    private const int LargestSize = 2048;
    private const int ShrinkAbove = 256;
    private const int Frozen = int.MinValue;
    private const int PositionMask = int.MaxValue;

    private static readonly Ring ClosedRing = new(1) { Tail = Frozen };

    private Ring _tail;
    private Ring _head;
    private int _calm;

    /// <summary>The reader's place in its ring. It reads from a local copy during a run, away from the tellers' cache lines.</summary>
    internal int Position;

    /// <summary>Adds a message. False when the queue is closed. Any thread; full memory barrier on success.</summary>
    internal bool TryEnqueue(object message, IActorRef sender)
    {
        var ring = Volatile.Read(ref _tail) ?? FirstRing();
        while (true)
        {
            var tail = Volatile.Read(ref ring.Tail);
            if (tail < 0)
            {
                if (ReferenceEquals(ring, ClosedRing))
                {
                    return false;
                }

                ring = Advance(ring);
                continue;
            }

            if (((tail - ring.HeadSeen) & PositionMask) > ring.Mask)
            {
                ring.HeadSeen = Volatile.Read(ref ring.Head);
                if (tail == Volatile.Read(ref ring.Tail) && ((tail - ring.HeadSeen) & PositionMask) > ring.Mask)
                {
                    Follow(ring, Math.Min((ring.Mask + 1) * GrowthFactor, LargestSize));
                }

                continue;
            }

            if (Interlocked.CompareExchange(ref ring.Tail, (tail + 1) & PositionMask, tail) == tail)
            {
                ref var slot = ref ring.Slots[tail & ring.Mask];
                slot.Sender = sender;
                Volatile.Write(ref slot.Message, message);
                return true;
            }
        }
    }

    /// <summary>Takes the oldest message. The reader only; <paramref name="position"/> is its copy of <see cref="Position"/>.</summary>
    internal bool TryDequeue(ref int position, out object message, out IActorRef sender)
    {
        var ring = _head;
        while (ring != null)
        {
            ref var slot = ref ring.Slots[position & ring.Mask];
            message = Volatile.Read(ref slot.Message);
            if (message == null)
            {
                var tail = Volatile.Read(ref ring.Tail);
                if ((tail & PositionMask) != position)
                {
                    message = AwaitPublication(ref slot);
                }
                else if (tail < 0 && ring.Next != null && !ReferenceEquals(ring.Next, ClosedRing))
                {
                    _head = ring = ring.Next;
                    position = 0;
                    continue;
                }
                else
                {
                    Volatile.Write(ref ring.Head, position);
                    break;
                }
            }

            sender = slot.Sender;
            slot.Sender = null;
            slot.Message = null;
            position = (position + 1) & PositionMask;
            if ((position & (ring.Mask >> 2)) == 0)
            {
                Volatile.Write(ref ring.Head, position);
            }

            return true;
        }

        message = null;
        sender = null;
        return false;
    }

    /// <summary>Whether a message is there or has been claimed a place. The reader, or anyone who can bear a stale answer.</summary>
    internal readonly bool HasMessages
    {
        get
        {
            var ring = _head;
            if (ring == null)
            {
                return false;
            }

            var tail = Volatile.Read(ref ring.Tail);
            return (tail & PositionMask) != Position || (tail < 0 && ring.Next is { } next && !ReferenceEquals(next, ClosedRing)
                && HasMessagesBehind(next));
        }
    }

    /// <summary>
    /// How many messages wait: exact for the reader between its runs, a guess for others. The reader's place and what it last published both lag
    /// behind what it has taken, so the nearer of the two is taken.
    /// </summary>
    internal readonly int Count
    {
        get
        {
            var count = 0;
            var position = Position;
            for (var ring = _head; ring != null && !ReferenceEquals(ring, ClosedRing); ring = ring.Next)
            {
                var tail = Volatile.Read(ref ring.Tail) & PositionMask;
                count += Math.Min((tail - position) & PositionMask, (tail - Volatile.Read(ref ring.Head)) & PositionMask);
                position = 0;
            }

            return count;
        }
    }

    /// <summary>Refuses messages from now on; what is there can still be taken. The reader only.</summary>
    internal void Close()
    {
        if (Interlocked.CompareExchange(ref _tail, ClosedRing, null) == null)
        {
            return;
        }

        var ring = _head;
        while (!ReferenceEquals(ring, ClosedRing))
        {
            var next = Interlocked.CompareExchange(ref ring.Next, ClosedRing, null) ?? ClosedRing;
            Interlocked.Or(ref ring.Tail, Frozen);
            ring = next;
        }

        Volatile.Write(ref _tail, ClosedRing);
    }

    /// <summary>Gives a big ring back after a run of quiet turns. The reader only, when the queue is empty.</summary>
    internal void ShrinkAfter(int messagesInTurn)
    {
        var ring = _head;
        if (ring == null || ring.Mask < ShrinkAbove)
        {
            return;
        }

        _calm = messagesInTurn > 8 ? 0 : _calm + 1;
        if (_calm >= 16)
        {
            _calm = 0;
            Follow(ring, FirstSize);
        }
    }

    private static bool HasMessagesBehind(Ring ring)
    {
        for (; ring != null && !ReferenceEquals(ring, ClosedRing); ring = ring.Next)
        {
            if ((Volatile.Read(ref ring.Tail) & PositionMask) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private Ring FirstRing()
    {
        var made = new Ring(FirstSize);
        var ring = Interlocked.CompareExchange(ref _head, made, null) ?? made;
        return Interlocked.CompareExchange(ref _tail, ring, null) ?? ring;
    }

    /// <summary>Links a ring of <paramref name="size"/> behind <paramref name="ring"/>, unless another has; then freezes the old one.</summary>
    private static void Follow(Ring ring, int size)
    {
        if (Volatile.Read(ref ring.Next) == null)
        {
            Interlocked.CompareExchange(ref ring.Next, new Ring(size), null);
        }

        Interlocked.Or(ref ring.Tail, Frozen);
    }

    private Ring Advance(Ring ring)
    {
        var next = Volatile.Read(ref ring.Next);
        Interlocked.CompareExchange(ref _tail, next, ring);
        return next;
    }

    private static object AwaitPublication(ref Slot slot)
    {
        var spin = new SpinWait();
        object message;
        while ((message = Volatile.Read(ref slot.Message)) == null)
        {
            spin.SpinOnce();
        }

        return message;
    }

    private struct Slot
    {
        internal object Message;
        internal IActorRef Sender;
    }

    private sealed class Ring(int size)
    {
        internal readonly Slot[] Slots = new Slot[size];
        internal readonly int Mask = size - 1;

        /// <summary>Places claimed so far; negative once frozen.</summary>
        internal int Tail;

        /// <summary>What the tellers last saw of <see cref="Head"/>; may lag.</summary>
        internal int HeadSeen;

        /// <summary>Places read so far, published by the reader four times a round.</summary>
        internal int Head;

        internal Ring Next;
    }
}
