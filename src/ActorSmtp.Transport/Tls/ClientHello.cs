using System.Buffers.Binary;

namespace ActorSmtp.Transport;

/// <summary>What a client's first message offers. The framework tells of a ClientHello only the name and the version of old in its header.</summary>
internal static class ClientHello
{
    /// <summary>More than a record is never looked at.</summary>
    public const int MaxLength = 5 + (1 << 14);

    private const int Handshake = 22, Hello = 1, SupportedVersions = 43, Tls13 = 0x0304;

    /// <summary>Whether its extension supported_versions names TLS 1.3 (RFC 8446 §4.2.1). Whatever cannot be read does not.</summary>
    /// <param name="octets">From the first octet of the connection on.</param>
    public static bool OffersTls13(ReadOnlySpan<byte> octets)
    {
        var rest = octets;
        if (!Skip(ref rest, 5) || octets[0] != Handshake || rest.Length < 4 || rest[0] != Hello)
        {
            return false;
        }

        // msg_type, length, legacy_version, random; session_id, cipher_suites, compression_methods (RFC 8446 §4.1.2)
        if (!Skip(ref rest, 1 + 3 + 2 + 32) || !SkipVector(ref rest, 1) || !SkipVector(ref rest, 2) || !SkipVector(ref rest, 1)
            || !TakeVector(ref rest, 2, out var extensions))
        {
            return false;
        }

        while (extensions.Length >= 4)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TakeVector(ref extensions, 2, out var extension))
            {
                return false;
            }

            if (type == SupportedVersions)
            {
                return TakeVector(ref extension, 1, out var versions) && Names(versions, Tls13);
            }
        }

        return false;
    }

    private static bool Names(ReadOnlySpan<byte> versions, int version)
    {
        for (; versions.Length >= 2; versions = versions[2..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(versions) == version)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, int count)
    {
        if (rest.Length < count)
        {
            return false;
        }

        rest = rest[count..];
        return true;
    }

    private static bool SkipVector(ref ReadOnlySpan<byte> rest, int lengthOctets) => TakeVector(ref rest, lengthOctets, out _);

    private static bool TakeVector(ref ReadOnlySpan<byte> rest, int lengthOctets, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (rest.Length < lengthOctets)
        {
            return false;
        }

        var length = lengthOctets == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < lengthOctets + length)
        {
            return false;
        }

        vector = rest.Slice(lengthOctets, length);
        rest = rest[(lengthOctets + length)..];
        return true;
    }
}
