using System.Text;

namespace ActorSmtp.Protocol.Tokens;

/// <summary>base64url without padding (RFC 7515 §2), strictly: one spelling for each value.</summary>
internal static class Base64Url
{
    public static bool TryDecode(ReadOnlySpan<char> text, int maxOctets, out byte[] octets)
    {
        octets = [];
        if (text.Length % 4 == 1 || text.Length / 4 * 3 > maxOctets || text.ContainsAny("+/= \t\r\n"))
        {
            return false;
        }

        var standard = new StringBuilder(text.Length + 2).Append(text).Replace('-', '+').Replace('_', '/').Append('=', (4 - (text.Length % 4)) % 4);
        return Sasl.Base64Text.TryDecode(standard.ToString(), maxOctets, out octets);
    }
}
