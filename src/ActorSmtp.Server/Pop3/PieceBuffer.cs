using System.Buffers;

namespace ActorSmtp.Server.Pop3;

/// <summary>A piece of an answer while it is being made, in borrowed memory, so that it leaves in one send.</summary>
internal sealed class PieceBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _octets = ArrayPool<byte>.Shared.Rent(4096);

    /// <summary>Octets written.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _octets.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _octets.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _octets.AsSpan(Length);
    }

    /// <summary>Gives the memory back; nothing may be written after that.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_octets);
        _octets = [];
        Length = 0;
    }

    private void MakeRoom(int sizeHint)
    {
        if (_octets.Length - Length >= Math.Max(sizeHint, 256))
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_octets.Length * 2, Length + sizeHint + 256));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_octets);
        _octets = larger;
    }
}
