using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Storage.Tests.Certificates;

/// <summary>Certificates in files: what is right is read, what is wrong is told with the file's name, and every change is seen.</summary>
public sealed class CertificateStoreTests : IDisposable
{
    private static readonly (string Certificate, string Key) Ann = Make("ann.test"), Bob = Make("bob.test");

    private readonly string _folder = Directory.CreateTempSubdirectory("certificates-").FullName;
    private readonly ICertificateStore _store;

    public CertificateStoreTests() => _store = Stores.Certificates(Path.Combine(_folder, "data"), "mx.test", TimeProvider.System);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_certificate_is_read_with_its_chain_and_key()
    {
        var read = await _store.LoadAsync(Pair(Ann.Certificate + Bob.Certificate, Ann.Key), default);
        Assert.Equal("CN=ann.test", read.Certificate!.Subject);
        Assert.True(read.Certificate.HasPrivateKey);
        Assert.Equal("CN=bob.test", Assert.Single(read.Chain).Subject);
        Assert.False(read.IsSelfSigned);
    }

    [Fact]
    public async Task Authorities_are_read_all()
    {
        var read = await _store.LoadAsync(new AuthorityFile(Write("ca.pem", Ann.Certificate + "\nsome words between\n" + Bob.Certificate)), default);
        Assert.Null(read.Certificate);
        Assert.Equal(["CN=ann.test", "CN=bob.test"], read.Chain.Select(c => c.Subject));
    }

    public static TheoryData<string?, string?, string> Wrong => new()
    {
        { null, Ann.Key, "a.pem does not exist" },
        { Ann.Certificate, null, "a.key does not exist" },
        { "", Ann.Key, "a.pem holds no certificate in PEM form" },
        { Ann.Certificate, "", "a.key holds no private key in PEM form" },
        { Ann.Certificate, Ann.Certificate, "a.key holds no private key in PEM form" },
        { Ann.Certificate, Bob.Key, "a.key is not the key of *a.pem" },
        { Ann.Certificate[..^20], Ann.Key, "a.pem is cut off" },
        { Ann.Certificate + Bob.Certificate[..60], Ann.Key, "a.pem is cut off" },       // the chain would be one shorter
        { Ann.Certificate, Ann.Key[..^10], "a.key is cut off" },
        { Ann.Certificate, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "a.key is encrypted" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", Ann.Key, "a.pem holds something that is no certificate" },
        { Ann.Certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a.key is not the key of *a.pem" },
        { new string('x', (1 << 20) + 1), Ann.Key, "a.pem is larger than any certificate" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_told_with_the_files_name(string? certificate, string? key, string says)
    {
        var pair = Pair(certificate, key);
        var told = await Assert.ThrowsAsync<StoreException>(() => _store.LoadAsync(pair, default));
        var at = 0;
        foreach (var part in says.Split('*'))
        {
            at = told.Message.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"'{told.Message}' does not say '{says}'");
        }

        Assert.DoesNotContain(Ann.Key[40..60], told.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await _store.MarkAsync(pair, default));
    }

    [Fact]
    public async Task An_RSA_key_for_an_ECDSA_certificate_is_refused()
    {
        using var rsa = RSA.Create(2048);
        var told = await Assert.ThrowsAsync<StoreException>(() => _store.LoadAsync(Pair(Ann.Certificate, rsa.ExportPkcs8PrivateKeyPem()), default));
        Assert.Contains("a.key is not the key of", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_mark_is_another_after_each_change_and_the_same_without_one()
    {
        var pair = Pair(Ann.Certificate, Ann.Key);
        var marks = new List<string> { await _store.MarkAsync(pair, default) };
        Assert.Equal(marks[0], (await _store.LoadAsync(pair, default)).Mark);
        File.SetLastWriteTimeUtc(pair.Certificate, DateTime.UtcNow.AddDays(-3));
        Assert.Equal(marks[0], await _store.MarkAsync(pair, default));

        var time = File.GetLastWriteTimeUtc(pair.Key);
        Pair(Ann.Certificate, Bob.Key);
        File.SetLastWriteTimeUtc(pair.Key, time);                               // as `cp -p` would
        marks.Add(await _store.MarkAsync(pair, default));
        Pair(Bob.Certificate, Bob.Key);
        marks.Add(await _store.MarkAsync(pair, default));
        File.Delete(pair.Key);
        marks.Add(await _store.MarkAsync(pair, default));
        File.Delete(pair.Certificate);
        marks.Add(await _store.MarkAsync(pair, default));
        Pair("", "");
        marks.Add(await _store.MarkAsync(pair, default));
        Assert.Equal(marks.Count, marks.Distinct().Count());
    }

    [Fact]
    public async Task A_symbolic_link_that_points_elsewhere_is_a_change()
    {
        var (first, second) = (Write("1.pem", Ann.Certificate), Write("2.pem", Bob.Certificate));
        var link = Path.Combine(_folder, "live.pem");
        File.CreateSymbolicLink(link, first);
        var before = await _store.MarkAsync(new AuthorityFile(link), default);
        File.Delete(link);
        File.CreateSymbolicLink(link, second);
        Assert.NotEqual(before, await _store.MarkAsync(new AuthorityFile(link), default));
    }

    [Fact]
    public async Task The_servers_own_certificate_is_made_once_and_made_anew_for_another_name()
    {
        var made = await _store.LoadAsync(CertificatePair.SelfSigned, default);
        Assert.True(made.IsSelfSigned);
        Assert.True(made.Certificate!.MatchesHostname("mx.test"));
        Assert.True(made.Certificate.MatchesHostname("localhost"));
        Assert.Equal(made.Mark, (await _store.LoadAsync(CertificatePair.SelfSigned, default)).Mark);
        Assert.Equal(made.Mark, await _store.MarkAsync(CertificatePair.SelfSigned, default));

        var other = await Stores.Certificates(Path.Combine(_folder, "data"), "other.test", TimeProvider.System).LoadAsync(CertificatePair.SelfSigned, default);
        Assert.True(other.Certificate!.MatchesHostname("other.test"));
        Assert.NotEqual(made.Mark, other.Mark);
    }

    [Fact]
    public async Task The_servers_own_certificate_is_made_anew_before_it_expires()
    {
        var made = await _store.LoadAsync(CertificatePair.SelfSigned, default);
        var later = new Later(made.Certificate!.NotAfter.ToUniversalTime().AddHours(-6));
        var renewed = await Stores.Certificates(Path.Combine(_folder, "data"), "mx.test", later).LoadAsync(CertificatePair.SelfSigned, default);
        Assert.True(renewed.Certificate!.NotAfter > made.Certificate.NotAfter.AddDays(3000));
    }

    private CertificatePair Pair(string? certificate, string? key)
    {
        foreach (var (name, text) in new[] { ("a.pem", certificate), ("a.key", key) })
        {
            if (text is not null)
            {
                Write(name, text);
            }
        }

        return new CertificatePair(Path.Combine(_folder, "a.pem"), Path.Combine(_folder, "a.key"));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (string Certificate, string Key) Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return (made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private sealed class Later(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(now, TimeSpan.Zero);
    }
}
