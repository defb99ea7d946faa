using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Storage.Signing;

/// <summary>
/// A private key as a file: lines that say when it was made and from when on it signs, which programs that read PEM pass over (RFC 7468 §2), then PKCS #8. A file
/// without those lines signs at once, so that a key of OpenDKIM or rspamd can be put there as it is.
/// </summary>
internal static class KeyFile
{
    private const string Made = "Made:";
    private const string Active = "Active-From:";
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string Begin = "-----BEGIN ";

    // RFC 8410 §7: PrivateKeyInfo of Ed25519 without attributes; 32 octets follow.
    private static readonly byte[] _ed25519 = [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    /// <summary>A new key's PEM.</summary>
    /// <exception cref="StoreException">This machine has no such algorithm.</exception>
    public static string Make(DkimAlgorithm algorithm, int bits)
    {
        if (algorithm == DkimAlgorithm.RsaSha256)
        {
            using var rsa = RSA.Create(bits);
            return rsa.ExportPkcs8PrivateKeyPem() + "\n";
        }

        return OpenSslEd25519.IsThere
            ? new string(PemEncoding.Write("PRIVATE KEY", [.. _ed25519, .. RandomNumberGenerator.GetBytes(OpenSslEd25519.SeedOctets)])) + "\n"
            : throw new StoreException("This machine has no OpenSSL 1.1.1 or later (libcrypto), which signs by Ed25519: make an RSA key.");
    }

    /// <summary>The text of a file.</summary>
    public static string Write(string pem, DateTimeOffset? made, DateTimeOffset activeFrom) =>
        (made is { } at ? $"{Made} {Text(at)}\n" : "") + $"{Active} {Text(activeFrom)}\n" + Pem(pem);

    /// <summary>The key of a file; null, and what is wrong.</summary>
    public static (DkimPrivateKey Key, DateTimeOffset? Made, DateTimeOffset? ActiveFrom)? TryRead(ReadOnlySpan<byte> octets, out string problem)
    {
        var text = Encoding.ASCII.GetString(octets);
        var start = text.IndexOf(Begin, StringComparison.Ordinal);
        DateTimeOffset? made = null, active = null;
        foreach (var line in start > 0 ? text[..start].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [])
        {
            if (!TryLine(line, Made, ref made) || !TryLine(line, Active, ref active))
            {
                problem = $"its line {line[..line.IndexOf(':', StringComparison.Ordinal)]} has no time such as 2026-01-31T12:00:00Z";
                return null;
            }
        }

        return KeyOf(text, out problem) is { } key ? (key, made, active) : null;
    }

    private static DkimPrivateKey? KeyOf(string text, out string problem)
    {
        if (PemEncoding.TryFind(text, out var fields) && text.AsSpan()[fields.Label] is "PRIVATE KEY"
            && Convert.FromBase64String(text[fields.Base64Data]) is var info && info.AsSpan().StartsWith(_ed25519) && info.Length == _ed25519.Length + OpenSslEd25519.SeedOctets)
        {
            problem = "this machine has no OpenSSL 1.1.1 or later (libcrypto), which signs by Ed25519";
            return OpenSslEd25519.TryMake(info.AsSpan(_ed25519.Length));
        }

        var key = RsaPrivateKey.TryRead(text, out problem);
        problem = key is null && problem.StartsWith("it is no", StringComparison.Ordinal) ? "it is no private key of RSA or Ed25519 in PEM without a password" : problem;
        return key;
    }

    private static bool TryLine(string line, string name, ref DateTimeOffset? time)
    {
        if (!line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var isTime = DateTimeOffset.TryParseExact(
            line[name.Length..].Trim(), Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at);
        time = isTime ? at : null;
        return isTime;
    }

    private static string Pem(string text) => text[Math.Max(0, text.IndexOf(Begin, StringComparison.Ordinal))..];

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture);
}
