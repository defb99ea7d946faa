using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// The id of an accepted message: in the 250, in the Received line, in every log line, in file names and tables. 80 bits, written as 16
/// characters of Crockford's base32 (digits and upper-case letters without I, L, O, U), which sort as the ids do: by time of birth.
/// Layout, from the top: 42 bits of milliseconds since 2024-01-01 UTC (until 2163), 13 bits that count within the millisecond, 25 bits drawn at
/// the start of the process that gave it out.
/// </summary>
public readonly struct MailId : IEquatable<MailId>, IComparable<MailId>, ISpanFormattable, IUtf8SpanFormattable, ISpanParsable<MailId>
{
    /// <summary>Characters of the written form.</summary>
    public const int Length = 16;

    /// <summary>Octets of the binary form.</summary>
    public const int Size = 10;

    internal const long EpochMilliseconds = 1_704_067_200_000;   // 2024-01-01T00:00:00Z
    internal const int CountBits = 13;
    internal const int StartBits = 25;

    /// <summary>What numbers are multiplied by to be far from each other, and what undoes that: their product is 1, of 32 bits.</summary>
    private const uint Step = 0x9E3779B1, Unstep = 0x0E8B2F51;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly ulong _high;     // the upper 64 bits
    private readonly ushort _low;     // the lower 16

    internal MailId(ulong ticks, uint start)
    {
        // ticks: 55 bits of time and count; start: 25 bits
        _high = (ticks << 9) | (start >> 16);
        _low = (ushort)start;
    }

    private MailId(ulong high, ushort low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>The upper 55 bits, time and count: the same for an id and all that are derived of it.</summary>
    public ulong Ticks => _high >> 9;

    private uint Start => ((uint)(_high & 0x1FF) << 16) | _low;

    /// <summary>Whether it is the default value, which no generator gives out.</summary>
    public bool IsEmpty => _high == 0 && _low == 0;

    /// <summary>When it was given out, to the millisecond (a crowd within one millisecond may run a little ahead).</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(EpochMilliseconds + (long)(_high >> (64 - 42)));

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="ArgumentException">Fewer than <see cref="Size"/> octets.</exception>
    public static MailId Read(ReadOnlySpan<byte> octets) => octets.Length < Size
        ? throw new ArgumentException($"A mail id takes {Size} octets.", nameof(octets))
        : new(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt16BigEndian(octets[8..]));

    /// <summary>Reads the written form, in either case; no other spelling, so that an id has one text and a text one id.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MailId id)
    {
        id = default;
        if (text.Length != Length)
        {
            return false;
        }

        UInt128 value = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (digit < 0 || !char.IsAscii(c))
            {
                return false;
            }

            value = (value << 5) | (uint)digit;
        }

        id = new MailId((ulong)(value >> 16), (ushort)value);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out MailId)"/>
    public static bool TryParse([NotNullWhen(true)] string? text, out MailId id) => TryParse(text.AsSpan(), out id);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out MailId)"/>
    /// <exception cref="FormatException">It is no mail id.</exception>
    public static MailId Parse(string text) => TryParse(text.AsSpan(), out var id) ? id : throw new FormatException("Not a mail id: 16 characters of base32 are expected.");

    static MailId ISpanParsable<MailId>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s.ToString());

    static bool ISpanParsable<MailId>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MailId result) => TryParse(s, out result);

    static MailId IParsable<MailId>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<MailId>.TryParse(string? s, IFormatProvider? provider, out MailId result) => TryParse(s, out result);

    public static bool operator ==(MailId left, MailId right) => left.Equals(right);

    public static bool operator !=(MailId left, MailId right) => !left.Equals(right);

    public static bool operator <(MailId left, MailId right) => left.CompareTo(right) < 0;

    public static bool operator >(MailId left, MailId right) => left.CompareTo(right) > 0;

    public static bool operator <=(MailId left, MailId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(MailId left, MailId right) => left.CompareTo(right) >= 0;

    /// <summary>
    /// The id of something that belongs to this message and is to have the same id whenever it is made, such as the report that a recipient has it: of the same time, told apart
    /// by what was drawn at the start. No two numbers give the same.
    /// </summary>
    /// <param name="number">From 0, below 2^25 - 1.</param>
    public MailId Derive(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, (1 << StartBits) - 1);
        return new MailId(Ticks, (Start + ((uint)(number + 1) * Step)) & ((1u << StartBits) - 1));
    }

    /// <summary>The number by which <see cref="Derive"/> gives that id; null: it is not derived of this one.</summary>
    public int? NumberOf(MailId derived) =>
        derived.Ticks == Ticks && (int)(((derived.Start - Start) * Unstep) & ((1u << StartBits) - 1)) is > 0 and var number ? number - 1 : null;

    /// <summary>Writes the binary form, which sorts like the id.</summary>
    /// <exception cref="ArgumentException">Less room than <see cref="Size"/>.</exception>
    public void Write(Span<byte> octets)
    {
        if (octets.Length < Size)
        {
            throw new ArgumentException($"A mail id takes {Size} octets.", nameof(octets));
        }

        BinaryPrimitives.WriteUInt64BigEndian(octets, _high);
        BinaryPrimitives.WriteUInt16BigEndian(octets[8..], _low);
    }

    public bool Equals(MailId other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is MailId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low);

    public int CompareTo(MailId other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>The written form.</summary>
    public override string ToString() => string.Create(Length, this, static (chars, id) => _ = id.TryFormat(chars, out _));

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        charsWritten = 0;
        if (destination.Length < Length)
        {
            return false;
        }

        var value = ((UInt128)_high << 16) | _low;
        for (var i = Length - 1; i >= 0; i--, value >>= 5)
        {
            destination[i] = Alphabet[(int)(value & 31)];
        }

        charsWritten = Length;
        return true;
    }

    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        Span<char> chars = stackalloc char[Length];
        bytesWritten = 0;
        if (utf8Destination.Length < Length || !TryFormat(chars, out _))
        {
            return false;
        }

        for (var i = 0; i < Length; i++)
        {
            utf8Destination[i] = (byte)chars[i];
        }

        bytesWritten = Length;
        return true;
    }
}
