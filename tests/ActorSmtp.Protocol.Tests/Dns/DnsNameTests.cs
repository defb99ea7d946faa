using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dns;

public sealed class DnsNameTests
{
    [Theory]
    [InlineData("example.com", "example.com", 2)]
    [InlineData("example.com.", "example.com", 2)]
    [InlineData("Example.COM", "Example.COM", 2)]
    [InlineData(".", ".", 0)]
    [InlineData("localhost", "localhost", 1)]
    [InlineData("_25._tcp.mx.example.com", "_25._tcp.mx.example.com", 5)]
    [InlineData("bücher.example", "xn--bcher-kva.example", 2)]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example", 2)]
    [InlineData("例え.テスト", "xn--r8jz45g.xn--zckzah", 2)]
    [InlineData(@"a\.b.example", @"a\.b.example", 2)]
    [InlineData(@"a\046b.example", @"a\.b.example", 2)]
    [InlineData(@"\000\255.x", @"\000\255.x", 2)]
    public void A_name_is_read_as_people_write_it(string text, string shown, int labels)
    {
        var name = DnsName.Parse(text);

        Assert.Equal(shown, name.ToString());
        Assert.Equal(labels, name.Labels);
        Assert.Equal(name, DnsName.Parse(name.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData(@"a\")]
    [InlineData(@"a\25")]
    [InlineData(@"a\256")]
    [InlineData("ä..example")]
    public void What_is_no_name_is_not_read(string? text) => Assert.Null(DnsName.TryParse(text));

    [Fact]
    public void Labels_of_63_and_names_of_255_octets_are_the_longest()
    {
        var label = new string('a', 63);
        Assert.NotNull(DnsName.TryParse(label));
        Assert.Null(DnsName.TryParse(label + "a"));
        var longest = string.Join('.', label, label, label, new string('a', 61));
        Assert.Equal(255, DnsName.Parse(longest).Wire.Length);
        Assert.Equal(255, DnsName.Parse(longest + ".").Wire.Length);
        Assert.Null(DnsName.TryParse(longest + "a"));
        Assert.Null(DnsName.TryParse(longest + "a."));
        Assert.Null(DnsName.Parse(longest).Prepend("b"));
        Assert.Null(DnsName.TryParse(new string('.', 2000)));
    }

    [Fact]
    public void Names_compare_without_case()
    {
        Assert.Equal(DnsName.Parse("Example.com"), DnsName.Parse("eXAMPLE.COM"));
        Assert.Equal(DnsName.Parse("Example.com").GetHashCode(), DnsName.Parse("eXAMPLE.COM").GetHashCode());
        Assert.False(DnsName.Parse("Example.com").EqualsExactly(DnsName.Parse("example.com")));
        Assert.Equal(DnsName.Parse(@"\200A"), DnsName.Parse(@"\200a"));
        Assert.NotEqual(DnsName.Parse(@"a\.b"), DnsName.Parse("a.b"));
        Assert.NotEqual(DnsName.Parse("a[b"), DnsName.Parse("a{b"));         // 32 apart, and no letters
    }

    [Theory]
    [InlineData("mx.example.com", true)]
    [InlineData("mx_1.example.com", true)]
    [InlineData("3com.com", true)]
    [InlineData("-a.example", false)]
    [InlineData("a-.example", false)]
    [InlineData("a b.example", false)]
    [InlineData("*.example", false)]
    [InlineData(".", false)]
    public void Hosts_have_letters_digits_and_hyphens(string text, bool isHost) => Assert.Equal(isHost, DnsName.Parse(text).IsHost);

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("a.1", true)]
    [InlineData("1.a", false)]
    [InlineData(".", false)]
    public void An_address_is_known_when_seen(string text, bool looksLikeOne) => Assert.Equal(looksLikeOne, DnsName.Parse(text).LooksLikeAddress);

    [Theory]
    [InlineData("192.0.2.1", "1.2.0.192.in-addr.arpa")]
    [InlineData("::ffff:192.0.2.1", "1.2.0.192.in-addr.arpa")]
    [InlineData("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]   // RFC 3596 §2.5 in another range
    public void The_names_of_an_address_stand_in_reverse(string address, string name) =>
        Assert.Equal(name, DnsName.ReverseOf(IPAddress.Parse(address)).ToString());

    [Fact]
    public void Parents_and_ancestors_are_known()
    {
        var name = DnsName.Parse("a.b.example");
        Assert.Equal("b.example", name.Parent!.ToString());
        Assert.Equal(DnsName.Root, DnsName.Parse("example").Parent);
        Assert.Null(DnsName.Root.Parent);
        Assert.True(name.IsAtOrBelow(name));
        Assert.True(name.IsAtOrBelow(DnsName.Parse("B.EXAMPLE")));
        Assert.True(name.IsAtOrBelow(DnsName.Root));
        Assert.False(name.IsAtOrBelow(DnsName.Parse("x.b.example")));
        Assert.False(DnsName.Parse("xb.example").IsAtOrBelow(DnsName.Parse("b.example")));
        Assert.Equal("_25._tcp.mx", DnsName.Parse("mx").Prepend("_tcp")!.Prepend("_25")!.ToString());
    }

    [Fact]
    public void Letters_take_their_case_from_bits()
    {
        var name = DnsName.Parse("ab-1.cD");
        Assert.Equal("ab-1.cd", name.InCase(0).ToString());
        Assert.Equal("AB-1.CD", name.InCase(ulong.MaxValue).ToString());
        Assert.Equal("Ab-1.cD", name.InCase(0b1001).ToString());
        Assert.Equal(name, name.InCase(0b0110));
        var longest = string.Join('.', Enumerable.Repeat(new string('x', 60), 4));
        Assert.Equal(longest.ToUpperInvariant(), DnsName.Parse(longest).InCase(ulong.MaxValue).ToString());
    }
}
