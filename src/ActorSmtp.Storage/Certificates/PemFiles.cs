using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace ActorSmtp.Storage.Certificates;

/// <summary>What PEM files say, strictly: a file that is only half there must not pass for a shorter chain.</summary>
internal static partial class PemFiles
{
    /// <summary>A certificate, those of the authorities behind it, and its key.</summary>
    /// <exception cref="StoreException">Says which file is wrong, and how.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) ReadPair(string path, string text, string keyPath, string keyText)
    {
        var all = ReadAuthorities(path, text);
        RefuseCutOff(keyPath, keyText);
        if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new StoreException($"{keyPath} is encrypted; expected a key without a pass phrase, which only the server's user can read");
        }

        if (!keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new StoreException($"{keyPath} holds no private key in PEM form");
        }

        try
        {
            return (X509Certificate2.CreateFromPem(text, keyText), [.. all.Skip(1)]);
        }
        catch (ArgumentException)
        {
            throw new StoreException($"{keyPath} is not the key of {path}");
        }
        catch (CryptographicException cannot)
        {
            // What the framework says of a key of another kind (RSA for ECDSA) and of one it does not know is much the same.
            throw new StoreException($"{keyPath} is not the key of {path}, or of a kind that cannot be used: {cannot.Message}", cannot);
        }
        finally
        {
            all[0].Dispose();
        }
    }

    /// <summary>All certificates of a file; at least one.</summary>
    /// <exception cref="StoreException">Says what is wrong with the file.</exception>
    public static X509Certificate2Collection ReadAuthorities(string path, string text)
    {
        RefuseCutOff(path, text);
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException cannot)
        {
            throw new StoreException($"{path} holds something that is no certificate: {cannot.Message}", cannot);
        }

        return all.Count > 0 ? all : throw new StoreException($"{path} holds no certificate in PEM form");
    }

    /// <summary>The framework skips what does not end.</summary>
    private static void RefuseCutOff(string path, string text)
    {
        if (text.Split("-----BEGIN ").Length - 1 != Ends().Count(text))
        {
            throw new StoreException($"{path} is cut off: a BEGIN line has no END line");
        }
    }

    [GeneratedRegex("-----END [A-Z0-9 ]+-----")]
    private static partial Regex Ends();
}
