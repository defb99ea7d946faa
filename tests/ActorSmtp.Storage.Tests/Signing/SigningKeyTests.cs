using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Storage.Signing;

namespace ActorSmtp.Storage.Tests.Signing;

/// <summary>Keys that sign: made, kept, read back, changed by others meanwhile; Ed25519 by OpenSSL against RFC 8032.</summary>
public sealed class SigningKeyTests : IDisposable
{
    private static readonly DateTimeOffset s_from = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("actorsmtp-keys-").FullName;
    private readonly ISigningKeyStore _store;

    public SigningKeyTests() => _store = Stores.SigningKeys(new StorageSettings(_folder, SyncPolicy.Always, 1 << 20, 3 << 20, 1, 1, 1, 1, default, 1, default), TimeProvider.System);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Where_nobody_made_a_key_there_is_none_and_no_folder()
    {
        Assert.Equal((0, 0), await CountAsync());
        Assert.False(Directory.Exists(Path.Combine(_folder, "dkim")));
    }

    [SkippableTheory]
    [InlineData(DkimAlgorithm.RsaSha256, 2048)]
    [InlineData(DkimAlgorithm.RsaSha256, 3072)]
    [InlineData(DkimAlgorithm.Ed25519Sha256, 0)]
    public async Task A_key_that_was_made_is_read_back_and_nobody_else_can_read_it(DkimAlgorithm algorithm, int bits)
    {
        Skip.If(algorithm == DkimAlgorithm.Ed25519Sha256 && !OpenSslEd25519.IsThere, "there is no libcrypto here");
        var made = await _store.MakeAsync("example.com", "s1", algorithm, bits, s_from, CancellationToken.None);

        var read = Assert.Single((await _store.LoadAsync([], CancellationToken.None)).Keys);

        Assert.Equal((made.Domain, made.Selector, made.ActiveFrom, bits), (read.Domain, read.Selector, read.ActiveFrom, read.Key.Bits));
        Assert.Equal(made.Key.Record, read.Key.Record);
        Assert.Equal(s_from, read.ActiveFrom);
        Assert.True(read.Key.IsPublishedBy(made.Key.Record));
        var file = Path.Combine(_folder, "dkim", "s1._domainkey.example.com.pem");
        Assert.Equal(file, read.Place);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        }
    }

    [Fact]
    public async Task There_is_one_key_of_a_name_and_it_can_be_put_off_and_removed()
    {
        var made = await _store.MakeAsync("example.com", "s1", DkimAlgorithm.RsaSha256, 2048, s_from, CancellationToken.None);
        var twice = await Assert.ThrowsAsync<StoreException>(() => _store.MakeAsync("example.com", "s1", DkimAlgorithm.RsaSha256, 2048, s_from, CancellationToken.None));
        Assert.Contains("choose another selector", twice.Message, StringComparison.Ordinal);

        await _store.ActivateAsync(made, s_from.AddDays(2), CancellationToken.None);
        var read = Assert.Single((await _store.LoadAsync([], CancellationToken.None)).Keys);
        Assert.Equal((s_from.AddDays(2), made.Key.Record, made.MadeAt), (read.ActiveFrom, read.Key.Record, read.MadeAt));

        Assert.True(await _store.RemoveAsync(read, CancellationToken.None));
        Assert.False(await _store.RemoveAsync(read, CancellationToken.None));
        Assert.Equal((0, 0), await CountAsync());
    }

    [Fact]
    public async Task A_key_of_another_program_signs_at_once_and_what_did_not_change_is_the_same_object()
    {
        await _store.MakeAsync("example.com", "s1", DkimAlgorithm.RsaSha256, 2048, s_from, CancellationToken.None);
        using var rsa = RSA.Create(2048);
        Put("old._domainkey.Example.org.pem", rsa.ExportRSAPrivateKeyPem());

        var first = await _store.LoadAsync([], CancellationToken.None);
        var second = await _store.LoadAsync([], CancellationToken.None);

        Assert.Equal(["example.com", "example.org"], first.Keys.Select(k => k.Domain));
        Assert.Equal(DateTimeOffset.UnixEpoch, first.Keys[1].ActiveFrom);
        Assert.Equal(first.Keys.ToArray(), second.Keys.ToArray());
        Put("old._domainkey.Example.org.pem", RSA.Create(2048).ExportRSAPrivateKeyPem());
        Assert.NotEqual(first.Keys[1].Key.Record, (await _store.LoadAsync([], CancellationToken.None)).Keys[1].Key.Record);
    }

    [Fact]
    public async Task A_key_elsewhere_has_the_name_and_the_time_of_the_settings_and_is_not_ours_to_change()
    {
        using var rsa = RSA.Create(2048);
        var path = Path.Combine(_folder, "elsewhere.private");
        await File.WriteAllTextAsync(path, rsa.ExportPkcs8PrivateKeyPem());
        SetMode(path, UnixFileMode.UserRead);

        var keys = await _store.LoadAsync([new SigningKeyFile("example.com", "s9", path, s_from)], CancellationToken.None);

        var key = Assert.Single(keys.Keys);
        Assert.Empty(keys.Problems);
        Assert.Equal(("s9", s_from, path), (key.Selector, key.ActiveFrom, key.Place));
        Assert.Contains("by hand", (await Assert.ThrowsAsync<StoreException>(() => _store.RemoveAsync(key, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("s1._domainkey.example.com.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key of RSA or Ed25519")]
    [InlineData("s1._domainkey.example.com.pem", "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", "no private key of RSA or Ed25519")]
    [InlineData("s1._domainkey.example.com.pem", "", "no private key of RSA or Ed25519")]
    [InlineData("s1._domainkey.example.com.pem", "Active-From: soon\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "its line Active-From has no time")]
    [InlineData("example.com.pem", "", "is not named SELECTOR._domainkey.DOMAIN.pem")]
    public async Task What_is_no_key_is_told_with_its_name_and_the_others_are_used(string name, string text, string problem)
    {
        await _store.MakeAsync("example.net", "s1", DkimAlgorithm.RsaSha256, 2048, s_from, CancellationToken.None);
        Put(name, text);

        var keys = await _store.LoadAsync([new SigningKeyFile("example.com", "s2", Path.Combine(_folder, "missing"), s_from)], CancellationToken.None);

        Assert.Equal("example.net", Assert.Single(keys.Keys).Domain);
        Assert.Contains(keys.Problems, p => p.Contains(name, StringComparison.Ordinal) && p.Contains(problem, StringComparison.Ordinal));
        Assert.Contains(keys.Problems, p => p.Contains("missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_huge_file_is_no_key_and_one_that_others_can_read_is_used_and_told()
    {
        Put("s1._domainkey.example.com.pem", new string('x', 70_000));
        using var rsa = RSA.Create(2048);
        Put("s2._domainkey.example.com.pem", rsa.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        var keys = await _store.LoadAsync([], CancellationToken.None);

        Assert.Equal("s2", Assert.Single(keys.Keys).Selector);
        Assert.Contains(keys.Problems, p => p.Contains("70000 octets are no key", StringComparison.Ordinal));
        Assert.Contains(keys.Problems, p => p.Contains("chmod 600", StringComparison.Ordinal));
    }

    // RFC 8032 §7.1, tests 1 to 3.
    [SkippableTheory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_signs_as_RFC_8032_does(string seed, string publicKey, string message, string signature)
    {
        Skip.IfNot(OpenSslEd25519.IsThere, "there is no libcrypto here");
        var key = OpenSslEd25519.TryMake(Convert.FromHexString(seed))!;

        Assert.Equal(signature, Convert.ToHexStringLower(key.Sign(Convert.FromHexString(message))));
        Assert.EndsWith("p=" + Convert.ToBase64String(Convert.FromHexString(publicKey)), key.Record, StringComparison.Ordinal);
        Assert.Null(OpenSslEd25519.TryMake(new byte[31]));
    }

    [SkippableFact]
    public async Task A_message_signed_by_Ed25519_verifies_and_many_threads_may_sign_at_once()
    {
        Skip.IfNot(OpenSslEd25519.IsThere, "there is no libcrypto here");
        foreach (var algorithm in Enum.GetValues<DkimAlgorithm>())
        {
            var key = (await _store.MakeAsync("example.com", $"s{(int)algorithm}", algorithm, 2048, s_from, CancellationToken.None)).Key;
            var hash = SHA256.HashData("x"u8);
            var signatures = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => key.Sign(hash))));
            Assert.All(signatures, s => Assert.Equal(signatures[0], s));
        }
    }

    private async Task<(int Keys, int Problems)> CountAsync()
    {
        var keys = await _store.LoadAsync([], CancellationToken.None);
        return (keys.Keys.Length, keys.Problems.Length);
    }

    private void Put(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "dkim")).FullName, name);
        File.WriteAllText(path, text, Encoding.ASCII);
        SetMode(path, mode);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
