using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Client.Tests;

/// <summary>OAUTHBEARER, XOAUTH2 and EXTERNAL from the client's side.</summary>
public sealed class TokenAndCertificateTests
{
    private const string Rest = """

        C: MAIL FROM:<bob@example.org>
        S: 250 ok
        C: RCPT TO:<ann@example.com>
        S: 250 ok
        C: DATA
        S: 354 go on
        BODY
        S: 250 kept
        C: QUIT
        """;

    [Fact]
    public async Task A_token_goes_by_OAUTHBEARER_and_is_masked()
    {
        var sending = new Sending { Token = new BearerToken("abc", "barbie") };
        var (outcome, _) = await sending.Through("S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH PLAIN XOAUTH2 OAUTHBEARER\nC: AUTH OAUTHBEARER bixhPWJhcmJpZSwB*\nS: 235 in" + Rest);
        Assert.True(outcome.AllAccepted);
        Assert.Contains("AUTH OAUTHBEARER ***", sending.Transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_XOAUTH2_where_there_is_no_other()
    {
        var sending = new Sending { Token = new BearerToken("abc", "barbie") };
        var said = Convert.ToBase64String(Encoding.ASCII.GetBytes("user=barbie\u0001auth=Bearer abc\u0001\u0001"));
        var (outcome, _) = await sending.Through($"S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH PLAIN XOAUTH2\nC: AUTH XOAUTH2 {said}\nS: 235 in" + Rest);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_refusal_is_told_with_the_servers_own_words()
    {
        var error = Convert.ToBase64String("{\"status\":\"invalid_token\",\"scope\":\"mail\"}"u8);
        var (outcome, _) = await new Sending { Token = new BearerToken("abc") }
            .Through($"S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH OAUTHBEARER\nC: AUTH OAUTHBEARER *\nS: 334 {error}\nC: AQ==\nS: 535 5.7.8 no\nC: QUIT");
        Assert.Contains("invalid_token", outcome.Failure!.Why, StringComparison.Ordinal);
        Assert.Equal(535, outcome.Failure.Reply!.Code);
    }

    /// <summary>RFC 4954 §4: what would make the command too long waits for the challenge.</summary>
    [Fact]
    public async Task A_long_token_waits_for_the_challenge()
    {
        var (outcome, _) = await new Sending { Token = new BearerToken(new string('t', 2000)) }
            .Through("S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH OAUTHBEARER\nC: AUTH OAUTHBEARER\nS: 334 \nC: biws*\nS: 235 in" + Rest);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_token_is_not_sent_in_clear_text_to_another_machine()
    {
        var (outcome, _) = await new Sending { Token = new BearerToken("abc"), Remote = true }
            .Through("S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH OAUTHBEARER\nGONE");
        Assert.Contains("without TLS", outcome.Failure!.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EXTERNAL PLAIN", null, "AUTH EXTERNAL =")]
    [InlineData("EXTERNAL PLAIN", "ann", "AUTH EXTERNAL YW5u")]
    public async Task A_certificate_alone_is_the_login(string offered, string? actAs, string said)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=bob", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var (outcome, _) = await new Sending { Certificate = certificate, ActAs = actAs }
            .Through($"S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH {offered}\nC: {said}\nS: 235 in" + Rest);
        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_certificate_for_a_server_that_wants_no_login_is_for_the_handshake_only()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=bob", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var (outcome, _) = await new Sending { Certificate = certificate }.Through("S: 220 mx\nC: EHLO client.test\nS: 250-mx\nS: 250 AUTH PLAIN" + Rest);
        Assert.True(outcome.AllAccepted);
    }
}
