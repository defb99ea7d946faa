namespace ActorSmtp.Protocol.Mime;

/// <summary>How a body is written in the message (Content-Transfer-Encoding, RFC 2045 §6).</summary>
public enum TransferEncoding
{
    SevenBit,
    EightBit,
    Binary,
    QuotedPrintable,
    Base64,

    /// <summary>Read, never written: x-uuencode and its other names.</summary>
    Uuencode,

    /// <summary>A name that is not known: the bytes are given as they are.</summary>
    Unknown,
}

/// <summary>
/// Undoes a transfer encoding piece by piece, forgiving what real mail has wrong. Never throws; linear time; keeps at most
/// about a line between pieces. Give every piece to <see cref="Decode"/>, the last one with <c>final</c>.
/// </summary>
public abstract class ContentDecoder
{
    /// <summary>Enough room for the output of a piece of that length.</summary>
    public static int MaxOutput(int inputLength) => inputLength + 1024;

    /// <summary>Decodes a piece; the output needs <see cref="MaxOutput"/> bytes. Answers how many were written.</summary>
    public abstract int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final);

    /// <summary>True when something in the input was not as the encoding says.</summary>
    public bool Damaged { get; private protected set; }

    public static ContentDecoder For(TransferEncoding encoding) => encoding switch
    {
        TransferEncoding.Base64 => new Base64Decoder(),
        TransferEncoding.QuotedPrintable => new QuotedPrintableDecoder(),
        TransferEncoding.Uuencode => new UuencodeDecoder(),
        _ => new IdentityDecoder(),
    };

    /// <summary>Decodes a whole body.</summary>
    public static byte[] DecodeAll(TransferEncoding encoding, ReadOnlySpan<byte> body)
    {
        if (encoding is not (TransferEncoding.Base64 or TransferEncoding.QuotedPrintable or TransferEncoding.Uuencode))
        {
            return body.ToArray();
        }
        var output = new byte[MaxOutput(body.Length)];
        var length = For(encoding).Decode(body, output, final: true);
        return output.AsSpan(0, length).ToArray();
    }

    /// <summary>The decoded length, found without keeping the content.</summary>
    public static long DecodedLength(TransferEncoding encoding, ReadOnlySpan<byte> body)
    {
        if (encoding is not (TransferEncoding.Base64 or TransferEncoding.QuotedPrintable or TransferEncoding.Uuencode))
        {
            return body.Length;
        }
        const int Piece = 16 * 1024;
        var decoder = For(encoding);
        var scratch = new byte[MaxOutput(Piece)];
        long length = 0;
        while (body.Length > Piece)
        {
            length += decoder.Decode(body[..Piece], scratch, final: false);
            body = body[Piece..];
        }
        return length + decoder.Decode(body, scratch, final: true);
    }

    /// <summary>The encoding a Content-Transfer-Encoding value means; null is 7bit (RFC 2045 §6.1).</summary>
    public static TransferEncoding Parse(string? value)
    {
        if (value is null)
        {
            return TransferEncoding.SevenBit;
        }
        var token = value.AsSpan().Trim();
        var end = token.IndexOfAny(" \t;(");
        token = (end > 0 ? token[..end] : token).Trim("\"'");
        if (token.Length > 32)
        {
            return TransferEncoding.Unknown;
        }
        return token.ToString().ToLowerInvariant() switch
        {
            "" or "7bit" or "7-bit" => TransferEncoding.SevenBit,
            "8bit" or "8-bit" => TransferEncoding.EightBit,
            "binary" => TransferEncoding.Binary,
            "quoted-printable" or "quotedprintable" => TransferEncoding.QuotedPrintable,
            "base64" or "base-64" => TransferEncoding.Base64,
            "x-uuencode" or "uuencode" or "x-uue" or "uue" => TransferEncoding.Uuencode,
            _ => TransferEncoding.Unknown,
        };
    }

    private sealed class IdentityDecoder : ContentDecoder
    {
        public override int Decode(ReadOnlySpan<byte> input, Span<byte> output, bool final)
        {
            input.CopyTo(output);
            return input.Length;
        }
    }
}
