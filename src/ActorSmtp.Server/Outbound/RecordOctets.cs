using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ActorSmtp.Server.Outbound;

/// <summary>Writes numbers and texts as a message's record has them: numbers as LEB128, texts as their length + 1 (0: none) and UTF-8.</summary>
internal sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _octets = new(256);

    public int Length => _octets.WrittenCount;

    public byte[] ToArray() => _octets.WrittenSpan.ToArray();

    public ReadOnlySpan<byte> Octets => _octets.WrittenSpan;

    public void Add(ReadOnlySpan<byte> octets) => _octets.Write(octets);

    public void Octet(int value)
    {
        _octets.GetSpan(1)[0] = (byte)value;
        _octets.Advance(1);
    }

    public void Number(long value)
    {
        for (var rest = (ulong)value; ; rest >>= 7)
        {
            Octet((int)(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
            if (rest <= 0x7F)
            {
                return;
            }
        }
    }

    public void Time(DateTimeOffset? time)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_octets.GetSpan(8), time?.UtcTicks ?? 0);
        _octets.Advance(8);
    }

    /// <summary>At most <paramref name="most"/> characters of it.</summary>
    public void Text(string? text, int most)
    {
        if (text is null)
        {
            Number(0);
            return;
        }

        var chars = text.AsSpan(0, Math.Min(text.Length, most));
        var length = Encoding.UTF8.GetByteCount(chars);
        Number(length + 1);
        _octets.Advance(Encoding.UTF8.GetBytes(chars, _octets.GetSpan(Math.Max(1, length))));
    }
}

/// <summary>Reads what <see cref="RecordWriter"/> wrote. What does not fit makes it <see cref="IsBad"/>, and everything after it zero.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> octets)
{
    private ReadOnlySpan<byte> _rest = octets;

    public bool IsBad { get; private set; }

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public int Octet()
    {
        if (_rest.IsEmpty)
        {
            IsBad = true;
            return 0;
        }

        var octet = _rest[0];
        _rest = _rest[1..];
        return octet;
    }

    public long Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var octet = Octet();
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return (long)value;
            }
        }

        IsBad = true;
        return 0;
    }

    /// <summary>How many of something follow, each of at least one octet.</summary>
    public int Count()
    {
        var count = Number();
        if (count >= 0 && count <= _rest.Length)
        {
            return (int)count;
        }

        IsBad = true;
        return 0;
    }

    public DateTimeOffset? Time()
    {
        if (_rest.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(_rest) is var ticks && ticks is < 0 or > 3155378975999999999)
        {
            IsBad = true;
            _rest = default;
            return null;
        }

        _rest = _rest[8..];
        return ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    /// <summary>The octets of a text; the answer says whether there is one.</summary>
    public bool TextOctets(out ReadOnlySpan<byte> text)
    {
        text = default;
        var length = Number();
        if (length == 0)
        {
            return false;
        }

        if (length < 0 || length - 1 > _rest.Length)
        {
            IsBad = true;
            _rest = default;
            return false;
        }

        text = _rest[..(int)(length - 1)];
        _rest = _rest[(int)(length - 1)..];
        return true;
    }

    public string? Text() => TextOctets(out var text) ? Encoding.UTF8.GetString(text) : null;

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > _rest.Length)
        {
            IsBad = true;
            _rest = default;
            return new byte[length];
        }

        var raw = _rest[..length];
        _rest = _rest[length..];
        return raw;
    }
}
