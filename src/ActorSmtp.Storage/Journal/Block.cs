using System.Runtime.CompilerServices;

namespace ActorSmtp.Storage.Journal;

/// <summary>A piece of pinned memory in a chain: content is copied into it once, and written to disk from it.</summary>
internal sealed unsafe class Block(byte[] array, int start, int size)
{
    public readonly byte[] Array = array;
    public readonly int Offset = start;
    public readonly int Size = size;
    public readonly byte* Start = (byte*)Unsafe.AsPointer(ref array[start]);
    public int Used;
    public Block? Next;

    public Span<byte> Bytes => new(Start, Used);

    public Span<byte> Room => new(Start + Used, Size - Used);
}

/// <summary>
/// Blocks of two sizes: small ones for the common message, cut from slabs and kept; large ones for the rest, of which a
/// bounded number is kept. All memory of messages on their way is lent here, so <see cref="Lent"/> is the bill.
/// </summary>
internal sealed class BlockPool(int keepLarge)
{
    public const int Small = 4096, Large = 65536;

    private const int Slab = 64;

    private readonly Lock _smallGate = new();
    private readonly Lock _largeGate = new();
    private Block? _small;
    private Block? _large;
    private int _largeKept;
    private long _lent;

    public long Lent => Volatile.Read(ref _lent);

    public Block RentSmall()
    {
        Interlocked.Add(ref _lent, Small);
        lock (_smallGate)
        {
            if (_small is null)
            {
                var slab = GC.AllocateUninitializedArray<byte>(Slab * Small, pinned: true);
                for (var i = 0; i < Slab; i++)
                {
                    _small = new Block(slab, i * Small, Small) { Next = _small };
                }
            }

            return Out(ref _small);
        }
    }

    public Block RentLarge()
    {
        Interlocked.Add(ref _lent, Large);
        lock (_largeGate)
        {
            if (_large is not null)
            {
                _largeKept--;
                return Out(ref _large);
            }
        }

        return new Block(GC.AllocateUninitializedArray<byte>(Large, pinned: true), 0, Large);
    }

    /// <summary>Takes back a whole chain.</summary>
    public void Return(Block? chain)
    {
        while (chain is { } block)
        {
            chain = block.Next;
            Interlocked.Add(ref _lent, -block.Size);
            if (block.Size == Small)
            {
                lock (_smallGate)
                {
                    block.Next = _small;
                    _small = block;
                }
            }
            else
            {
                lock (_largeGate)
                {
                    if (_largeKept < keepLarge)
                    {
                        _largeKept++;
                        block.Next = _large;
                        _large = block;
                    }
                }
            }
        }
    }

    private static Block Out(ref Block? top)
    {
        var block = top!;
        top = block.Next;
        block.Next = null;
        block.Used = 0;
        return block;
    }
}
