using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Protocol.Tests.Dkim;

/// <summary>The examples of RFC 6376 (3.4.5, A.2) and RFC 8463 (A.3), in pieces of any size.</summary>
public sealed class DkimVectorTests
{
    public static TheoryData<int> Pieces => [0, 1, 2, 3, 7, 64, 100];

    [Theory]
    [MemberData(nameof(Pieces))]
    public void The_example_of_RFC_6376_passes(int piece)
    {
        var result = Assert.Single(DkimMessages.Verify(DkimMessages.Rfc6376, name => DkimMessages.Found(name, DkimMessages.FootballKey), piece: piece));
        Assert.Equal((DkimVerdict.Pass, "example.com", "brisbane", "joe@football.example.com", "AuUoFEfD", 1024), (
            result.Verdict, result.Signature!.Domain, result.Signature.Selector, result.Signature.Identity, result.Signature.Start, result.KeyBits));
        Assert.Equal("brisbane._domainkey.example.com", result.Signature.KeyName.ToString());
    }

    [Theory]
    [MemberData(nameof(Pieces))]
    public void The_examples_of_RFC_8463_pass(int piece)
    {
        var results = DkimMessages.Verify(DkimMessages.Rfc8463, name => DkimMessages.Found(name, name.ToString().StartsWith("brisbane", StringComparison.Ordinal) ? DkimMessages.Ed25519Key : DkimMessages.RsaKey), piece: piece);
        Assert.Equal([DkimVerdict.Pass, DkimVerdict.Pass], results.Select(r => r.Verdict));
        Assert.Equal([DkimAlgorithm.Ed25519Sha256, DkimAlgorithm.RsaSha256], results.Select(r => r.Signature!.Algorithm));
    }

    /// <summary>3.4.5, and every cut of it.</summary>
    [Theory]
    [InlineData(Canonicalization.Relaxed, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n")]
    [InlineData(Canonicalization.Simple, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n")]
    [InlineData(Canonicalization.Simple, "", "\r\n")]
    [InlineData(Canonicalization.Simple, "\r\n\r\n", "\r\n")]
    [InlineData(Canonicalization.Simple, "a", "a\r\n")]
    [InlineData(Canonicalization.Simple, "a\r", "a\r\r\n")]
    [InlineData(Canonicalization.Simple, "\r\n\r\na\r\n", "\r\n\r\na\r\n")]
    [InlineData(Canonicalization.Simple, "a\r\r\n\nb\r\n\r\n", "a\r\r\n\nb\r\n")]
    [InlineData(Canonicalization.Relaxed, "", "")]
    [InlineData(Canonicalization.Relaxed, "\r\n\r\n", "")]
    [InlineData(Canonicalization.Relaxed, " \t\r\n \r\n", "")]
    [InlineData(Canonicalization.Relaxed, "a", "a\r\n")]
    [InlineData(Canonicalization.Relaxed, "a  b\tc \t", "a b c\r\n")]
    [InlineData(Canonicalization.Relaxed, "  a\r\n \t \r\nb\r\n\r\n", " a\r\n\r\nb\r\n")]
    [InlineData(Canonicalization.Relaxed, "a \r\rb\r\n", "a \r\rb\r\n")]
    public void Bodies_become_what_is_hashed(Canonicalization how, string body, string canonical)
    {
        var expected = SHA256.HashData(Encoding.Latin1.GetBytes(canonical));
        var octets = Encoding.Latin1.GetBytes(body);
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            for (var second = cut; second <= octets.Length; second++)
            {
                using var hash = new BodyHash(how, null);
                hash.Take(octets.AsSpan(0, cut));
                hash.Take(octets.AsSpan(cut, second - cut));
                hash.Take(octets.AsSpan(second));
                Assert.Equal(expected, hash.Complete());
                Assert.Equal(canonical.Length, hash.Octets);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(4_000)]
    public void Only_so_much_of_a_body_is_hashed_as_is_signed(int most)
    {
        const string Body = " C \r\nD \t E\r\nsome more of it\r\n\r\n";
        const string Canonical = " C\r\nD E\r\nsome more of it\r\n";
        using var hash = new BodyHash(Canonicalization.Relaxed, most);
        hash.Take(Encoding.Latin1.GetBytes(Body));
        Assert.Equal(SHA256.HashData(Encoding.Latin1.GetBytes(Canonical[..Math.Min(most, Canonical.Length)])), hash.Complete());
        Assert.Equal(Canonical.Length, hash.Octets);
    }

    /// <summary>Mail of 25 MiB that is nothing but line ends, or blanks, and then a letter.</summary>
    [Theory]
    [InlineData("\r\n")]
    [InlineData(" ")]
    public void A_body_that_may_yet_end_is_not_kept(string piece)
    {
        var octets = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(piece, 1 << 16)));
        using var hash = new BodyHash(Canonicalization.Relaxed, null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
        {
            hash.Take(octets);
        }

        hash.Take("x"u8);
        hash.Complete();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal((piece == " " ? 1 : 200L * octets.Length) + 3, hash.Octets);
    }
}
