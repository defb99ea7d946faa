using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>Looks through content that may not be encoded: whether it can go as it is, and whether a boundary is in it.</summary>
internal static class AttachedMessageCheck
{
    private const int MaxLine = 998;

    /// <summary>
    /// The encoding an attached message can have; null when it cannot be attached as a message: bare newlines, NULs, lines
    /// of more than 998 bytes, or 8-bit content where only 7 bits pass.
    /// </summary>
    public static TransferEncoding? EncodingFor(PartContent content, WireAbilities abilities)
    {
        var eightBit = false;
        var eightBitHeader = false;
        var inHeader = true;
        var line = 0;
        var previous = (byte)'\n';
        foreach (var piece in content.Pieces())
        {
            foreach (var b in piece.Span)
            {
                if ((b == '\n') != (previous == '\r'))
                {
                    return null; // LF without CR, or CR without LF
                }
                if (b == '\n')
                {
                    inHeader &= line > 0;
                    line = 0;
                }
                else if (b == 0 || (b != '\r' && ++line > MaxLine))
                {
                    return null;
                }
                eightBit |= b > 127;
                eightBitHeader |= inHeader && b > 127;
                previous = b;
            }
        }
        if (previous == '\r')
        {
            return null;
        }
        if (!eightBit)
        {
            return TransferEncoding.SevenBit;
        }
        return abilities.EightBit && (!eightBitHeader || abilities.Utf8Headers) ? TransferEncoding.EightBit : null;
    }

    /// <summary>Whether ASCII text stands anywhere in the content, also across its pieces.</summary>
    public static bool Contains(IEnumerable<ReadOnlyMemory<byte>> content, string text)
    {
        var wanted = Encoding.ASCII.GetBytes(text);
        var tail = Array.Empty<byte>();
        foreach (var piece in content)
        {
            if (piece.Span.IndexOf(wanted) >= 0)
            {
                return true;
            }
            var head = piece[..Math.Min(piece.Length, wanted.Length - 1)];
            byte[] joint = [.. tail, .. head.Span];
            if (joint.AsSpan().IndexOf(wanted) >= 0)
            {
                return true;
            }
            tail = piece.Length >= wanted.Length - 1
                ? piece[^(wanted.Length - 1)..].ToArray()
                : joint[Math.Max(0, joint.Length - wanted.Length + 1)..];
        }
        return false;
    }
}
