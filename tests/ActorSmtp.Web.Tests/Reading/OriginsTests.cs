using System.Text;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Web.Reading;

namespace ActorSmtp.Web.Tests.Reading;

/// <summary>Who sent a message, as the pages tell it: only what stands above our own Received line counts.</summary>
public sealed class OriginsTests
{
    private const string Ours = "Return-Path: <a@b.test>\r\nX-Policy: dmarc=fail (why)\r\nAuthentication-Results: mx.test;\r\n\tspf=pass smtp.mailfrom=a@b.test;\r\n\tdkim=fail reason=\"the body was changed\" header.d=b.test header.s=s1\r\n";
    private const string Rest = "Received: from b.test\r\nAuthentication-Results: mx.test; spf=fail\r\nX-Policy: forged\r\n\r\n";

    [Fact]
    public void What_was_found_out_is_told_with_its_reason_and_what_it_is_about()
    {
        var origin = Origins.Of(Header(Ours + Rest), cameByUs: true)!;

        Assert.Equal(("mx.test", "dmarc=fail (why)"), (origin.Server, origin.Policy));
        Assert.Equal(["spf=pass", "dkim=fail"], origin.Results.Select(r => $"{r.Method}={r.Result}"));
        Assert.Equal("a@b.test", origin.Results[0].Properties["smtp.mailfrom"]);
        Assert.Equal(("the body was changed", "b.test"), (origin.Results[1].Reason, origin.Results[1].Properties["header.d"]));
    }

    [Theory]
    [InlineData(Rest, true)]
    [InlineData("Return-Path: <>\r\n" + Rest, true)]
    [InlineData(Ours + Rest, false)]
    [InlineData("Return-Path: <>\r\nAuthentication-Results: \"\r\n" + Rest, true)]
    public void What_others_wrote_is_not_believed(string header, bool cameByUs) => Assert.Null(Origins.Of(Header(header), cameByUs));

    private static HeaderList Header(string text) => HeaderList.Read(Encoding.ASCII.GetBytes(text), MimeLimits.Ample);
}
