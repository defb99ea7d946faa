using System.Buffers;
using System.Buffers.Text;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// The first line of what a server answers: <c>+OK text</c>, or <c>-ERR [CODE] text</c> (RFC 1939 §3, RFC 2449 §8). Whatever text it is made of,
/// it is one line of printable ASCII that fits into the 512 octets of RFC 2449 §4, and only a code stands in brackets (§3). All of them are made in <see cref="Pop3Replies"/>.
/// </summary>
public readonly record struct Pop3Reply
{
    private readonly string? _line;

    /// <param name="isOk">+OK, else -ERR.</param>
    /// <param name="code">An extended response code, such as <c>IN-USE</c>; null: none.</param>
    internal Pop3Reply(bool isOk, string? code, string text)
    {
        IsOk = isOk;
        Code = code;
        _line = string.Concat(isOk ? "+OK " : "-ERR ", code is null ? "" : $"[{code}] ", Reply.Clean(text).Replace('[', '('));
    }

    /// <summary>+OK.</summary>
    public bool IsOk { get; }

    /// <summary>The extended response code; null: none.</summary>
    public string? Code { get; }

    /// <summary>How it begins, as far as machines read it.</summary>
    public string Beginning => IsOk ? "+OK" : Code is null ? "-ERR" : $"-ERR [{Code}]";

    /// <summary>As on the wire, without CRLF.</summary>
    public override string ToString() => _line ?? "";
}

/// <summary>Puts answers on the wire, octet by octet: nothing is allocated for a line of a listing.</summary>
public static class Pop3Writer
{
    /// <summary>The line that ends an answer of several lines (RFC 1939 §3).</summary>
    public static ReadOnlySpan<byte> End => ".\r\n"u8;

    /// <summary>A reply with its CRLF.</summary>
    public static void Write(IBufferWriter<byte> output, in Pop3Reply reply) => WriteLine(output, reply.ToString());

    /// <summary>A SASL challenge (RFC 5034 §4): <c>+ </c> and base64.</summary>
    public static void WriteChallenge(IBufferWriter<byte> output, string base64)
    {
        output.Write("+ "u8);
        WriteLine(output, base64);
    }

    /// <summary>A scan listing (RFC 1939 §5): a message's number and its size.</summary>
    public static void WriteScan(IBufferWriter<byte> output, int message, long octets)
    {
        var span = output.GetSpan(32);
        Utf8Formatter.TryFormat(message, span, out var at);
        span[at++] = (byte)' ';
        Utf8Formatter.TryFormat(octets, span[at..], out var digits);
        at += digits;
        "\r\n"u8.CopyTo(span[at..]);
        output.Advance(at + 2);
    }

    /// <summary>A unique-id listing (RFC 1939 §7): a message's number and its unique id.</summary>
    public static void WriteUnique(IBufferWriter<byte> output, int message, string id)
    {
        var span = output.GetSpan(16 + id.Length);
        Utf8Formatter.TryFormat(message, span, out var at);
        span[at++] = (byte)' ';
        at += Encoding.ASCII.GetBytes(id, span[at..]);
        "\r\n"u8.CopyTo(span[at..]);
        output.Advance(at + 2);
    }

    private static void WriteLine(IBufferWriter<byte> output, string line)
    {
        var span = output.GetSpan(line.Length + 2);
        Ascii.FromUtf16(line, span, out var length);
        "\r\n"u8.CopyTo(span[length..]);
        output.Advance(length + 2);
    }
}
