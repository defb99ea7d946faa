using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Client.Tests;

/// <summary>What many dialogues begin and end with, and certificates that nobody vouches for. Each part ends its own last line.</summary>
internal static class Script
{
    /// <summary>A message from its envelope to the end of the dialogue.</summary>
    public const string Message = """

        C: MAIL FROM:<bob@example.org>
        S: 250 ok
        C: RCPT TO:<ann@example.com>
        S: 250 ok
        C: DATA
        S: 354 go on
        BODY
        S: 250 kept
        C: QUIT

        """;

    /// <summary>The answer to STARTTLS, the handshake, and EHLO again.</summary>
    public const string Secured = "\nS: 220 go\nTLS\nC: EHLO client.test\n";

    /// <summary>The greeting, EHLO, and what is offered.</summary>
    public static string Offering(params ReadOnlySpan<string> keywords) => "S: 220 mx\nC: EHLO client.test\n" + Offer(keywords);

    /// <summary>The answer to EHLO.</summary>
    public static string Offer(params ReadOnlySpan<string> keywords)
    {
        var lines = new List<string>();
        foreach (var line in (ReadOnlySpan<string>)["mx", .. keywords])
        {
            lines.Add($"S: 250-{line}\n");
        }

        lines[^1] = "S: 250 " + lines[^1]["S: 250-".Length..];
        return string.Concat(lines);
    }

    /// <summary>A certificate signed by itself.</summary>
    public static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
