using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// Where each message lies, by its slot and by its id: 44 octets for a message and some for finding it, in pieces that are never copied, so
/// that a million cost 50 MB and growing costs nobody a pause. Not for several threads at once.
/// </summary>
internal sealed class QueueTable
{
    private const int PieceBits = 12, PieceSize = 1 << PieceBits;

    private readonly List<Entry[]> _pieces = [];
    private int[] _heads = new int[1024];           // slot + 1
    private int _free = -1;
    private int _made;

    public int Count { get; private set; }

    /// <summary>Slots given out so far are below this.</summary>
    public int Bound => _made;

    public ref Entry this[int slot] => ref _pieces[slot >> PieceBits][slot & (PieceSize - 1)];

    /// <summary>The slot of an id, or -1.</summary>
    public int Find(MailId id)
    {
        var key = Key(id);
        for (var at = _heads[Bucket(key)] - 1; at >= 0; at = this[at].Next)
        {
            if (Same(ref this[at], key))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Gives out a slot for a new id.</summary>
    public int Add(MailId id)
    {
        var slot = _free;
        if (slot >= 0)
        {
            _free = this[slot].Next;
        }
        else
        {
            slot = _made++;
            if (slot >> PieceBits == _pieces.Count)
            {
                _pieces.Add(new Entry[PieceSize]);
            }
        }

        if (++Count > _heads.Length)
        {
            Grow();
        }

        ref var entry = ref this[slot];
        entry = default;
        entry.Id = Key(id);
        entry.IsUsed = true;
        ref var head = ref _heads[Bucket(entry.Id)];
        entry.Next = head - 1;
        head = slot + 1;
        return slot;
    }

    public void Remove(int slot)
    {
        ref var entry = ref this[slot];
        ref var at = ref _heads[Bucket(entry.Id)];
        if (at == slot + 1)
        {
            at = entry.Next + 1;
        }
        else
        {
            var before = at - 1;
            while (this[before].Next != slot)
            {
                before = this[before].Next;
            }

            this[before].Next = entry.Next;
        }

        entry = default;
        entry.Next = _free;
        _free = slot;
        Count--;
    }

    public bool IsUsed(int slot) => (uint)slot < (uint)_made && this[slot].IsUsed;

    private static IdOctets Key(MailId id)
    {
        IdOctets key = default;
        id.Write(key);
        return key;
    }

    private static bool Same(ref Entry entry, IdOctets key) => ((ReadOnlySpan<byte>)entry.Id).SequenceEqual(key);

    private int Bucket(IdOctets key) =>
        (int)((((BinaryPrimitives.ReadUInt64LittleEndian(key) ^ (ulong)key[8] << 40 ^ (ulong)key[9] << 48) * 0x9E3779B97F4A7C15) >> 32) & (uint)(_heads.Length - 1));

    private void Grow()
    {
        _heads = new int[_heads.Length * 2];
        for (var slot = 0; slot < _made; slot++)
        {
            ref var entry = ref this[slot];
            if (entry.IsUsed)
            {
                ref var head = ref _heads[Bucket(entry.Id)];
                entry.Next = head - 1;
                head = slot + 1;
            }
        }
    }

    /// <summary>The octets of an id.</summary>
    [InlineArray(MailId.Size)]
    internal struct IdOctets
    {
        private byte _first;
    }

    /// <summary>One message.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    internal struct Entry
    {
        public IdOctets Id;
        public bool IsUsed;

        /// <summary>Its content is in several records, whose places are kept beside.</summary>
        public bool IsLarge;

        /// <summary>The first record of content.</summary>
        public QueuePlace Content;

        public QueuePlace State;

        /// <summary>In the same bucket; or the next free slot.</summary>
        public int Next;

        public readonly MailId MailId => MailId.Read(Id);
    }
}
