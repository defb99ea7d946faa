using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>
/// The world in which mail is judged: example.com, whose mail comes from 192.0.2.1 and is signed, and whoever pretends to be it. The client's address is told by XCLIENT.
/// </summary>
internal sealed class OriginWorld
{
    /// <summary>One key for all tests: making one takes a while.</summary>
    private static readonly string _pem = MakeKey();

    public OriginWorld(string dmarc = "v=DMARC1; p=reject", string spf = "v=spf1 ip4:192.0.2.1 -all", string keyTags = "")
    {
        Signer = DkimSigner.TryMake("example.com", "s1", _pem, out _)!;
        Resolver = ZoneResolver.Of($"""
            example.com 60 TXT "{spf}"
            mx.example.com 60 A 192.0.2.1
            1.2.0.192.in-addr.arpa 60 PTR mx.example.com
            """);
        if (dmarc.Length > 0)
        {
            Resolver.Zone.Add($"_dmarc.example.com 60 TXT \"{dmarc}\"");
        }

        Resolver.Zone.Add(new TxtRecord(Signer.KeyName, 60, [.. (Signer.KeyRecord + keyTags).Chunk(255).Select(c => new string(c))]));
    }

    public DkimSigner Signer { get; }

    public ZoneResolver Resolver { get; }

    /// <summary>A server whose listener mx asks these checks.</summary>
    public Task<PolicyServer> StartAsync(string checks, params string[] sets) => StartAsync(checks, Resolver, sets);

    public static Task<PolicyServer> StartAsync(string checks, IResolver resolver, params string[] sets) => PolicyServer.StartAsync(
        resolver, [$"listeners.mx.checks=[{checks}]", "listeners.mx.xclient-trusted=[127.0.0.1]", .. sets]);

    /// <summary>A message of example.com as it was signed.</summary>
    public string Signed(string message)
    {
        message = message.ReplaceLineEndings("\r\n");
        using var read = new SignedMessage(DkimOptions.Usual, Canonicalization.Relaxed);
        read.Take(Encoding.Latin1.GetBytes(message));
        return Signer.Sign(read.Complete(), DateTimeOffset.UtcNow) + message;
    }

    /// <summary>What a client says that hands one message over; the reply to the message is the one before the last, if it comes so far.</summary>
    public static string Dialogue(string message, string from = "ann@example.com", string address = "192.0.2.1", string helo = "mx.example.com") => $"""
        EHLO a
        XCLIENT ADDR={address}
        EHLO {helo}
        MAIL FROM:<{from}>
        RCPT TO:<bob@mx.test>
        DATA
        {message.ReplaceLineEndings("\n").TrimEnd()}
        .
        QUIT

        """;

    private static string MakeKey()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportRSAPrivateKeyPem();
    }
}
