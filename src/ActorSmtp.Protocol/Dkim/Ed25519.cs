using System.Numerics;
using System.Security.Cryptography;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// Verifies signatures of Ed25519 (RFC 8032 §5.1.7). .NET has none. It sees public data alone (keys from the DNS, signatures from mail), so nothing leaks by how long it
/// takes; for the same reason it must never be taught to sign.
/// </summary>
public static class Ed25519
{
    private static readonly BigInteger _prime = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger _order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly byte[] _inversion = (_prime - 2).ToByteArray(isUnsigned: true, isBigEndian: true);
    private static readonly byte[] _rooting = ((_prime - 5) / 8).ToByteArray(isUnsigned: true, isBigEndian: true);
    private static readonly Ed25519Field _d = (Ed25519Field.Zero - Ed25519Field.Of(121_665)) * Ed25519Field.Of(121_666).Power(_inversion);
    private static readonly Ed25519Field _twoD = _d + _d;
    private static readonly Ed25519Field _rootOfMinusOne = Ed25519Field.Of(2).Power(((_prime - 1) / 4).ToByteArray(isUnsigned: true, isBigEndian: true));
    private static readonly Point _base = BasePoint();

    /// <summary>A public key, in octets.</summary>
    public const int KeyOctets = 32;

    /// <summary>A signature, in octets.</summary>
    public const int SignatureOctets = 64;

    /// <summary>Whether the signature is the key's over the message. Octets of any length and content are answered, never thrown at.</summary>
    public static bool Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (key.Length != KeyOctets || signature.Length != SignatureOctets || !Point.TryRead(key, out var owner))
        {
            return false;
        }

        var s = new BigInteger(signature[32..], isUnsigned: true);
        if (s >= _order)                                            // §5.1.7: else a signature could be changed into another
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(signature[..32]);
        hash.AppendData(key);
        hash.AppendData(message);
        var k = new BigInteger(hash.GetHashAndReset(), isUnsigned: true) % _order;

        // R is s·B − k·A; both products in one go, a doubling for each bit.
        var negative = owner.Negated();
        var both = _base.Plus(negative);
        Span<byte> left = stackalloc byte[32], right = stackalloc byte[32];
        left.Clear();
        right.Clear();
        s.TryWriteBytes(left, out _, isUnsigned: true);
        k.TryWriteBytes(right, out _, isUnsigned: true);
        var sum = Point.Neutral;
        for (var bit = 252; bit >= 0; bit--)
        {
            sum = sum.Doubled();
            var (one, two) = ((left[bit / 8] >> (bit % 8) & 1) != 0, (right[bit / 8] >> (bit % 8) & 1) != 0);
            sum = one && two ? sum.Plus(both) : one ? sum.Plus(_base) : two ? sum.Plus(negative) : sum;
        }

        return sum.ToBytes().AsSpan().SequenceEqual(signature[..32]);
    }

    /// <summary>§5.1: y is 4/5, x is even.</summary>
    private static Point BasePoint()
    {
        var y = Ed25519Field.Of(4) * Ed25519Field.Of(5).Power(_inversion);
        return Point.TryRead(y.ToBytes(), out var point) ? point : throw new InvalidOperationException("The base point is not on the curve.");
    }

    /// <summary>A point in extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z (RFC 8032 §5.1.4).</summary>
    private readonly record struct Point(Ed25519Field X, Ed25519Field Y, Ed25519Field Z, Ed25519Field T)
    {
        public static Point Neutral { get; } = new(Ed25519Field.Zero, Ed25519Field.One, Ed25519Field.One, Ed25519Field.Zero);

        /// <summary>§5.1.3; false where the octets are no point.</summary>
        public static bool TryRead(ReadOnlySpan<byte> octets, out Point point)
        {
            point = Neutral;
            if (!Ed25519Field.TryRead(octets, out var y))
            {
                return false;
            }

            // x² = (y² − 1) / (d·y² + 1)
            var square = y * y;
            var (u, v) = (square - Ed25519Field.One, (_d * square) + Ed25519Field.One);
            var v3 = v * v * v;
            var x = u * v3 * (u * v3 * v3 * v).Power(_rooting);
            var check = v * x * x;
            if (!(check - u).IsZero)
            {
                if (!(check + u).IsZero)
                {
                    return false;
                }

                x *= _rootOfMinusOne;
            }

            var isOdd = octets[31] >> 7 != 0;
            if (x.IsZero && isOdd)
            {
                return false;
            }

            x = x.IsOdd == isOdd ? x : Ed25519Field.Zero - x;
            point = new(x, y, Ed25519Field.One, x * y);
            return true;
        }

        public Point Negated() => this with { X = Ed25519Field.Zero - X, T = Ed25519Field.Zero - T };

        public Point Plus(in Point other)
        {
            var a = (Y - X) * (other.Y - other.X);
            var b = (Y + X) * (other.Y + other.X);
            var c = T * _twoD * other.T;
            var d = (Z + Z) * other.Z;
            var (e, f, g, h) = (b - a, d - c, d + c, b + a);
            return new(e * f, g * h, f * g, e * h);
        }

        public Point Doubled()
        {
            var (a, b, zz) = (X * X, Y * Y, Z * Z);
            var h = a + b;
            var sum = X + Y;
            var e = h - (sum * sum);
            var g = a - b;
            var f = zz + zz + g;
            return new(e * f, g * h, f * g, e * h);
        }

        public byte[] ToBytes()
        {
            var inverse = Z.Power(_inversion);
            var octets = (Y * inverse).ToBytes();
            octets[31] |= (byte)((X * inverse).IsOdd ? 0x80 : 0);
            return octets;
        }
    }
}
