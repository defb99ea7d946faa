using System.Buffers.Binary;
using System.Numerics;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// CRC-32C (Castagnoli), by the processor's instruction where it has one. Its result is ready three steps later, so large content is summed in three
/// lanes at once, and the lanes' sums are put together: a sum is moved over the octets behind it by multiplying it with a power of x.
/// </summary>
internal static class Crc32C
{
    private const int Lane = 4096;
    private const uint Polynomial = 0x82F63B78;             // reflected

    private static readonly uint[][] s_overLane = TablesFor(Lane);
    private static readonly uint[][] s_overTwo = TablesFor(2 * Lane);

    public static uint Of(ReadOnlySpan<byte> bytes) => ~Add(~0u, bytes);

    /// <summary>Goes on from <paramref name="state"/>; begins with all ones and ends inverted.</summary>
    public static uint Add(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 3 * Lane; bytes = bytes[(3 * Lane)..])
        {
            state = AddLanes(state, bytes);
        }

        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var octet in bytes)
        {
            state = BitOperations.Crc32C(state, octet);
        }

        return state;
    }

    private static uint AddLanes(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> first = bytes[..Lane], second = bytes.Slice(Lane, Lane), third = bytes.Slice(2 * Lane, Lane);
        uint a = state, b = 0, c = 0;
        for (var i = 0; i < Lane; i += 8)
        {
            a = BitOperations.Crc32C(a, BinaryPrimitives.ReadUInt64LittleEndian(first[i..]));
            b = BitOperations.Crc32C(b, BinaryPrimitives.ReadUInt64LittleEndian(second[i..]));
            c = BitOperations.Crc32C(c, BinaryPrimitives.ReadUInt64LittleEndian(third[i..]));
        }

        return Over(s_overTwo, a) ^ Over(s_overLane, b) ^ c;
    }

    private static uint Over(uint[][] tables, uint sum) =>
        tables[0][sum & 0xFF] ^ tables[1][(sum >> 8) & 0xFF] ^ tables[2][(sum >> 16) & 0xFF] ^ tables[3][sum >> 24];

    /// <summary>What each octet of a sum becomes behind so many octets of zeros.</summary>
    private static uint[][] TablesFor(int octets)
    {
        var tables = new uint[4][];
        for (var place = 0; place < 4; place++)
        {
            tables[place] = new uint[256];
            for (var bit = 0; bit < 8; bit++)
            {
                tables[place][1 << bit] = OverZeros(1u << ((8 * place) + bit), octets);
            }

            for (var value = 1; value < 256; value++)
            {
                tables[place][value] = tables[place][value & (value - 1)] ^ tables[place][value & -value];
            }
        }

        return tables;
    }

    private static uint OverZeros(uint sum, int octets)
    {
        for (var bit = 0; bit < 8 * octets; bit++)
        {
            sum = (sum >> 1) ^ ((sum & 1) * Polynomial);
        }

        return sum;
    }
}
