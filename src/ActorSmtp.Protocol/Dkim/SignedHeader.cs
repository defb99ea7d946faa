using System.Security.Cryptography;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>Which fields a signature is over (RFC 6376 §5.4.2): of those with one name the last first, each once; a name too many stands for "none more".</summary>
internal static class SignedHeader
{
    /// <summary>The hash of the signed fields and of the signature's own, the last (§3.7).</summary>
    /// <param name="header">Of the message; the signature's own field may be in it and is not signed by itself.</param>
    /// <param name="names">h=.</param>
    /// <param name="how">The canonicalisation.</param>
    /// <param name="own">The signature's field; of a signature in the making, with an empty b=.</param>
    /// <param name="except">The signature's field, where it stands in the header.</param>
    public static byte[] Hash(HeaderList header, IEnumerable<string> names, Canonicalization how, ReadOnlySpan<byte> own, HeaderField? except)
    {
        var fields = new Dictionary<string, Stack<HeaderField>>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in header)
        {
            if (ReferenceEquals(field, except))
            {
                continue;
            }

            if (!fields.TryGetValue(field.Name, out var same))
            {
                fields.Add(field.Name, same = []);
            }

            same.Push(field);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in names)
        {
            if (fields.TryGetValue(name, out var same) && same.TryPop(out var field))
            {
                HeaderCanonicalizer.Append(hash, field, how);
            }
        }

        HeaderCanonicalizer.AppendSignature(hash, own, how);
        return hash.GetHashAndReset();
    }
}
