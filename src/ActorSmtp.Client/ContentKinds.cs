using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Client;

/// <summary>Finds out what content needs of a server.</summary>
public static class ContentKinds
{
    private const int LongestLine = 998;                                    // RFC 5322 §2.1.1

    /// <summary>Looks at all octets once.</summary>
    public static ContentKind Of(ReadOnlySpan<byte> octets)
    {
        var decoder = new ChunkDecoder();
        decoder.Begin(octets.Length);
        _ = decoder.Decode(octets, out _, out _);
        decoder.Complete();
        var seen = decoder.Report;
        var end = octets.IndexOf("\r\n\r\n"u8);
        var header = end < 0 ? octets : octets[..end];
        return new ContentKind(
            seen.Has8Bit,
            seen.HasBareNewlines || seen.Nuls > 0 || seen.LongestLine > LongestLine,
            header.ContainsAnyExceptInRange((byte)0, (byte)127));
    }
}
