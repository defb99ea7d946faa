using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Sending;

/// <summary>Our certificate with its key, for a server that asks for one.</summary>
internal static class ClientCertificate
{
    /// <summary>Reads it from PEM files; null where none was named.</summary>
    /// <exception cref="CommandFailedException">A file is missing or holds something else.</exception>
    public static X509Certificate2? Read(SendOrder order, Terminal terminal)
    {
        if (order.CertificateFile is not { } file)
        {
            return null;
        }

        var key = order.KeyFile ?? file;
        try
        {
            return X509Certificate2.CreateFromPem(Files.ReadText(file, terminal), Files.ReadText(key, terminal));
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new CommandFailedException(
                ExitCodes.BadData, $"--certificate {file}: with {(key == file ? "the same file" : key)} it is no certificate and its key in PEM form ({wrong.Message})");
        }
    }
}
