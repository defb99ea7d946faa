using System.Text;
using System.Text.Json;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Sasl;

/// <summary>OAUTHBEARER (RFC 7628) and XOAUTH2: the form of messages, and how a refusal is told.</summary>
public sealed class OAuthTests
{
    private const string Token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
    private static readonly TokenHint Hint = new("mail", "https://issuer.example/.well-known/openid-configuration");

    /// <summary>RFC 7628 §4.1.</summary>
    [Fact]
    public void The_example_of_the_RFC_is_read() =>
        Assert.Equal(
            new SaslStep.CheckToken(new BearerToken(Token, "user@example.com")),
            Server().Start(B64($"n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001" + $"auth=Bearer {Token}\u0001\u0001")));

    [Theory]
    [InlineData("n,,\u0001auth=Bearer abc\u0001\u0001", "abc", null)]
    [InlineData("y,,\u0001auth=bearer abc\u0001\u0001", "abc", null)]
    [InlineData("n,a=a=2Cb,\u0001auth=Bearer  a.b-c_d~e+f/g== \u0001later=x\u0001\u0001", "a.b-c_d~e+f/g==", "a,b")]
    public void Other_spellings_are_read_too(string message, string token, string? user) =>
        Assert.Equal(new SaslStep.CheckToken(new BearerToken(token, user)), Server().Start(B64(message)));

    [Theory]
    [InlineData("")]
    [InlineData("n,,")]
    [InlineData("n,,\u0001")]
    [InlineData("n,,\u0001\u0001")]
    [InlineData("n,,auth=Bearer abc\u0001\u0001")]
    [InlineData("n,,\u0001auth=Bearer abc")]
    [InlineData("n,,\u0001auth=Bearer abc\u0001")]
    [InlineData("n,,\u0001auth=Bearer \u0001\u0001")]
    [InlineData("n,,\u0001auth=Bearer a b\u0001\u0001")]
    [InlineData("n,,\u0001auth=Bearer a=b\u0001\u0001")]
    [InlineData("n,,\u0001auth=Basic abc\u0001\u0001")]
    [InlineData("n,,\u0001auth=Bearer abc\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("n,,\u0001host=x\u0001\u0001")]
    [InlineData("n,,\u0001=x\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("n,,\u0001h1=x\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("p=tls-unique,,\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("n,a=,\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("n,b=x,\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("n\u0001auth=Bearer abc\u0001\u0001")]
    [InlineData("\u0001")]
    public void What_is_outside_the_grammar_is_malformed(string message) =>
        Assert.Equal(new SaslStep.Failed(Replies.AuthMalformed), Server().Start(message.Length == 0 ? "=" : B64(message)));

    [Theory]
    [InlineData("user=ann\u0001auth=Bearer abc\u0001\u0001", "abc", "ann")]
    [InlineData("user=\u0001auth=Bearer abc\u0001\u0001", null, null)]
    [InlineData("auth=Bearer abc\u0001\u0001", null, null)]
    [InlineData("user=ann\u0001\u0001", null, null)]
    [InlineData("user=ann\u0001auth=Bearer abc\u0001", null, null)]
    [InlineData("user=ann\u0001auth=abc\u0001\u0001", null, null)]
    [InlineData("user=ann", null, null)]
    public void XOAUTH2_names_its_user_first(string message, string? token, string? user)
    {
        SaslStep expected = token is null ? new SaslStep.Failed(Replies.AuthMalformed) : new SaslStep.CheckToken(new BearerToken(token, user));
        Assert.Equal(expected, new XOAuth2.Server(Hint).Start(B64(message)));
    }

    /// <summary>RFC 7628 §3.2.2 and §3.2.3.</summary>
    [Theory]
    [InlineData(OAuthBearer.Name)]
    [InlineData(XOAuth2.Name)]
    public void A_refused_token_is_told_why_and_the_failure_follows(string mechanism)
    {
        var token = new BearerToken("abc", "ann");
        SaslServer server = mechanism == XOAuth2.Name ? new XOAuth2.Server(Hint) : Server();
        SaslClient client = mechanism == XOAuth2.Name ? new XOAuth2.Client(token) : new OAuthBearer.Client(token, "mx.test", 587);
        Assert.Equal(mechanism, client.Mechanism);
        Assert.Equal(new SaslStep.CheckToken(token), server.Start(client.InitialResponse));

        var challenge = Assert.IsType<SaslStep.Challenge>(server.Deny(Replies.BadCredentials)).Say.Text;
        using (var json = JsonDocument.Parse(Convert.FromBase64String(challenge)))
        {
            Assert.Equal(mechanism == XOAuth2.Name ? "401" : "invalid_token", json.RootElement.GetProperty("status").GetString());
            Assert.Equal("mail", json.RootElement.GetProperty("scope").GetString());
        }

        var answer = Assert.IsType<SaslAnswer.Send>(client.Next(challenge));
        Assert.Equal(mechanism == XOAuth2.Name ? "" : "AQ==", answer.Line);
        Assert.Contains("scope", client.Complaint, StringComparison.Ordinal);
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), server.Next(Encoding.ASCII.GetBytes(answer.Line)));
    }

    [Fact]
    public void Whatever_follows_the_error_is_a_failure()
    {
        var server = Server();
        server.Start(B64("n,,\u0001auth=Bearer abc\u0001\u0001"));
        server.Deny(Replies.BadCredentials);
        Assert.Equal(new SaslStep.Failed(Replies.BadCredentials), server.Next(Encoding.ASCII.GetBytes(B64("n,,\u0001auth=Bearer abc\u0001\u0001"))));
    }

    [Fact]
    public void Who_is_only_put_off_is_told_no_error_of_the_token()
    {
        var server = Server();
        server.Start(B64("n,,\u0001auth=Bearer abc\u0001\u0001"));
        Assert.Equal(new SaslStep.Failed(Replies.AuthUnavailable), server.Deny(Replies.AuthUnavailable));
    }

    [Fact]
    public void A_token_is_not_printed()
    {
        Assert.DoesNotContain("abc", new BearerToken("abc", "ann").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("abc", new SaslStep.CheckToken(new BearerToken("abc")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_complaint_is_printable_and_short()
    {
        var client = new OAuthBearer.Client(new BearerToken("abc"));
        client.Next(Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"status\":\"\u001b[2J" + new string('x', 1000) + "\"}")));
        Assert.DoesNotContain(client.Complaint!, char.IsControl);
        Assert.True(client.Complaint!.Length < 400);
    }

    private static OAuthBearer.Server Server() => new(Hint);

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
