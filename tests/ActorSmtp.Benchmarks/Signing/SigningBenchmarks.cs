using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Benchmarks.Signing;

/// <summary>What it costs one core to sign a message, from its first octet to its field: relaxed/relaxed, by RSA of 2048 bits where nothing else is said.</summary>
internal static class SigningBenchmarks
{
    private const int Messages = 500;

    private static readonly Lazy<DkimSigner> s_signer = new(() => MakeSigner(2048));
    private static readonly Lazy<DkimSigner> s_short = new(() => MakeSigner(1024));

    public static double Of1KiB() => Sign(s_signer.Value, 1024);

    public static double Of100KiB() => Sign(s_signer.Value, 100 * 1024);

    public static double Of1MiB() => Sign(s_signer.Value, 1024 * 1024, Messages / 10);

    public static double Of1KiBByShortKey() => Sign(s_short.Value, 1024);

    public static double Of1MiBByShortKey() => Sign(s_short.Value, 1024 * 1024, Messages / 10);

    /// <summary>The signature alone.</summary>
    public static double OfNothing() => Sign(s_signer.Value, 0);

    /// <summary>By all cores at once, 1 KiB: what a server could sign if it did nothing else.</summary>
    public static double MessagesASecond()
    {
        var cores = Environment.ProcessorCount;
        _ = s_signer.Value;
        var began = Stopwatch.GetTimestamp();
        Parallel.For(0, cores, new ParallelOptions { MaxDegreeOfParallelism = cores }, _ => Sign(s_signer.Value, 1024));
        return cores * Messages / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static double Sign(DkimSigner signer, int octets, int messages = Messages)
    {
        var line = "The quick brown fox jumps over the lazy dog, again and again, and one more.\r\n";
        var message = Encoding.ASCII.GetBytes(
            "From: Ann <ann@example.com>\r\nTo: bob@example.org\r\nSubject: figures\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\n\r\n"
            + string.Concat(Enumerable.Repeat(line, octets / line.Length)));
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < messages; i++)
        {
            using var read = new SignedMessage(DkimOptions.Usual, Canonicalization.Relaxed);
            read.Take(message);
            _ = signer.Sign(read.Complete(), now);
        }

        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / messages;
    }

    private static DkimSigner MakeSigner(int bits)
    {
        using var rsa = RSA.Create(bits);
        return DkimSigner.TryMake("example.com", "s1", rsa.ExportPkcs8PrivateKeyPem(), out _)!;
    }
}
