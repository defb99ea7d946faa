using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// A text body made fit for the wire: UTF-8, CRLF line ends, the last line ended, and the cheapest encoding that is
/// allowed: 7bit, else 8bit, else quoted-printable or base64, whichever is shorter.
/// </summary>
internal sealed record TextBody(string Subtype, TransferEncoding Encoding, byte[] Bytes)
{
    private const int MaxLine = 998; // RFC 5322 §2.1.1, without CRLF

    public static TextBody Make(string subtype, string text, bool eightBit)
    {
        var bytes = Canonical(text);
        var ascii = true;
        var nul = false;
        var longest = 0;
        var lineStart = 0;
        var quoted = 0L;
        for (var i = 0; i < bytes.Length; i++)
        {
            ascii &= bytes[i] < 128;
            nul |= bytes[i] == 0;
            quoted += bytes[i] is > 126 or (byte)'=' ? 3 : 1;
            if (bytes[i] == '\n')
            {
                longest = Math.Max(longest, i - 1 - lineStart);
                lineStart = i + 1;
            }
        }
        if (longest <= MaxLine && !nul && (ascii || eightBit))
        {
            return new TextBody(subtype, ascii ? TransferEncoding.SevenBit : TransferEncoding.EightBit, bytes);
        }
        var asBase64 = Base64Lines.EncodedLength(bytes.Length);
        return quoted + (quoted / 72 * 3) <= asBase64
            ? new TextBody(subtype, TransferEncoding.QuotedPrintable, QuotedPrintableEncoder.Encode(bytes))
            : new TextBody(subtype, TransferEncoding.Base64, Base64Lines.EncodeAll(bytes));
    }

    /// <summary>UTF-8 with every line end (CRLF, LF or CR alone) as CRLF; a text that is not empty ends with one.</summary>
    private static byte[] Canonical(string text)
    {
        var lines = new StringBuilder(text.Length + 64);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\r' or '\n')
            {
                lines.Append("\r\n");
                i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
            }
            else
            {
                lines.Append(text[i]);
            }
        }
        if (lines.Length > 0 && lines[^1] != '\n')
        {
            lines.Append("\r\n");
        }
        return System.Text.Encoding.UTF8.GetBytes(lines.ToString());
    }
}
