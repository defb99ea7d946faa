using System.Buffers;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Puts replies on the wire: <c>250-first CRLF 250 last CRLF</c> (RFC 5321 §4.2.1), the enhanced code on every line (RFC 2034 §4).
/// Allocates nothing; a constant reply is one copy.
/// </summary>
public static class ReplyWriter
{
    /// <summary>Octets the reply takes on the wire, CRLFs included.</summary>
    public static int Length(in Reply reply)
    {
        if (reply.Encoded is { } encoded)
        {
            return encoded.Length;
        }

        var text = reply.Text;
        var lines = 1 + text.AsSpan().Count('\n');
        var perLine = 3 + 1 + 2 + (reply.Subject is { } s ? 2 + Digits(s) + 1 + Digits(reply.Detail) + 1 : 0);
        return text.Length - (lines - 1) + (lines * perLine);
    }

    /// <summary>Writes the reply and advances the writer.</summary>
    public static void Write(IBufferWriter<byte> output, in Reply reply)
    {
        if (reply.Encoded is { } encoded)
        {
            encoded.CopyTo(output.GetSpan(encoded.Length));
            output.Advance(encoded.Length);
            return;
        }

        _ = TryWrite(output.GetSpan(Length(reply)), reply, out var written);
        output.Advance(written);
    }

    /// <summary>Writes the reply, or nothing and false where it does not fit.</summary>
    public static bool TryWrite(Span<byte> output, in Reply reply, out int written)
    {
        written = 0;
        if (output.Length < Length(reply))
        {
            return false;
        }

        if (reply.Encoded is { } encoded)
        {
            encoded.CopyTo(output);
            written = encoded.Length;
            return true;
        }

        var rest = reply.Text.AsSpan();
        while (true)
        {
            var end = rest.IndexOf('\n');
            var line = end < 0 ? rest : rest[..end];
            Number(output, ref written, reply.Code);
            output[written++] = (byte)(end < 0 ? ' ' : '-');
            if (reply.Subject is { } subject)
            {
                Number(output, ref written, reply.Class);
                output[written++] = (byte)'.';
                Number(output, ref written, subject);
                output[written++] = (byte)'.';
                Number(output, ref written, reply.Detail);
                output[written++] = (byte)' ';
            }

            written += Encoding.ASCII.GetBytes(line, output[written..]);
            output[written++] = (byte)'\r';
            output[written++] = (byte)'\n';
            if (end < 0)
            {
                return true;
            }

            rest = rest[(end + 1)..];
        }
    }

    private static int Digits(int number) => number < 10 ? 1 : number < 100 ? 2 : 3;

    private static void Number(Span<byte> output, ref int at, int number)
    {
        if (number >= 100)
        {
            output[at++] = (byte)('0' + (number / 100));
        }

        if (number >= 10)
        {
            output[at++] = (byte)('0' + (number / 10 % 10));
        }

        output[at++] = (byte)('0' + (number % 10));
    }
}
