using System.Buffers.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>Writes base64 in lines of 76 characters, each ended by CRLF, from pieces of any size (RFC 2045 §6.8).</summary>
internal static class Base64Lines
{
    private const int LineBytes = 57;
    private const int LineLength = 78;
    private const int LinesAtOnce = 512;

    /// <summary>How long <paramref name="length"/> bytes become, line ends included.</summary>
    public static long EncodedLength(long length)
    {
        var characters = (length + 2) / 3 * 4;
        return characters + ((characters + 75) / 76 * 2);
    }

    public static byte[] EncodeAll(byte[] bytes)
    {
        var output = new MemoryStream((int)EncodedLength(bytes.Length));
        foreach (var piece in Encode([bytes]))
        {
            output.Write(piece.Span);
        }
        return output.ToArray();
    }

    /// <summary>The encoded text in pieces of up to 40 kB; each lives until the next is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Encode(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var output = new byte[LinesAtOnce * LineLength];
        var held = new byte[LineBytes];
        var heldLength = 0;
        var written = 0;
        foreach (var piece in pieces)
        {
            var rest = piece;
            while (!rest.IsEmpty)
            {
                if (heldLength == 0 && rest.Length >= LineBytes)
                {
                    written += EncodeLine(rest.Span[..LineBytes], output.AsSpan(written));
                    rest = rest[LineBytes..];
                }
                else
                {
                    var take = Math.Min(LineBytes - heldLength, rest.Length);
                    rest[..take].CopyTo(held.AsMemory(heldLength));
                    heldLength += take;
                    rest = rest[take..];
                    if (heldLength == LineBytes)
                    {
                        written += EncodeLine(held, output.AsSpan(written));
                        heldLength = 0;
                    }
                }
                if (written + LineLength > output.Length)
                {
                    yield return output.AsMemory(0, written);
                    written = 0;
                }
            }
        }
        if (heldLength > 0)
        {
            written += EncodeLine(held.AsSpan(0, heldLength), output.AsSpan(written));
        }
        if (written > 0)
        {
            yield return output.AsMemory(0, written);
        }
    }

    private static int EncodeLine(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        _ = Base64.EncodeToUtf8(bytes, output, out _, out var written);
        output[written++] = (byte)'\r';
        output[written++] = (byte)'\n';
        return written;
    }
}
