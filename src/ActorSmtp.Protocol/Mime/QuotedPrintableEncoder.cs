namespace ActorSmtp.Protocol.Mime;

/// <summary>Writes text with CRLF line ends as quoted-printable, lines of at most 76 characters (RFC 2045 §6.7).</summary>
internal static class QuotedPrintableEncoder
{
    private const int MaxLine = 76;

    public static byte[] Encode(ReadOnlySpan<byte> text)
    {
        var output = new MemoryStream(text.Length + (text.Length / 4) + 16);
        var column = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                output.Write("\r\n"u8);
                column = 0;
                i++;
                continue;
            }
            var atLineEnd = i + 1 == text.Length || text[i + 1] == '\r';
            // A blank at a line's end would be lost (rule 3).
            var plain = b is > 32 and < 127 and not (byte)'=' || (b is (byte)' ' or (byte)'\t' && !atLineEnd);
            // One column stays free for the "=" of a soft break, unless the line ends here anyway.
            if (column + (plain ? 1 : 3) > MaxLine - (atLineEnd ? 0 : 1))
            {
                output.Write("=\r\n"u8);
                column = 0;
            }
            if (plain)
            {
                output.WriteByte(b);
                column++;
            }
            else
            {
                output.WriteByte((byte)'=');
                output.WriteByte((byte)Hex.Digit(b >> 4));
                output.WriteByte((byte)Hex.Digit(b & 15));
                column += 3;
            }
        }
        return output.ToArray();
    }
}
