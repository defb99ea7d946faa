using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Recognises peers that took us for another kind of server. A browser that was made to send a form to a mail server, a proxy that was asked
/// to CONNECT here, and a TLS client on a port without TLS have in common that nothing good comes of going on with them.
/// </summary>
public static class ForeignTongue
{
    /// <summary>So much of a line is enough to tell.</summary>
    public const int Enough = 8;

    /// <summary>Whether a line begins as an HTTP request, or octets as a TLS handshake (RFC 8446 §5.1: type 22, version 3).</summary>
    public static bool Is(ReadOnlySpan<byte> line)
    {
        if (line.Length >= 2 && line[0] == 22 && line[1] == 3)
        {
            return true;
        }

        var blank = line[..Math.Min(line.Length, Enough)].IndexOf((byte)' ');
        return blank >= 3 && IsMethod(line[..blank]);
    }

    /// <summary>The methods of RFC 9110 §9.3 and RFC 5789; PRI is how HTTP/2 begins (RFC 9113 §3.4).</summary>
    private static bool IsMethod(ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(word, "GET"u8) || Ascii.EqualsIgnoreCase(word, "POST"u8) || Ascii.EqualsIgnoreCase(word, "CONNECT"u8)
        || Ascii.EqualsIgnoreCase(word, "HEAD"u8) || Ascii.EqualsIgnoreCase(word, "PUT"u8) || Ascii.EqualsIgnoreCase(word, "OPTIONS"u8)
        || Ascii.EqualsIgnoreCase(word, "DELETE"u8) || Ascii.EqualsIgnoreCase(word, "TRACE"u8) || Ascii.EqualsIgnoreCase(word, "PATCH"u8)
        || Ascii.EqualsIgnoreCase(word, "PRI"u8);
}
