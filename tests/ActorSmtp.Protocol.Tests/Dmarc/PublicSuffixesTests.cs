using ActorSmtp.Protocol.Dmarc;

namespace ActorSmtp.Protocol.Tests.Dmarc;

/// <summary>The list of the repository, by cases like those that its makers publish.</summary>
public sealed class PublicSuffixesTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("b.example.com", "example.com")]
    [InlineData("a.b.EXAMPLE.com.", "example.com")]
    [InlineData("com", "com")]
    [InlineData("a.unlisted-top-level", "a.unlisted-top-level")]
    [InlineData("b.a.unlisted-top-level", "a.unlisted-top-level")]
    [InlineData("b.example.uk.com", "example.uk.com")]
    [InlineData("co.uk", "co.uk")]
    [InlineData("mail.example.co.uk", "example.co.uk")]
    [InlineData("test.ac.jp", "test.ac.jp")]
    [InlineData("a.b.ide.kyoto.jp", "b.ide.kyoto.jp")]
    [InlineData("ide.kyoto.jp", "ide.kyoto.jp")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("c.kobe.jp", "c.kobe.jp")]
    [InlineData("www.city.kobe.jp", "city.kobe.jp")]
    [InlineData("a.b.test.ck", "b.test.ck")]
    [InlineData("www.www.ck", "www.ck")]
    [InlineData("www.ck", "www.ck")]
    [InlineData("a.b.k12.ak.us", "b.k12.ak.us")]
    [InlineData("shop.someone.github.io", "someone.github.io")]
    [InlineData("www.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn")]
    [InlineData("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn")]
    [InlineData("www.食狮.中国", "xn--85x722f.xn--fiqs8s")]
    public void An_organization_is_a_label_below_the_suffix(string name, string organization) =>
        Assert.Equal(organization, PublicSuffixes.Own.OrganizationOf(name));

    [Fact]
    public void The_list_is_whole() => Assert.InRange(PublicSuffixes.Own.Count, 9_000, 20_000);

    [Fact]
    public void Names_of_one_owner_are_told_from_others()
    {
        Assert.True(PublicSuffixes.Own.AreOneOrganization("mail.example.com", "news.Example.com"));
        Assert.False(PublicSuffixes.Own.AreOneOrganization("ann.github.io", "eve.github.io"));
        Assert.False(PublicSuffixes.Own.AreOneOrganization("example.co.uk", "other.co.uk"));
    }
}
