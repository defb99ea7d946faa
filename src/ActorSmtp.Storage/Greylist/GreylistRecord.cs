using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Greylist;

/// <summary>What a record says.</summary>
internal enum GreylistRecordKind : byte
{
    /// <summary>A triplet stands so now.</summary>
    Triplet = 1,

    /// <summary>A network stands so now.</summary>
    Network = 2,

    /// <summary>A triplet is forgotten.</summary>
    NoTriplet = 3,

    /// <summary>A network is forgotten.</summary>
    NoNetwork = 4,
}

/// <summary>
/// The form of an entry in the greylist's files: CRC-32C of all that follows (4 octets), length of what follows the kind (2), kind (1); a network is its family
/// (4 or 6), prefix and octets, a time Unix milliseconds (8), all numbers little-endian. What is written later counts.
/// </summary>
internal static class GreylistRecord
{
    /// <summary>Octets before what a record says.</summary>
    public const int Head = 7;

    /// <summary>The longest record.</summary>
    public const int Longest = 1024;

    private const int Times = 8 + 8 + 4;

    public static void Write(ArrayBufferWriter<byte> to, GreylistTable.Row row)
    {
        var trace = row.Trace;
        var body = Begin(to, GreylistRecordKind.Triplet, 16 + NetworkLength(row.Network.Address) + Times + row.Who.Length, out var whole);
        BinaryPrimitives.WriteUInt128LittleEndian(body, row.Key);
        body = WriteNetwork(body[16..], row.Network.Address);
        body = WriteTimes(body, trace.First, trace.Last, trace.Passes);
        row.Who.CopyTo(body);
        End(to, whole);
    }

    public static void Write(ArrayBufferWriter<byte> to, IPNetwork network, GreylistStanding standing)
    {
        var body = Begin(to, GreylistRecordKind.Network, NetworkLength(network) + Times, out var whole);
        body = WriteNetwork(body, network);
        WriteTimes(body, standing.First, standing.Last, standing.Passes);
        End(to, whole);
    }

    public static void WriteForgotten(ArrayBufferWriter<byte> to, UInt128 key)
    {
        var body = Begin(to, GreylistRecordKind.NoTriplet, 16, out var whole);
        BinaryPrimitives.WriteUInt128LittleEndian(body, key);
        End(to, whole);
    }

    public static void WriteForgotten(ArrayBufferWriter<byte> to, IPNetwork network)
    {
        var body = Begin(to, GreylistRecordKind.NoNetwork, NetworkLength(network), out var whole);
        WriteNetwork(body, network);
        End(to, whole);
    }

    /// <summary>Takes one record from the beginning of what there is into the table.</summary>
    /// <returns>Its length; 0: this is none, or not all of one.</returns>
    public static int Take(ReadOnlySpan<byte> from, GreylistTable table, DateTimeOffset now)
    {
        if (from.Length < Head)
        {
            return 0;
        }

        var length = Head + BinaryPrimitives.ReadUInt16LittleEndian(from[4..]);
        if (length > Longest || from.Length < length || BinaryPrimitives.ReadUInt32LittleEndian(from) != Crc32C.Of(from[4..length]))
        {
            return 0;
        }

        return TakeBody((GreylistRecordKind)from[6], from[Head..length], table, now) ? length : 0;
    }

    private static bool TakeBody(GreylistRecordKind kind, ReadOnlySpan<byte> body, GreylistTable table, DateTimeOffset now)
    {
        switch (kind)
        {
            case GreylistRecordKind.Triplet when body.Length > 16:
                {
                    var key = BinaryPrimitives.ReadUInt128LittleEndian(body);
                    body = body[16..];
                    if (ReadNetwork(ref body) is not { } network || !ReadTimes(ref body, out var first, out var last, out var passes) || !body.Contains((byte)0))
                    {
                        return false;
                    }

                    table.Restore(key, network, body.ToArray(), new GreylistTrace(first, last, passes), now);
                    return true;
                }

            case GreylistRecordKind.Network:
                {
                    if (ReadNetwork(ref body) is not { } network || !ReadTimes(ref body, out var first, out var last, out var passes))
                    {
                        return false;
                    }

                    table.Restore(network, new GreylistStanding(first, last, passes), now);
                    return true;
                }

            case GreylistRecordKind.NoTriplet when body.Length == 16:
                table.Forget(BinaryPrimitives.ReadUInt128LittleEndian(body));
                return true;

            case GreylistRecordKind.NoNetwork when ReadNetwork(ref body) is { } network:
                table.Forget(network);
                return true;

            default:
                return false;
        }
    }

    private static Span<byte> Begin(ArrayBufferWriter<byte> to, GreylistRecordKind kind, int length, out Span<byte> whole)
    {
        whole = to.GetSpan(Head + length)[..(Head + length)];
        BinaryPrimitives.WriteUInt16LittleEndian(whole[4..], (ushort)length);
        whole[6] = (byte)kind;
        return whole[Head..];
    }

    private static void End(ArrayBufferWriter<byte> to, Span<byte> whole)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(whole, Crc32C.Of(whole[4..]));
        to.Advance(whole.Length);
    }

    private static int NetworkLength(IPNetwork network)
    {
        Span<byte> octets = stackalloc byte[16];
        network.BaseAddress.TryWriteBytes(octets, out var length);
        return 2 + length;
    }

    private static Span<byte> WriteNetwork(Span<byte> to, IPNetwork network)
    {
        network.BaseAddress.TryWriteBytes(to[2..], out var length);
        to[0] = length == 4 ? (byte)4 : (byte)6;
        to[1] = (byte)network.PrefixLength;
        return to[(2 + length)..];
    }

    private static IPNetwork? ReadNetwork(ref ReadOnlySpan<byte> from)
    {
        var length = from.Length < 2 ? 0 : from[0] switch { 4 => 4, 6 => 16, _ => 0 };
        if (length == 0 || from.Length < 2 + length || from[1] > length * 8)
        {
            return null;
        }

        var (address, prefix) = (new IPAddress(from.Slice(2, length)), from[1]);
        from = from[(2 + length)..];
        return IPNetwork.TryParse($"{address}/{prefix}", out var network) ? network : null;
    }

    private static Span<byte> WriteTimes(Span<byte> to, DateTimeOffset first, DateTimeOffset last, int passes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, first.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], last.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], passes);
        return to[Times..];
    }

    private static bool ReadTimes(ref ReadOnlySpan<byte> from, out DateTimeOffset first, out DateTimeOffset last, out int passes)
    {
        (first, last, passes) = (default, default, 0);
        if (from.Length < Times || !TryTime(from, out first) || !TryTime(from[8..], out last) || (passes = BinaryPrimitives.ReadInt32LittleEndian(from[16..])) < 0)
        {
            return false;
        }

        from = from[Times..];
        return true;
    }

    private static bool TryTime(ReadOnlySpan<byte> from, out DateTimeOffset time)
    {
        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(from);
        var fits = milliseconds is >= 0 and < 253_402_300_799_999;
        time = fits ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return fits;
    }
}
