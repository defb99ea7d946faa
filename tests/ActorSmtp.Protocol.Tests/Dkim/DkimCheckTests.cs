using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using static ActorSmtp.Protocol.Tests.Dkim.DkimMessages;

namespace ActorSmtp.Protocol.Tests.Dkim;

/// <summary>What becomes of signatures that are wrong, of keys that are, and of messages that attack.</summary>
public sealed class DkimCheckTests
{
    [Theory]
    [InlineData("v=1;", "v=2;", DkimVerdict.Neutral, "version")]
    [InlineData("v=1;", "", DkimVerdict.Neutral, "version")]
    [InlineData("a=rsa-sha256;", "a=rsa-sha1;", DkimVerdict.Neutral, "RFC 8301")]
    [InlineData("a=rsa-sha256;", "a=rsa-sha512;", DkimVerdict.Neutral, "algorithm")]
    [InlineData("a=rsa-sha256;", "", DkimVerdict.Neutral, "a= is missing")]
    [InlineData("a=rsa-sha256;", "a=ed25519-sha256;", DkimVerdict.PermError, "another kind")]
    [InlineData("d=example.com;", "d=exa mple..com;", DkimVerdict.Neutral, "no name")]
    [InlineData("d=example.com;", "", DkimVerdict.Neutral, "no name")]
    [InlineData("s=s1;", "s=;", DkimVerdict.Neutral, "no name")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/none;", DkimVerdict.Neutral, "canonicalization")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/simple/x;", DkimVerdict.Neutral, "canonicalization")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; q=dns/cname;", DkimVerdict.Neutral, "not in the DNS")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; i=@example.org;", DkimVerdict.Neutral, "i=")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; i=@notexample.com;", DkimVerdict.Neutral, "i=")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; l=x;", DkimVerdict.Neutral, "l=")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; x=1600000000;", DkimVerdict.Neutral, "x=")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; c=relaxed/relaxed;", DkimVerdict.Neutral, "twice")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; ; =x;", DkimVerdict.Neutral, "no name")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/relaxed; unknown=1;", DkimVerdict.Fail, "signed field")]
    [InlineData("c=relaxed/relaxed;", "c=relaxed/simple;", DkimVerdict.Fail, "signed field")]                // this body is the same in both forms
    [InlineData("bh=", "bh=AAAA", DkimVerdict.Neutral, "base64")]
    [InlineData("h=from:from:", "h=", DkimVerdict.PermError, "From")]
    [InlineData("From: Joe", "From: Eve", DkimVerdict.Fail, "signed field")]
    [InlineData("We lost", "We won", DkimVerdict.Fail, "body was changed")]
    [InlineData("Subject: Is", "Subject:  Is", DkimVerdict.Pass, "")]
    [InlineData("Joe.\r\n", "Joe. \r\n\r\n\r\n", DkimVerdict.Pass, "")]
    [InlineData("\r\nFrom:", "\r\nX-Other: added\r\nFrom:", DkimVerdict.Pass, "")]
    [InlineData("\r\nFrom:", "\r\nFrom: eve@example.org\r\nFrom:", DkimVerdict.Fail, "signed field")]   // signed once more than it was there
    [InlineData("\r\nFrom:", "\r\nReply-To: eve@example.org\r\nFrom:", DkimVerdict.Fail, "signed field")]
    public void A_signature_that_is_changed(string from, string to, DkimVerdict verdict, string why)
    {
        var signed = Signed(Plain);
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, Signer.KeyRecord).Verdict);
        Assert.Contains(from, signed, StringComparison.Ordinal);
        var changed = signed.Replace(from, to, StringComparison.Ordinal);
        var result = VerifyOne(changed, Signer.KeyRecord);
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains(why, result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", DkimVerdict.PermError, "cannot be read")]
    [InlineData("v=spf1 -all", DkimVerdict.PermError, "version")]
    [InlineData("k=rsa; v=DKIM1; p=AAAA", DkimVerdict.PermError, "version")]
    [InlineData("v=DKIM1; k=rsa", DkimVerdict.PermError, "missing")]
    [InlineData("v=DKIM1; p=", DkimVerdict.PermError, "revoked")]
    [InlineData("v=DKIM1; p=!!!!", DkimVerdict.PermError, "base64")]
    [InlineData("v=DKIM1; p=AAAA", DkimVerdict.PermError, "none of its kind")]
    [InlineData("v=DKIM1; k=ed25519; p=AAAA", DkimVerdict.PermError, "none of its kind")]
    [InlineData("v=DKIM1; k=dsa; p=AAAA", DkimVerdict.PermError, "nobody knows keys")]
    [InlineData(Ed25519Key, DkimVerdict.PermError, "another kind")]
    [InlineData(RsaKey, DkimVerdict.Fail, "not the key's")]
    [InlineData("h=sha1; KEY", DkimVerdict.PermError, "sha256")]
    [InlineData("s=tlsrpt; KEY", DkimVerdict.PermError, "not for mail")]
    [InlineData("s=tlsrpt:email; h=sha1:sha256; n=a note; t=s; KEY", DkimVerdict.Pass, "")]
    [InlineData("t=y:s; KEY", DkimVerdict.Pass, "tries")]
    [InlineData("v=DKIM1; k=rsa; g=; KEY", DkimVerdict.Pass, "")]
    public void A_key_that_is_published_so(string record, DkimVerdict verdict, string why)
    {
        var key = Signer.KeyRecord;
        var result = VerifyOne(Signed(Plain), record.Replace("KEY", key[key.IndexOf("p=", StringComparison.Ordinal)..], StringComparison.Ordinal));
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains(why, result.Reason, StringComparison.Ordinal);
        Assert.Equal(record.StartsWith("t=y", StringComparison.Ordinal), result.IsTesting);
    }

    [Fact]
    public void A_bare_RSAPublicKey_is_a_key_too()
    {
        using var rsa = RSA.Create(2048);
        var signer = DkimSigner.TryMake("example.com", "s1", rsa.ExportRSAPrivateKeyPem(), out _)!;
        var signed = signer.Sign(Read(Plain, DkimOptions.Usual, 0, Canonicalization.Relaxed), Now) + Plain;
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, $"p={Convert.ToBase64String(rsa.ExportRSAPublicKey())}").Verdict);
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, signer.KeyRecord).Verdict);
    }

    [Theory]
    [InlineData(512, DkimVerdict.PermError)]
    [InlineData(1024, DkimVerdict.Pass)]
    [InlineData(4096, DkimVerdict.Pass)]
    public void An_RSA_key_below_1024_bits_is_worth_nothing(int bits, DkimVerdict verdict)
    {
        using var rsa = RSA.Create(bits);
        var text = Signed(Plain);
        var own = text[..(text.IndexOf("b=", text.IndexOf("bh=", StringComparison.Ordinal) + 10, StringComparison.Ordinal) + 2)];
        using var read = Read(Plain, DkimOptions.Usual);
        var hash = SignedHeader.Hash(read.Header, DkimSigner.Fields(read.Header, DkimSigningForm.Usual), Canonicalization.Relaxed, Encoding.ASCII.GetBytes(own), null);
        var signed = own + Convert.ToBase64String(rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) + "\r\n" + Plain;
        var result = VerifyOne(signed, $"p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}");
        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(bits, result.KeyBits);
        Assert.Equal(DkimVerdict.PermError, VerifyOne(signed, $"p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}", DkimOptions.Usual with { LeastRsaBits = 8192 }).Verdict);
    }

    [Theory]
    [InlineData(256, 200, false)]
    [InlineData(256, 4, true)]
    [InlineData(512, 4, true)]                                      // RFC 8301 §3.2
    [InlineData(513, 4, false)]
    public void A_huge_key_would_cost_time_and_is_none(int modulus, int exponent, bool isOne)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned([.. Enumerable.Repeat((byte)0xFF, modulus)]);
            writer.WriteIntegerUnsigned([.. Enumerable.Repeat((byte)0xFF, exponent)]);
        }

        var record = $"p={Convert.ToBase64String(writer.Encode())}";
        Assert.Equal(isOne, DkimKey.Read(record, out _) is not null);
        Assert.NotEqual(DkimVerdict.Pass, VerifyOne(Signed(Plain), record).Verdict);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(60_000, false)]
    public void Keys_are_kept_and_long_records_are_not(int notes, bool isKept)
    {
        using var rsa = RSA.Create(1024);
        var record = $"n={new string('x', notes)}; p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}";
        var key = DkimKey.Read(record, out var problem);

        Assert.NotNull(key);
        Assert.Equal("", problem);
        Assert.Equal(isKept, ReferenceEquals(key, DkimKey.Read(record, out _)));
    }

    [Fact]
    public void What_the_DNS_does_is_what_the_RFC_says()
    {
        var signed = Signed(Plain);
        Assert.Equal(DkimVerdict.TempError, Assert.Single(Verify(signed, name => new DnsFailed(DnsFailure.ServerFailure, "", default) { Name = name })).Verdict);
        Assert.Equal(DkimVerdict.PermError, Assert.Single(Verify(signed, name => new DnsNoName(default) { Name = name })).Verdict);
        Assert.Equal(DkimVerdict.PermError, Assert.Single(Verify(signed, name => new DnsNoData(default, DnsType.Txt) { Name = name })).Verdict);
        Assert.Equal(DkimVerdict.Pass, Assert.Single(Verify(signed, name => Found(name, "nonsense", Signer.KeyRecord))).Verdict);
    }

    [Fact]
    public void A_signature_whose_time_is_over_fails()
    {
        var signed = Resigned("; x=1700000100");
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, Signer.KeyRecord, null, DateTimeOffset.FromUnixTimeSeconds(1_700_000_100)).Verdict);
        var late = VerifyOne(signed, Signer.KeyRecord, null, DateTimeOffset.FromUnixTimeSeconds(1_700_000_101));
        Assert.Equal((DkimVerdict.Fail, "its time is over"), (late.Verdict, late.Reason));
    }

    [Theory]
    [InlineData("; i=ann@sub.example.com; t=1700000000", "", DkimVerdict.Pass)]
    [InlineData("; i=ann@sub.example.com; t=1700000000", "t=s; ", DkimVerdict.PermError)]
    [InlineData("; i=ann@example.com; t=1700000000", "t=s; ", DkimVerdict.Pass)]
    public void A_strict_key_is_not_for_names_below_its_domain(string tags, string flags, DkimVerdict verdict) =>
        Assert.Equal(verdict, VerifyOne(Resigned(tags), flags + Signer.KeyRecord["v=DKIM1; ".Length..]).Verdict);

    /// <summary>RFC 6376 §8.2: whoever adds to such a message speaks in the signer's name.</summary>
    [Fact]
    public void A_signature_of_a_part_of_the_body_is_taken_only_by_who_wants_to()
    {
        using var hash = new BodyHash(Canonicalization.Relaxed, 3);
        hash.Take(Encoding.ASCII.GetBytes(Plain[(Plain.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
        var signed = Resigned("; l=3", Convert.ToBase64String(hash.Complete()));
        Assert.Equal(DkimVerdict.Policy, VerifyOne(signed, Signer.KeyRecord).Verdict);
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, Signer.KeyRecord, DkimOptions.Usual with { TakesPartialBodies = true }).Verdict);
        Assert.Equal(DkimVerdict.Policy, VerifyOne(signed + "and something that nobody signed\r\n", Signer.KeyRecord).Verdict);
        Assert.Equal("the body is shorter than what was signed", VerifyOne(Resigned("; l=4000"), Signer.KeyRecord).Reason);
    }

    [Fact]
    public void Of_hundreds_of_signatures_the_topmost_are_verified_and_the_others_are_counted()
    {
        var signed = string.Concat(Enumerable.Range(0, 500).Select(i => Signed(Plain)[..^Plain.Length].Replace("s=s1;", $"s=s{i};", StringComparison.Ordinal))) + Plain;
        var asked = new List<string>();
        var results = Verify(signed, name =>
        {
            asked.Add(name.ToString());
            return Found(name, Signer.KeyRecord);
        }, DkimOptions.Usual with { MostHeaderOctets = 1 << 20 });
        Assert.Equal(8, results.Count);
        Assert.Equal(8, asked.Count);
        Assert.Equal("s0._domainkey.example.com", asked[0]);
        using var read = Read(signed, DkimOptions.Usual with { MostHeaderOctets = 1 << 20 });
        Assert.Equal(492, read.Surplus);
    }

    [Fact]
    public void A_flood_of_header_fields_is_left_and_nobody_is_asked()
    {
        var flood = Signed(Plain).Replace("\r\nFrom:", "\r\n" + string.Concat(Enumerable.Repeat("X-Flood: 1\r\n", 100_000)) + "From:", StringComparison.Ordinal);
        var result = Assert.Single(Verify(flood, _ => throw new InvalidOperationException("asked")));
        Assert.Equal((DkimVerdict.PermError, "the header is too long to be checked"), (result.Verdict, result.Reason));
        using var read = Read(flood, DkimOptions.Usual, 0, Canonicalization.Relaxed);
        Assert.Null(Signer.Sign(read, Now));
    }

    [Fact]
    public void A_header_that_never_ends_is_not_kept()
    {
        using var read = new SignedMessage(DkimOptions.Usual);
        var piece = Encoding.ASCII.GetBytes("X: " + new string('x', 8_000));
        for (var i = 0; i < 1_000; i++)
        {
            read.Take(piece);
        }

        read.Complete();
        Assert.True(read.IsTooLong);
        Assert.InRange(read.Header.Raw.Length, 0, DkimOptions.Usual.MostHeaderOctets);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("no header at all")]
    [InlineData("From: a@b.test")]
    [InlineData("DKIM-Signature:")]
    [InlineData("DKIM-Signature: ;;;\r\n\r\n")]
    public void Messages_that_are_hardly_any_are_answered(string message) =>
        Assert.All(Verify(message, _ => throw new InvalidOperationException("asked")), r => Assert.Equal(DkimVerdict.Neutral, r.Verdict));

    [Fact]
    public void A_message_without_From_is_not_signed()
    {
        using var read = Read("To: a@b.test\r\n\r\nx\r\n", DkimOptions.Usual, 0, Canonicalization.Relaxed);
        Assert.Null(Signer.Sign(read, Now));
    }

    [Theory]
    [InlineData("", "PEM")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "PEM")]
    [InlineData("512", "2048")]
    public void A_key_that_cannot_sign_is_told(string pem, string why)
    {
        using var small = RSA.Create(512);
        Assert.Null(DkimSigner.TryMake("example.com", "s1", pem == "512" ? small.ExportPkcs8PrivateKeyPem() : pem, out var problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.Null(DkimSigner.TryMake("no domain", "s1", pem, out problem));
        Assert.Contains("no name", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_a_signature_are_short_and_a_long_list_of_fields_is_bounded()
    {
        var flood = "From: a@b.test\r\n" + string.Concat(Enumerable.Repeat("To: a@b.test\r\n", 1_000)) + "\r\nx\r\n";
        var signed = Signed(flood);
        Assert.All(signed[..^flood.Length].Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
        Assert.Equal(DkimVerdict.Pass, VerifyOne(signed, Signer.KeyRecord).Verdict);
        Assert.Equal(200, VerifyOne(signed, Signer.KeyRecord).Signature!.Fields.Length);
    }

    /// <summary>The plain message with a signature that has tags of the test's choice.</summary>
    private static string Resigned(string tags, string? bodyHash = null)
    {
        using var read = Read(Plain, DkimOptions.Usual, 0, Canonicalization.Relaxed);
        bodyHash ??= Convert.ToBase64String(read.Body(Canonicalization.Relaxed, null).Hash);
        var own = string.Create(CultureInfo.InvariantCulture, $"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1{tags}; h=from:to:subject; bh={bodyHash}; b=");
        return own + Signer.SignHash(SignedHeader.Hash(read.Header, ["from", "to", "subject"], Canonicalization.Relaxed, Encoding.ASCII.GetBytes(own), null)) + "\r\n" + Plain;
    }
}
