using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Dkim;

/// <summary>What is signed, and that whatever is signed by us verifies by us, as long as it changes in no way but those that its form allows.</summary>
public sealed class DkimSignerTests
{
    // RFC 6376, appendix C.
    private const string FootballPrivate = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICXwIBAAKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC
        jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb
        to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB
        AoGBALmn+XwWk7akvkUlqb+dOxyLB9i5VBVfje89Teolwc9YJT36BGN/l4e0l6QX
        /1//6DWUTB3KI6wFcm7TWJcxbS0tcKZX7FsJvUz1SbQnkS54DJck1EZO/BLa5ckJ
        gAYIaqlA9C0ZwM6i58lLlPadX/rtHb7pWzeNcZHjKrjM461ZAkEA+itss2nRlmyO
        n1/5yDyCluST4dQfO8kAB3toSEVc7DeFeDhnC1mZdjASZNvdHS4gbLIA1hUGEF9m
        3hKsGUMMPwJBAPW5v/U+AWTADFCS22t72NUurgzeAbzb1HWMqO4y4+9Hpjk5wvL/
        eVYizyuce3/fGke7aRYw/ADKygMJdW8H/OcCQQDz5OQb4j2QDpPZc0Nc4QlbvMsj
        7p7otWRO5xRa6SzXqqV3+F0VpqvDmshEBkoCydaYwc2o6WQ5EBmExeV8124XAkEA
        qZzGsIxVP+sEVRWZmW6KNFSdVUpk3qzK0Tz/WjQMe5z0UunY9Ax9/4PVhp/j61bf
        eAYXunajbBSOLlx4D+TunwJBANkPI5S9iylsbLs6NkaMHV6k5ioHBBmgCak95JGX
        GMot/L2x0IYyMLAz6oLWh2hm7zwtb0CgOrPo1ke44hFYnfc=
        -----END RSA PRIVATE KEY-----
        """;

    private static readonly string[] s_words = ["word", "a longer piece of text", " ", "  ", "\t", " \t ", ".", "=20", "é", ";", ":"];

    [Fact]
    public void The_key_of_RFC_6376_makes_the_signature_of_its_example()
    {
        var key = RsaPrivateKey.TryRead(FootballPrivate, out _)!;
        var message = DkimMessages.Read(DkimMessages.Rfc6376, DkimOptions.Usual);
        var (signature, field, _) = Assert.Single(message.DkimSignatures);

        var hash = SignedHeader.Hash(message.Header, signature!.Fields, signature.HeaderForm, field.Raw.Span, field);

        Assert.Equal(signature.Signature, key.Sign(hash));
        Assert.True(key.IsPublishedBy(DkimMessages.FootballKey));
        Assert.False(key.IsPublishedBy(DkimMessages.RsaKey));
        Assert.False(key.IsPublishedBy(DkimMessages.Ed25519Key));
        Assert.False(key.IsPublishedBy("v=DKIM1; p="));
    }

    [Fact]
    public void The_record_that_is_printed_is_the_one_of_the_RFC()
    {
        var signer = DkimSigner.TryMake("example.com", "brisbane", FootballPrivate, out _)!;

        Assert.Equal(DkimMessages.FootballKey.Replace("v=DKIM1; ", "v=DKIM1; k=rsa; ", StringComparison.Ordinal), signer.KeyRecord);
        Assert.Equal("brisbane._domainkey.example.com", signer.KeyName.ToString());
    }

    [Theory]
    [InlineData(Canonicalization.Relaxed, Canonicalization.Relaxed)]
    [InlineData(Canonicalization.Relaxed, Canonicalization.Simple)]
    [InlineData(Canonicalization.Simple, Canonicalization.Relaxed)]
    [InlineData(Canonicalization.Simple, Canonicalization.Simple)]
    public void Whatever_we_sign_we_verify_however_it_is_cut_and_not_when_it_was_spoilt(Canonicalization header, Canonicalization body)
    {
        var random = new Random(((int)header * 2) + (int)body);
        var spoilt = 0;
        for (var i = 0; i < 150; i++)
        {
            var message = Make(random);
            var signed = Sign(message, DkimSigningForm.Usual with { Header = header, Body = body }) + message;

            var result = Assert.Single(DkimMessages.Verify(signed, name => DkimMessages.Found(name, DkimMessages.Signer.KeyRecord), piece: random.Next(1, 40)));
            Assert.True(result.Verdict == DkimVerdict.Pass, $"{result.Reason}\n{signed}");

            // A letter of the body, or of a signed field, is another one.
            var at = Enumerable.Range(signed.Length - message.Length, message.Length).Where(p => char.IsAsciiLetter(signed[p]) && IsCovered(signed, p)).ToArray();
            var place = at[random.Next(at.Length)];
            var other = signed[..place] + (signed[place] == 'q' ? 'r' : 'q') + signed[(place + 1)..];
            Assert.True(DkimMessages.VerifyOne(other, DkimMessages.Signer.KeyRecord).Verdict == DkimVerdict.Fail, other);
            spoilt++;
        }

        Assert.Equal(150, spoilt);
    }

    [Fact]
    public void A_relaxed_signature_survives_what_servers_on_the_way_do_with_white_space()
    {
        var random = new Random(9);
        for (var i = 0; i < 200; i++)
        {
            var message = Make(random);
            var changed = Relaxed(Sign(message, DkimSigningForm.Usual) + message, random);

            var result = DkimMessages.VerifyOne("Received: from here\r\n" + changed, DkimMessages.Signer.KeyRecord);

            Assert.True(result.Verdict == DkimVerdict.Pass, $"{result.Reason}\n{changed}");
        }
    }

    [Theory]
    [InlineData("From: Eve <eve@example.com>\r\n")]
    [InlineData("Subject: another\r\n")]
    [InlineData("Reply-To: eve@evil.example\r\n")]
    [InlineData("Cc: eve@evil.example\r\n")]
    [InlineData("Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n")]
    public void No_field_can_be_added_that_a_reader_would_see(string field)
    {
        var signed = DkimMessages.Signed(DkimMessages.Plain);

        Assert.Equal(DkimVerdict.Fail, DkimMessages.VerifyOne(field + signed, DkimMessages.Signer.KeyRecord).Verdict);
        Assert.Equal(DkimVerdict.Fail, DkimMessages.VerifyOne(signed.Replace("\r\n\r\n", "\r\n" + field + "\r\n", StringComparison.Ordinal), DkimMessages.Signer.KeyRecord).Verdict);
        Assert.Equal(DkimVerdict.Pass, DkimMessages.VerifyOne("X-Spam: no\r\n" + signed, DkimMessages.Signer.KeyRecord).Verdict);
    }

    [Fact]
    public void A_signature_ends_when_it_is_to()
    {
        var signed = Sign(DkimMessages.Plain, DkimSigningForm.Usual with { ExpiresAfter = TimeSpan.FromDays(7) }) + DkimMessages.Plain;

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"x={DkimMessages.Now.ToUnixTimeSeconds() + (7 * 86400)};"), signed, StringComparison.Ordinal);
        Assert.Equal(DkimVerdict.Pass, DkimMessages.VerifyOne(signed, DkimMessages.Signer.KeyRecord, now: DkimMessages.Now.AddDays(7)).Verdict);
        Assert.Equal(DkimVerdict.Fail, DkimMessages.VerifyOne(signed, DkimMessages.Signer.KeyRecord, now: DkimMessages.Now.AddDays(7).AddSeconds(1)).Verdict);
        Assert.DoesNotContain(" x=", DkimMessages.Signed(DkimMessages.Plain), StringComparison.Ordinal);
    }

    [Fact]
    public void The_hashes_of_the_body_can_be_chosen_once_the_header_is_known()
    {
        using var message = new SignedMessage(DkimOptions.Usual, header => header.First("Subject")!.Value == "Is dinner ready?" ? [Canonicalization.Simple] : []);
        message.Take(Encoding.Latin1.GetBytes(DkimMessages.Plain));
        message.Complete();

        Assert.Equal("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=", Convert.ToBase64String(message.Body(Canonicalization.Simple, null).Hash));
        Assert.Throws<KeyNotFoundException>(() => message.Body(Canonicalization.Relaxed, null));
    }

    [Theory]
    [InlineData("Subject: no author\r\n\r\nHello\r\n")]
    [InlineData("")]
    public void What_has_no_From_is_not_signed(string message) => Assert.Null(DkimMessages.Signer.Sign(DkimMessages.Read(message, DkimOptions.Usual, 0, Canonicalization.Relaxed), DkimMessages.Now));

    [Theory]
    [InlineData("From", true)]
    [InlineData("X-Any", true)]
    [InlineData("received", false)]
    [InlineData("Return-Path", false)]
    [InlineData("dkim-signature", false)]
    [InlineData("ARC-Seal", false)]
    [InlineData("Bcc", false)]
    [InlineData("a b", false)]
    [InlineData("a:b", false)]
    [InlineData("", false)]
    public void Fields_that_change_on_the_way_are_not_to_be_signed(string field, bool may) => Assert.Equal(may, DkimSigningForm.MaySign(field));

    [Fact]
    public void Keys_that_are_worth_nothing_are_refused()
    {
        using var rsa = RSA.Create(512);

        Assert.Null(RsaPrivateKey.TryRead(rsa.ExportPkcs8PrivateKeyPem(), out var problem));
        Assert.Contains("512 bits is worth nothing", problem, StringComparison.Ordinal);
        using var good = RSA.Create(2048);
        Assert.Null(RsaPrivateKey.TryRead(good.ExportSubjectPublicKeyInfoPem(), out problem));
        Assert.Contains("no private RSA key", problem, StringComparison.Ordinal);
        Assert.Null(DkimSigner.TryMake("exa mple.com", "s1", RsaPrivateKey.TryRead(FootballPrivate, out _)!, out problem));
        Assert.Contains("make no name of a key", problem, StringComparison.Ordinal);
    }

    private static string Sign(string message, DkimSigningForm form) =>
        DkimMessages.Signer.Sign(DkimMessages.Read(message, DkimOptions.Usual with { MostSignatures = 0 }, 0, form.Body), form, DkimMessages.Now)!;

    /// <summary>Fields of all kinds in any order, a body with all the white space that canonicalization is about.</summary>
    private static string Make(Random random)
    {
        var text = new StringBuilder();
        foreach (var name in new[] { "Received", "From", "To", "Subject", "Date", "Message-ID", "X-Other", "To", "Cc", "References" })
        {
            if (random.Next(4) > 0 || name == "From")
            {
                text.Append(name).Append(':').Append(" \t"[..random.Next(3)]).Append(name == "From" ? "Ann <ann@example.com>" : "v" + Line(random, 4).Trim());
                text.Append(random.Next(3) == 0 ? $"\r\n {Line(random, 2).Trim()}z" : "").Append(random.Next(4) == 0 ? " \r\n" : "\r\n");
            }
        }

        text.Append("\r\n");
        for (var lines = random.Next(8); lines > 0; lines--)
        {
            text.Append(random.Next(3) == 0 ? "" : Line(random, 6)).Append("\r\n");
        }

        return text.Append("end\r\n").Append(random.Next(3) == 0 ? "\r\n\r\n" : "").ToString();
    }

    private static string Line(Random random, int words) => string.Concat(Enumerable.Range(0, random.Next(1, words + 1)).Select(_ => s_words[random.Next(s_words.Length)]));

    /// <summary>Whether a place of a message is in the body or the value of a signed field.</summary>
    private static bool IsCovered(string signed, int place)
    {
        var body = signed.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (place >= body + 4)
        {
            return true;
        }

        var field = HeaderList.Read(Encoding.Latin1.GetBytes(signed), MimeLimits.Ample).Last(f => IndexOf(signed, f) <= place);
        return !field.NameIs("Received") && !field.NameIs("X-Other") && !field.NameIs("DKIM-Signature") && place > IndexOf(signed, field) + field.Name.Length;

        static int IndexOf(string signed, HeaderField field) => signed.IndexOf(Encoding.Latin1.GetString(field.Raw.Span), StringComparison.Ordinal);
    }

    /// <summary>What RFC 6376 §3.4.2 and §3.4.4 allow: names' case, folds, runs of white space, its ends, empty lines at the end.</summary>
    private static string Relaxed(string message, Random random)
    {
        var body = message.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2;
        var header = string.Concat(HeaderList.Read(Encoding.Latin1.GetBytes(message), MimeLimits.Ample).Select(f =>
        {
            var value = Encoding.Latin1.GetString(f.RawValue.Span).Trim(' ', '\t', '\r', '\n');
            if (!f.NameIs("DKIM-Signature") || random.Next(2) == 0)
            {
                value = Widened(value.Replace("\r\n", "", StringComparison.Ordinal), random, random.Next(2) == 0 ? "\r\n " : "  \t");
            }

            return $"{(random.Next(2) == 0 ? f.Name.ToUpperInvariant() : f.Name)}{(random.Next(2) == 0 ? " " : "")}: \t{value} \r\n";
        }));
        var lines = message[body..].Split("\r\n").Select(l => Widened(l, random, "\t ") + (random.Next(2) == 0 ? " " : ""));
        return header + "\r\n" + string.Join("\r\n", lines.Skip(1)) + (random.Next(2) == 0 ? "\r\n\r\n" : "");
    }

    /// <summary>Each run of white space is another one; none begins or ends.</summary>
    private static string Widened(string text, Random random, string blank)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is ' ' or '\t')
            {
                while (i + 1 < text.Length && text[i + 1] is ' ' or '\t')
                {
                    i++;
                }

                result.Append(random.Next(3) == 0 ? blank : " ");
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
