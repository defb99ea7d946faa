using System.Security.Cryptography;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.TransportSecurity;

namespace ActorSmtp.Protocol.Tests.TransportSecurity;

/// <summary>Which TLSA records count, and what they match (RFC 6698 §2.1, RFC 7672 §3.1).</summary>
public sealed class TlsaSetTests
{
    private static readonly byte[] _certificate = [1, 2, 3];
    private static readonly byte[] _key = [4, 5];

    [Theory]
    [InlineData(3, 0, 0, "010203", true)]
    [InlineData(3, 1, 0, "0405", true)]
    [InlineData(3, 1, 0, "0406", false)]
    [InlineData(3, 0, 0, "0405", false)]
    [InlineData(2, 1, 0, "0405", false)]
    public void A_record_matches_what_it_selects(byte usage, byte selector, byte matching, string hex, bool matches) =>
        Assert.Equal(matches, Set(usage, selector, matching, Convert.FromHexString(hex)).Matches(3, _certificate, _key));

    [Fact]
    public void Hashes_match()
    {
        Assert.True(Set(3, 1, 1, SHA256.HashData(_key)).Matches(3, _certificate, _key));
        Assert.True(Set(3, 0, 2, SHA512.HashData(_certificate)).Matches(3, _certificate, _key));
        Assert.False(Set(3, 0, 1, SHA256.HashData(_key)).Matches(3, _certificate, _key));
        Assert.True(Set(2, 0, 1, SHA256.HashData(_certificate)).Matches(2, _certificate, _key));
    }

    [Theory]
    [InlineData(0, 0, 0, 3, false)]                                 // PKIX-TA
    [InlineData(1, 0, 0, 3, false)]                                 // PKIX-EE
    [InlineData(4, 0, 0, 3, false)]
    [InlineData(3, 2, 0, 3, false)]
    [InlineData(3, 0, 3, 3, false)]
    [InlineData(3, 0, 1, 31, false)]
    [InlineData(3, 0, 1, 32, true)]
    [InlineData(2, 0, 2, 64, true)]
    [InlineData(3, 0, 2, 32, false)]
    [InlineData(3, 0, 0, 0, false)]
    public void Records_of_other_kinds_do_not_count(byte usage, byte selector, byte matching, int octets, bool counts) =>
        Assert.Equal(counts, Set(usage, selector, matching, new byte[octets]).Usable.Length == 1);

    [Fact]
    public void Of_hashes_of_the_same_thing_the_strongest_counts()
    {
        var weak = Record(3, 1, 1, SHA256.HashData(_key));
        Assert.False(TlsaSet.Of([weak, Record(3, 1, 2, new byte[64])]).Matches(3, _certificate, _key));
        Assert.True(TlsaSet.Of([weak, Record(3, 1, 2, SHA512.HashData(_key))]).Matches(3, _certificate, _key));
        Assert.True(TlsaSet.Of([weak, Record(3, 0, 2, new byte[64]), Record(2, 1, 2, new byte[64]), Record(3, 1, 0, [1])]).Matches(3, _certificate, _key));     // of other things
    }

    [Fact]
    public void Equal_records_are_equal_in_any_order()
    {
        var (a, b) = (Record(3, 1, 0, [1]), Record(2, 1, 0, [2]));
        Assert.Equal(TlsaSet.Of([a, b]), TlsaSet.Of([b, a]));
        Assert.NotEqual(TlsaSet.Of([a]), TlsaSet.Of([b]));
        Assert.True(TlsaSet.Of([a, b]).NamesAuthorities);
        Assert.False(TlsaSet.Of([a]).NamesAuthorities);
    }

    private static TlsaSet Set(byte usage, byte selector, byte matching, byte[] data) => TlsaSet.Of([Record(usage, selector, matching, data)]);

    private static TlsaRecord Record(byte usage, byte selector, byte matching, byte[] data) =>
        new(DnsName.Parse("_25._tcp.mx.test"), 60, usage, selector, matching, [.. data]);
}
