using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dns;

/// <summary>/etc/resolv.conf and /etc/hosts, as people and programs write them.</summary>
public sealed class NameFileTests
{
    [Fact]
    public void Servers_and_options_are_read()
    {
        var conf = ResolvConf.Parse("""
            # made by a program
            ; and another
            domain example.com
            search example.com example.org
            nameserver 192.0.2.53
            nameserver	2001:db8::53   # trailing words do not count
            nameserver fe80::1%1
            nameserver nonsense
            nameserver
            options timeout:3 attempts:4 rotate edns0 ndots:2
            options trust-ad use-vc timeout:x
            """);

        Assert.Equal(["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%1]:53"], conf.Servers.Select(s => s.ToString()));
        Assert.Equal((TimeSpan.FromSeconds(3), 4, true, true, true), (conf.Timeout, conf.Attempts, conf.Rotate, conf.TrustsAd, conf.UsesTcp));
    }

    [Fact]
    public void An_empty_file_means_this_machine()
    {
        var conf = ResolvConf.Parse("");
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 53), Assert.Single(conf.Servers));
        Assert.Equal((null, null, false, false, false), (conf.Timeout, conf.Attempts, conf.Rotate, conf.TrustsAd, conf.UsesTcp));
    }

    [Fact]
    public void What_is_too_much_is_brought_within_bounds()
    {
        var conf = ResolvConf.Parse("options timeout:999 attempts:0\r\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"nameserver 192.0.2.{i}\r\n")));
        Assert.Equal((TimeSpan.FromSeconds(30), 1, 8), (conf.Timeout, conf.Attempts, conf.Servers.Length));
    }

    [Fact]
    public void Hosts_have_the_addresses_of_the_file_and_no_others()
    {
        var hosts = HostsFile.Parse("""
            127.0.0.1   localhost
            192.0.2.7   Mail.example.test mail alias # a comment
            192.0.2.8   mail.example.test
            2001:db8::7 six.example.test
            nonsense    x.test
            192.0.2.9
            192.0.2.10  ..bad.. good.test
            """);

        Assert.Equal(["192.0.2.7", "192.0.2.8"], Addresses("mail.EXAMPLE.test", DnsType.A));
        Assert.IsType<DnsNoData>(Find("mail.example.test", DnsType.Aaaa));
        Assert.Equal(["192.0.2.7"], Addresses("alias", DnsType.A));
        Assert.Equal(["2001:db8::7"], Addresses("six.example.test", DnsType.Aaaa));
        Assert.Equal(["192.0.2.10"], Addresses("good.test", DnsType.A));
        Assert.Null(Find("x.test", DnsType.A));
        Assert.Null(Find("mail.example.test", DnsType.Mx));
        var name = Assert.IsType<DnsFound>(Find("7.2.0.192.in-addr.arpa", DnsType.Ptr));
        Assert.Equal("Mail.example.test", Assert.IsType<PointerRecord>(name.Records[0]).Target.ToString());

        DnsOutcome? Find(string text, DnsType type) => hosts.Find(new DnsQuestion(DnsName.Parse(text), type));

        IEnumerable<string> Addresses(string text, DnsType type) => Find(text, type)!.Addresses.Select(a => a.ToString());
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("db.LOCALHOST")]
    public void Localhost_is_this_machine_without_a_file(string name)
    {
        Assert.Equal([IPAddress.Loopback], SpecialNames.Find(new DnsQuestion(DnsName.Parse(name), DnsType.A))!.Addresses);
        Assert.Equal([IPAddress.IPv6Loopback], SpecialNames.Find(new DnsQuestion(DnsName.Parse(name), DnsType.Aaaa))!.Addresses);
        Assert.IsType<DnsNoData>(SpecialNames.Find(new DnsQuestion(DnsName.Parse(name), DnsType.Mx)));
    }

    [Theory]
    [InlineData("a.invalid", true)]
    [InlineData("INVALID", true)]
    [InlineData("secret.onion", true)]
    [InlineData("onion.test", false)]
    [InlineData("notinvalid", false)]
    [InlineData("localhost.test", false)]
    public void Names_that_nobody_has_are_known_without_asking(string name, bool isKnown) =>
        Assert.Equal(isKnown, SpecialNames.Find(new DnsQuestion(DnsName.Parse(name), DnsType.Mx)) is DnsNoName);
}
