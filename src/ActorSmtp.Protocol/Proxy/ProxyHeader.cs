using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace ActorSmtp.Protocol.Proxy;

/// <summary>What <see cref="ProxyHeader.Read"/> found.</summary>
public enum ProxyStatus
{
    /// <summary>So far it is the beginning of a header: read more.</summary>
    Incomplete = 0,

    /// <summary>A whole header; what is behind it is the proxied connection's.</summary>
    Header,

    /// <summary>It is none, and never will be: the connection has to be dropped.</summary>
    Malformed,
}

/// <summary>
/// The header by which a proxy tells for whom it has connected: HAProxy's PROXY protocol, version 1 (a line of text) and 2 (binary). It is
/// believed of trusted proxies only, and what is wrong in it ends the connection: guessing is not allowed (§2).
/// </summary>
/// <param name="Source">The client. Null where the connection is the proxy's own (LOCAL, a health check) or its origin cannot be told
/// (UNKNOWN, UNSPEC, a Unix socket, datagrams): then the connection's own address counts.</param>
/// <param name="Destination">The address which the client connected to; null where <paramref name="Source"/> is.</param>
public sealed record ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>Longest line of version 1, CRLF included (§2.1).</summary>
    public const int MaxLine = 107;

    /// <summary>
    /// What may follow the 16 fixed octets of version 2. The format allows 65,535; addresses take 216 at most, and what proxies add about a
    /// TLS client some hundred, or a few thousand with its certificate.
    /// </summary>
    public const int MaxVariable = 8192;

    private const int Fixed = 16;
    private const byte TypeCrc32C = 0x03;

    private static readonly ProxyHeader Unknown = new(null, null);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Reads the header at the front of <paramref name="input"/>, which holds everything received so far. <paramref name="consumed"/> and
    /// <paramref name="header"/> are set for <see cref="ProxyStatus.Header"/>.
    /// </summary>
    public static ProxyStatus Read(ReadOnlySpan<byte> input, out int consumed, out ProxyHeader? header)
    {
        consumed = 0;
        header = null;
        if (input.IsEmpty)
        {
            return ProxyStatus.Incomplete;
        }

        return input[0] == (byte)'P' ? ReadLine(input, out consumed, out header) : ReadBinary(input, out consumed, out header);
    }

    /// <summary>Version 1: "PROXY" SP family SP source SP destination SP port SP port CRLF, single blanks, canonical numbers (§2.1).</summary>
    private static ProxyStatus ReadLine(ReadOnlySpan<byte> input, out int consumed, out ProxyHeader? header)
    {
        consumed = 0;
        header = null;
        var begins = "PROXY "u8;
        if (!input[..Math.Min(input.Length, begins.Length)].SequenceEqual(begins[..Math.Min(input.Length, begins.Length)]))
        {
            return ProxyStatus.Malformed;
        }

        var window = input[..Math.Min(input.Length, MaxLine)];
        var end = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            return input.Length >= MaxLine ? ProxyStatus.Malformed : ProxyStatus.Incomplete;
        }

        if (window[end] == '\n' || (end + 1 < input.Length && input[end + 1] != '\n') || end + 1 == MaxLine)
        {
            return ProxyStatus.Malformed;                       // only CRLF ends it
        }

        if (end + 1 == input.Length)
        {
            return ProxyStatus.Incomplete;
        }

        header = ReadFields(window[begins.Length..end]);
        consumed = end + 2;
        return header is null ? ProxyStatus.Malformed : ProxyStatus.Header;
    }

    private static ProxyHeader? ReadFields(ReadOnlySpan<byte> fields)
    {
        if (fields.SequenceEqual("UNKNOWN"u8) || fields.StartsWith("UNKNOWN "u8))
        {
            return Unknown;                                     // the rest is ignored, whatever it is
        }

        var family = Field(ref fields) switch
        {
            var f when f.SequenceEqual("TCP4"u8) => AddressFamily.InterNetwork,
            var f when f.SequenceEqual("TCP6"u8) => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        return family != AddressFamily.Unspecified
            && Address(Field(ref fields), family) is { } source && Address(Field(ref fields), family) is { } destination
            && Port(Field(ref fields)) is { } sourcePort && Port(Field(ref fields)) is { } destinationPort && fields.IsEmpty
                ? new ProxyHeader(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort))
                : null;
    }

    /// <summary>Up to the next blank, which is taken with it; a blank with nothing behind it is left, so that it is seen.</summary>
    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> fields)
    {
        var blank = fields.IndexOf((byte)' ');
        var field = blank < 0 ? fields : fields[..blank];
        fields = blank < 0 ? [] : blank + 1 < fields.Length ? fields[(blank + 1)..] : fields[blank..];
        return field;
    }

    private static IPAddress? Address(ReadOnlySpan<byte> text, AddressFamily family)
    {
        if (text.ContainsAnyExcept("0123456789abcdefABCDEF:."u8))
        {
            return null;
        }

        Span<char> chars = stackalloc char[MaxLine];
        for (var i = 0; i < text.Length; i++)
        {
            chars[i] = (char)text[i];
        }

        chars = chars[..text.Length];
        return IPAddress.TryParse(chars, out var address) && address.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || chars.SequenceEqual(address.ToString()))      // no 010.1, no 1
                ? address
                : null;
    }

    private static int? Port(ReadOnlySpan<byte> digits)
    {
        if (digits.Length is 0 or > 5 || (digits.Length > 1 && digits[0] == '0') || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return null;
        }

        var port = 0;
        foreach (var digit in digits)
        {
            port = (port * 10) + digit - '0';
        }

        return port <= ushort.MaxValue ? port : null;
    }

    /// <summary>Version 2: signature, version and command, family and transport, length; addresses; then type-length-values (§2.2).</summary>
    private static ProxyStatus ReadBinary(ReadOnlySpan<byte> input, out int consumed, out ProxyHeader? header)
    {
        consumed = 0;
        header = null;
        var known = Math.Min(input.Length, Signature.Length);
        if (!input[..known].SequenceEqual(Signature[..known]))
        {
            return ProxyStatus.Malformed;
        }

        if (input.Length <= Signature.Length)
        {
            return ProxyStatus.Incomplete;
        }

        if (input[12] is not (0x20 or 0x21))                    // version 2; LOCAL or PROXY
        {
            return ProxyStatus.Malformed;
        }

        if (input.Length < Fixed)
        {
            return ProxyStatus.Incomplete;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        if (length > MaxVariable)
        {
            return ProxyStatus.Malformed;
        }

        if (input.Length < Fixed + length)
        {
            return ProxyStatus.Incomplete;
        }

        consumed = Fixed + length;
        header = input[12] == 0x20 ? Unknown : ReadAddresses(input[..consumed]);
        return header is null ? ProxyStatus.Malformed : ProxyStatus.Header;
    }

    private static ProxyHeader? ReadAddresses(ReadOnlySpan<byte> header)
    {
        var (family, transport) = (header[13] >> 4, header[13] & 15);
        if (family > 3 || transport > 2)
        {
            return null;                                        // unassigned: must be rejected
        }

        if (family is 0 or 3 || transport != 1)
        {
            return Unknown;                                     // UNSPEC, Unix, datagrams: the fall-back of §2.2
        }

        var size = family == 1 ? 4 : 16;
        var addresses = header[Fixed..];
        var tlvs = (2 * size) + 4;
        return addresses.Length >= tlvs && AreWhole(header, Fixed + tlvs)
            ? new ProxyHeader(
                new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..])),
                new IPEndPoint(new IPAddress(addresses.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(addresses[((2 * size) + 2)..])))
            : null;
    }

    /// <summary>Whether the type-length-values fill what is left of the header, and its checksum, if it has one, is right.</summary>
    private static bool AreWhole(ReadOnlySpan<byte> header, int at)
    {
        while (at < header.Length)
        {
            if (header.Length - at < 3)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]);
            if (length > header.Length - at - 3 || (header[at] == TypeCrc32C && (length != 4 || !IsSumRight(header, at + 3))))
            {
                return false;
            }

            at += 3 + length;
        }

        return true;
    }

    /// <summary>CRC-32C of the header with the sum's own four octets as zeros (§2.2.3).</summary>
    private static bool IsSumRight(ReadOnlySpan<byte> header, int sumAt)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= sumAt && i < sumAt + 4 ? (byte)0 : header[i]);
        }

        return ~crc == BinaryPrimitives.ReadUInt32BigEndian(header[sumAt..]);
    }
}
