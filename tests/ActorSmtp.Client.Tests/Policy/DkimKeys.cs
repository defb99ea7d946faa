using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>A key of example.com, both halves of it, and what signs and verifies with it.</summary>
internal sealed class DkimKeys
{
    private readonly RSA _rsa = RSA.Create(2048);

    public DkimKeys()
    {
        Signer = DkimSigner.TryMake("example.com", "s1", Pem, out _)!;
        var zone = new TestZone();
        zone.Add(new TxtRecord(Signer.KeyName, 60, [.. Signer.KeyRecord.Chunk(255).Select(c => new string(c))]));
        Resolver = new ZoneResolver(zone);
    }

    public static DateTimeOffset Now => DateTimeOffset.UtcNow;

    public DkimSigner Signer { get; }

    public string Pem => _rsa.ExportRSAPrivateKeyPem();

    public ZoneResolver Resolver { get; }

    public string Sign(string message)
    {
        using var read = Read(message, Canonicalization.Relaxed);
        return Signer.Sign(read, Now) + message;
    }

    public static async Task<DkimResult[]> VerifyAsync(string message, IResolver resolver)
    {
        using var read = Read(message);
        return await Task.WhenAll(DkimCheck.Of(read, DkimOptions.Usual, Now).Select(check => resolver.DecideAsync(check)));
    }

    private static SignedMessage Read(string message, params ReadOnlySpan<Canonicalization> forms)
    {
        var read = new SignedMessage(DkimOptions.Usual, forms);
        read.Take(Encoding.Latin1.GetBytes(message));
        return read.Complete();
    }
}
