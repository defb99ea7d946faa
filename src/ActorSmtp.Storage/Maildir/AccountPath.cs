using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// An account's directory name. An account is any text a stranger may have put into RCPT; what becomes a name on disk is
/// only lower-case letters, digits and <c>.@+=_-</c>, with everything else as <c>%XX</c> of its UTF-8 octets. So no
/// name can leave its directory, begin with a dot, or meet another one where case is ignored. What grows too long for
/// a file system ends in <c>%~</c> and a hash, and the directory then holds its true name in the file <c>account</c>.
/// </summary>
internal static class AccountPath
{
    private const int MostOctets = 200;
    private const string Hashed = "%~";

    public static string Encode(string account)
    {
        ArgumentException.ThrowIfNullOrEmpty(account);
        var name = new StringBuilder(account.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(account))
        {
            var plain = octet is >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' or (byte)'@' or (byte)'+' or (byte)'=' or (byte)'_' or (byte)'-'
                || (octet == (byte)'.' && name.Length > 0);
            _ = plain ? name.Append((char)octet) : name.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return name.Length <= MostOctets
            ? name.ToString()
            : $"{name.ToString(0, 100)}{Hashed}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)))}";
    }

    public static bool IsHashed(string name) => name.Contains(Hashed, StringComparison.Ordinal);

    /// <summary>The account of a directory; null for what no account is encoded as, and for hashed ones.</summary>
    public static string? Decode(string name)
    {
        var octets = new List<byte>(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '%')
            {
                octets.Add((byte)name[i]);
            }
            else if (i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier,
                System.Globalization.CultureInfo.InvariantCulture, out var octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        var account = Encoding.UTF8.GetString([.. octets]);
        return account.Length > 0 && Encode(account) == name ? account : null;
    }
}
