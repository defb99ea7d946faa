using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Delivery;

public sealed class RouteTests
{
    [Theory]
    [InlineData("mx", RouteKind.Mx, "", 0)]
    [InlineData("smtp://10.0.0.7:25", RouteKind.Smtp, "10.0.0.7", 25)]
    [InlineData("smtp://relay.example.com:587", RouteKind.Smtp, "relay.example.com", 587)]
    [InlineData("smtps://[2001:db8::1]:465", RouteKind.Smtps, "2001:db8::1", 465)]
    [InlineData("lmtp://localhost:24", RouteKind.Lmtp, "localhost", 24)]
    [InlineData("lmtp+unix:/run/lmtp.sock", RouteKind.LmtpUnix, "/run/lmtp.sock", 0)]
    public void A_route_is_read_and_written_back(string text, RouteKind kind, string host, int port)
    {
        var route = Route.Parse("A.test", text)!;
        Assert.Equal(new Route("a.test", kind, host, port), route);
        Assert.Equal(text, route.Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MX")]
    [InlineData("smtp://")]
    [InlineData("smtp://host")]
    [InlineData("smtp://host:")]
    [InlineData("smtp://host:0")]
    [InlineData("smtp://host:65536")]
    [InlineData("smtp://host:+25")]
    [InlineData("smtp://:25")]
    [InlineData("smtp://10.0.0:25")]
    [InlineData("smtp://10.0.0.256:25")]
    [InlineData("smtp://1:25")]
    [InlineData("smtp://[10.0.0.1]:25")]
    [InlineData("smtp://2001:db8::1:25")]
    [InlineData("smtp://user@host:25")]
    [InlineData("smtp://ho st:25")]
    [InlineData("smtp://host.:25")]
    [InlineData("http://host:25")]
    [InlineData("lmtp+unix:")]
    public void What_is_none_is_not_read(string text) => Assert.Null(Route.Parse("a.test", text));

    [Fact]
    public void The_path_of_a_socket_has_to_fit() => Assert.Null(Route.Parse("a.test", "lmtp+unix:/" + new string('x', 107)));

    [Fact]
    public void An_address_is_known_as_one()
    {
        Assert.Equal(IPAddress.Parse("10.0.0.7"), Route.Parse("a", "smtp://10.0.0.7:25")!.Address);
        Assert.Null(Route.Parse("a", "smtp://a.test:25")!.Address);
        Assert.Null(Route.Parse("a", "mx")!.Address);
    }

    [Theory]
    [InlineData("example.com", "1")]
    [InlineData("EXAMPLE.com", "1")]
    [InlineData("a.example.com", "2")]
    [InlineData("b.a.example.com", "2")]
    [InlineData("x.deep.example.com", "3")]
    [InlineData("deep.example.com", "2")]
    [InlineData("notexample.com", "4")]
    [InlineData("com", "4")]
    [InlineData("xn--mnchen-3ya.test", "5")]
    [InlineData("münchen.test", "5")]
    [InlineData("MÜNCHEN.test", "5")]
    [InlineData("[192.0.2.1]", "4")]
    public void The_nearest_route_is_taken(string domain, string host)
    {
        var table = new RouteTable(
        [
            Named("example.com", "1"), Named(".Example.com", "2"), Named(".deep.example.com", "3"), Named("*", "4"), Named("münchen.test", "5"),
        ]);
        Assert.Equal("r" + host, table.Find(MailDomain.TryParse(domain)!)!.Host);
    }

    [Fact]
    public void Without_a_route_for_others_there_may_be_none()
    {
        var table = new RouteTable([Named("example.com", "1")]);
        Assert.Null(table.Find(MailDomain.TryParse("a.example.com")!));
        Assert.Null(table.Find(MailDomain.TryParse("[192.0.2.1]")!));
        Assert.False(table.IsEmpty);
        Assert.True(new RouteTable([]).IsEmpty);
    }

    private static Route Named(string domain, string host) => Route.Parse(domain, $"smtp://r{host}:25")!;
}
