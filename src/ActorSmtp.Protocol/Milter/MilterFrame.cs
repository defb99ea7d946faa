using System.Buffers.Binary;

namespace ActorSmtp.Protocol.Milter;

/// <summary>How far a packet has come.</summary>
public enum MilterFrameStatus
{
    /// <summary>More has to come.</summary>
    NeedMore,

    /// <summary>It is all there.</summary>
    Whole,

    /// <summary>Its length is none: nothing that follows can be read either.</summary>
    Broken,
}

/// <summary>Packets: a length of four octets (big endian) over a word of one octet and its data.</summary>
public static class MilterFrame
{
    /// <summary>Octets of data that a packet may have in either direction: what sendmail calls <c>MILTER_MAX_DATA_SIZE</c>, where nothing else was negotiated.</summary>
    public const int MostData = 65535;

    /// <summary>Longest packet with its length.</summary>
    public const int Most = 4 + 1 + MostData;

    /// <summary>Looks for a packet at the front of what came. A length that is too large is found as soon as it is there.</summary>
    public static MilterFrameStatus TryRead(ReadOnlySpan<byte> input, out byte word, out ReadOnlySpan<byte> data, out int consumed)
    {
        word = 0;
        data = default;
        consumed = 0;
        if (input.Length < 4)
        {
            return MilterFrameStatus.NeedMore;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(input);
        if (length is 0 or > MostData + 1)
        {
            return MilterFrameStatus.Broken;
        }

        if (input.Length - 4 < length)
        {
            return MilterFrameStatus.NeedMore;
        }

        word = input[4];
        data = input.Slice(5, (int)length - 1);
        consumed = 4 + (int)length;
        return MilterFrameStatus.Whole;
    }
}
