using System.Buffers.Binary;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// A number modulo 2²⁵⁵ − 19, as five limbs of 51 bits. After each operation a limb is at most a little over 2⁵¹. Not of constant time: for public data alone.
/// </summary>
internal readonly struct Ed25519Field
{
    private const ulong Mask = (1UL << 51) - 1;

    private readonly ulong _0;
    private readonly ulong _1;
    private readonly ulong _2;
    private readonly ulong _3;
    private readonly ulong _4;

    private Ed25519Field(ulong a, ulong b, ulong c, ulong d, ulong e) => (_0, _1, _2, _3, _4) = (a, b, c, d, e);

    public static Ed25519Field Zero { get; } = new(0, 0, 0, 0, 0);

    public static Ed25519Field One { get; } = new(1, 0, 0, 0, 0);

    /// <summary>The least significant bit: the sign of a coordinate (RFC 8032 §5.1.2).</summary>
    public bool IsOdd => (ToBytes()[0] & 1) != 0;

    public bool IsZero => !ToBytes().AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>A small number.</summary>
    public static Ed25519Field Of(uint number) => new(number, 0, 0, 0, 0);

    /// <summary>32 octets, little-endian, the highest bit left out; false where the number is not below the modulus: there is one way to write each.</summary>
    public static bool TryRead(ReadOnlySpan<byte> octets, out Ed25519Field number)
    {
        var a = BinaryPrimitives.ReadUInt64LittleEndian(octets);
        var b = BinaryPrimitives.ReadUInt64LittleEndian(octets[8..]);
        var c = BinaryPrimitives.ReadUInt64LittleEndian(octets[16..]);
        var d = BinaryPrimitives.ReadUInt64LittleEndian(octets[24..]) & (ulong.MaxValue >> 1);
        number = new(
            a & Mask,
            ((a >> 51) | (b << 13)) & Mask,
            ((b >> 38) | (c << 26)) & Mask,
            ((c >> 25) | (d << 39)) & Mask,
            d >> 12);
        return !(a >= ulong.MaxValue - 18 && b == ulong.MaxValue && c == ulong.MaxValue && d == ulong.MaxValue >> 1);
    }

    /// <summary>32 octets, little-endian.</summary>
    public byte[] ToBytes()
    {
        var (a, b, c, d, e) = (_0, _1, _2, _3, _4);
        for (var turn = 0; turn < 2; turn++)
        {
            b += a >> 51;
            a &= Mask;
            c += b >> 51;
            b &= Mask;
            d += c >> 51;
            c &= Mask;
            e += d >> 51;
            d &= Mask;
            a += 19 * (e >> 51);
            e &= Mask;
        }

        var above = (a + 19) >> 51;                                 // 1 where the number is not below the modulus
        above = (b + above) >> 51;
        above = (c + above) >> 51;
        above = (d + above) >> 51;
        above = (e + above) >> 51;
        a += 19 * above;
        b += a >> 51;
        a &= Mask;
        c += b >> 51;
        b &= Mask;
        d += c >> 51;
        c &= Mask;
        e += d >> 51;
        d &= Mask;
        e &= Mask;
        var octets = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(octets, a | (b << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(octets.AsSpan(8), (b >> 13) | (c << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(octets.AsSpan(16), (c >> 26) | (d << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(octets.AsSpan(24), (d >> 39) | (e << 12));
        return octets;
    }

    public static Ed25519Field operator +(in Ed25519Field x, in Ed25519Field y) => Carried(x._0 + y._0, x._1 + y._1, x._2 + y._2, x._3 + y._3, x._4 + y._4);

    // Four times the modulus is added first, so that no limb goes below zero.
    public static Ed25519Field operator -(in Ed25519Field x, in Ed25519Field y) => Carried(
        x._0 + ((Mask - 18) << 2) - y._0,
        x._1 + (Mask << 2) - y._1,
        x._2 + (Mask << 2) - y._2,
        x._3 + (Mask << 2) - y._3,
        x._4 + (Mask << 2) - y._4);

    public static Ed25519Field operator *(in Ed25519Field x, in Ed25519Field y)
    {
        var (y1, y2, y3, y4) = (19 * y._1, 19 * y._2, 19 * y._3, 19 * y._4);        // 2²⁵⁵ is 19
        var a = Product(x._0, y._0) + Product(x._1, y4) + Product(x._2, y3) + Product(x._3, y2) + Product(x._4, y1);
        var b = Product(x._0, y._1) + Product(x._1, y._0) + Product(x._2, y4) + Product(x._3, y3) + Product(x._4, y2);
        var c = Product(x._0, y._2) + Product(x._1, y._1) + Product(x._2, y._0) + Product(x._3, y4) + Product(x._4, y3);
        var d = Product(x._0, y._3) + Product(x._1, y._2) + Product(x._2, y._1) + Product(x._3, y._0) + Product(x._4, y4);
        var e = Product(x._0, y._4) + Product(x._1, y._3) + Product(x._2, y._2) + Product(x._3, y._1) + Product(x._4, y._0);
        b += a >> 51;
        c += b >> 51;
        d += c >> 51;
        e += d >> 51;
        var first = ((ulong)a & Mask) + Product((ulong)(e >> 51), 19);
        return new((ulong)first & Mask, ((ulong)b & Mask) + (ulong)(first >> 51), (ulong)c & Mask, (ulong)d & Mask, (ulong)e & Mask);
    }

    /// <summary>To the power of an exponent given as octets, the highest first.</summary>
    public Ed25519Field Power(ReadOnlySpan<byte> exponent)
    {
        var result = One;
        foreach (var octet in exponent)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                result *= result;
                if ((octet >> bit & 1) != 0)
                {
                    result *= this;
                }
            }
        }

        return result;
    }

    private static UInt128 Product(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return new UInt128(high, low);
    }

    private static Ed25519Field Carried(ulong a, ulong b, ulong c, ulong d, ulong e)
    {
        b += a >> 51;
        c += b >> 51;
        d += c >> 51;
        e += d >> 51;
        var first = (a & Mask) + (19 * (e >> 51));
        return new(first & Mask, (b & Mask) + (first >> 51), c & Mask, d & Mask, e & Mask);
    }
}
