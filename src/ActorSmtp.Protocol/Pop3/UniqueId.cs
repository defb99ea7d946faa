using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// Unique ids of messages (RFC 1939 §7): 1 to 70 octets from 0x21 to 0x7E, the same for a message's whole life, never another message's. A
/// Maildir's file names are all that but for their letters and length; those that do not fit become a digest of themselves.
/// </summary>
public static class UniqueId
{
    /// <summary>The longest there may be.</summary>
    public const int Longest = 70;

    private const char Digest = '~';

    /// <summary>The id of the message with this key.</summary>
    public static string Of(string key)
    {
        if (key.Length is > 0 and <= Longest && key[0] != Digest && !key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return key;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        return Digest + Base64Url.EncodeToString(digest);
    }
}
