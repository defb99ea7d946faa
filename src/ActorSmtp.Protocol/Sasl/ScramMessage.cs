using System.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>TLS channel binding for the -PLUS mechanisms (RFC 5929), such as <c>tls-server-end-point</c> and the certificate's hash.</summary>
public sealed record ChannelBinding(string Name, ReadOnlyMemory<byte> Data);

/// <summary>The grammar of SCRAM's messages (RFC 5802 §7).</summary>
internal static class ScramMessage
{
    public const int MaxNonce = 512;

    /// <summary>attr-val *("," attr-val): the value of the attribute that must be there next; moves behind its comma.</summary>
    public static bool Take(ref ReadOnlySpan<char> rest, char attribute, out string value)
    {
        value = "";
        if (rest.Length < 2 || rest[0] != attribute || rest[1] != '=')
        {
            return false;
        }

        var comma = rest.IndexOf(',');
        value = (comma < 0 ? rest[2..] : rest[2..comma]).ToString();
        rest = comma < 0 ? default : rest[(comma + 1)..];
        return value.Length > 0;
    }

    /// <summary>saslname: "=2C" is a comma, "=3D" an equals sign, no other equals sign may be there.</summary>
    public static bool TryReadName(string text, out string name)
    {
        name = text.Replace("=2C", ",", StringComparison.Ordinal);
        if (text.Replace("=2C", "", StringComparison.Ordinal).Replace("=3D", "", StringComparison.Ordinal).Contains('=')
            || text.Length == 0 || Encoding.UTF8.GetByteCount(text) > SaslServer.MaxName * 3)
        {
            return false;
        }

        name = name.Replace("=3D", "=", StringComparison.Ordinal);
        return !name.Contains('\0') && Encoding.UTF8.GetByteCount(name) <= SaslServer.MaxName;
    }

    public static string WriteName(string name) => name.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);

    /// <summary>c-nonce and s-nonce: printable ASCII without the comma.</summary>
    public static bool IsNonce(string text) =>
        text.Length is > 0 and <= MaxNonce && !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains(',');

    public static bool TryText(byte[] octets, out string text)
    {
        text = "";
        if (!System.Text.Unicode.Utf8.IsValid(octets))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(octets);
        return true;
    }
}
