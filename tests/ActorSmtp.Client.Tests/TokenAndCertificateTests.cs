using System.Text;
using ActorSmtp.Protocol.Sasl;
using static ActorSmtp.Client.Tests.Script;

namespace ActorSmtp.Client.Tests;

/// <summary>OAUTHBEARER, XOAUTH2 and EXTERNAL from the client's side.</summary>
public sealed class TokenAndCertificateTests
{
    [Fact]
    public async Task A_token_goes_by_OAUTHBEARER_and_is_masked()
    {
        var sending = new Sending { Token = new BearerToken("abc", "barbie") };
        var (outcome, _) = await sending.Through(Offering("AUTH PLAIN XOAUTH2 OAUTHBEARER") + "C: AUTH OAUTHBEARER bixhPWJhcmJpZSwB*\nS: 235 in" + Message);
        Assert.True(outcome.AllAccepted);
        Assert.Contains("AUTH OAUTHBEARER ***", sending.Transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_XOAUTH2_where_there_is_no_other()
    {
        var sending = new Sending { Token = new BearerToken("abc", "barbie") };
        var said = Convert.ToBase64String(Encoding.ASCII.GetBytes("user=barbie\u0001auth=Bearer abc\u0001\u0001"));
        var (outcome, _) = await sending.Through(Offering("AUTH PLAIN XOAUTH2") + $"C: AUTH XOAUTH2 {said}\nS: 235 in" + Message);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_refusal_is_told_with_the_servers_own_words()
    {
        var error = Convert.ToBase64String("{\"status\":\"invalid_token\",\"scope\":\"mail\"}"u8);
        var (outcome, _) = await new Sending { Token = new BearerToken("abc") }
            .Through(Offering("AUTH OAUTHBEARER") + $"C: AUTH OAUTHBEARER *\nS: 334 {error}\nC: AQ==\nS: 535 5.7.8 no\nC: QUIT");
        Assert.Contains("invalid_token", outcome.Failure!.Why, StringComparison.Ordinal);
        Assert.Equal(535, outcome.Failure.Reply!.Code);
    }

    /// <summary>RFC 4954 §4: what would make the command too long waits for the challenge.</summary>
    [Fact]
    public async Task A_long_token_waits_for_the_challenge()
    {
        var (outcome, _) = await new Sending { Token = new BearerToken(new string('t', 2000)) }
            .Through(Offering("AUTH OAUTHBEARER") + "C: AUTH OAUTHBEARER\nS: 334 \nC: biws*\nS: 235 in" + Message);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_token_is_not_sent_in_clear_text_to_another_machine()
    {
        var (outcome, _) = await new Sending { Token = new BearerToken("abc"), Remote = true }
            .Through(Offering("AUTH OAUTHBEARER") + "GONE");
        Assert.Contains("without TLS", outcome.Failure!.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EXTERNAL PLAIN", null, "AUTH EXTERNAL =")]
    [InlineData("EXTERNAL PLAIN", "ann", "AUTH EXTERNAL YW5u")]
    public async Task A_certificate_alone_is_the_login(string offered, string? actAs, string said)
    {
        using var certificate = Certificate("bob");
        var (outcome, _) = await new Sending { Certificate = certificate, ActAs = actAs }
            .Through(Offering($"AUTH {offered}") + $"C: {said}\nS: 235 in" + Message);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_certificate_for_a_server_that_wants_no_login_is_for_the_handshake_only()
    {
        using var certificate = Certificate("bob");
        var (outcome, _) = await new Sending { Certificate = certificate }.Through(Offering("AUTH PLAIN") + Message);
        Assert.True(outcome.AllAccepted);
    }
}
