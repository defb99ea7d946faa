using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Benchmarks.Signing;

/// <summary>What it costs one core to sign a message, from its first octet to its field: RSA of 2048 bits, relaxed/relaxed.</summary>
internal static class SigningBenchmarks
{
    private const int Messages = 500;

    private static readonly DkimSigner s_signer = MakeSigner();

    public static double Of1KiB() => Sign(1024);

    public static double Of100KiB() => Sign(100 * 1024);

    /// <summary>The signature alone.</summary>
    public static double OfNothing() => Sign(0);

    private static double Sign(int octets)
    {
        var line = "The quick brown fox jumps over the lazy dog, again and again, and one more.\r\n";
        var message = Encoding.ASCII.GetBytes(
            "From: Ann <ann@example.com>\r\nTo: bob@example.org\r\nSubject: figures\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\n\r\n"
            + string.Concat(Enumerable.Repeat(line, octets / line.Length)));
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Messages; i++)
        {
            using var read = new SignedMessage(DkimOptions.Usual, Canonicalization.Relaxed);
            read.Take(message);
            _ = s_signer.Sign(read.Complete(), now);
        }

        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / Messages;
    }

    private static DkimSigner MakeSigner()
    {
        using var rsa = RSA.Create(2048);
        return DkimSigner.TryMake("example.com", "s1", rsa.ExportPkcs8PrivateKeyPem(), out _)!;
    }
}
