using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Transport;
using static ActorSmtp.Client.Tests.Script;

namespace ActorSmtp.Client.Tests;

/// <summary>TLS and AUTH from the client's side; no password in a transcript.</summary>
public sealed class LoginTests
{
    private const string Canary = "canary-5fd0";
    private static readonly Credentials Barbie = new("barbie", Canary);
    private static readonly X509Certificate2 Certificate = Script.Certificate("mx.test");

    [Fact]
    public async Task PLAIN_goes_as_an_initial_response_and_is_masked()
    {
        var sending = new Sending { Login = Barbie };
        var (outcome, _) = await sending.Through(Offering("AUTH LOGIN PLAIN") + $"C: AUTH PLAIN {Base64($"\0barbie\0{Canary}")}\nS: 235 in" + Message);

        Assert.True(outcome.AllAccepted);
        Assert.Contains("C: AUTH PLAIN ***", sending.Transcript, StringComparison.Ordinal);
        AssertNoSecret(sending.Transcript);
    }

    [Fact]
    public async Task LOGIN_answers_two_questions_and_is_masked()
    {
        var sending = new Sending { Login = Barbie };
        var (outcome, _) = await sending.Through(
            Offering("AUTH=LOGIN") + $"C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {Base64("barbie")}\nS: 334 UGFzc3dvcmQ6\nC: {Base64(Canary)}\nS: 235 in" + Message);

        Assert.True(outcome.AllAccepted);
        AssertNoSecret(sending.Transcript);
    }

    [Fact]
    public async Task A_refused_login_sends_nothing()
    {
        var sending = new Sending { Login = Barbie };
        var (outcome, _) = await sending.Through(Offering("AUTH PLAIN") + "C: AUTH PLAIN *\nS: 535 5.7.8 no\nC: QUIT");

        Assert.Equal((ClientState.Authenticating, 535, false), (outcome.Failure!.Phase, outcome.Failure.Reply!.Code, outcome.Failure.MayRetry));
        AssertNoSecret(sending.Transcript);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "not sent by PLAIN without TLS")]
    [InlineData("8BITMIME", "offers no login")]
    [InlineData("AUTH CRAM-MD5", "offers CRAM-MD5")]
    public async Task A_login_that_cannot_be_or_would_tell_the_password_ends_the_dialogue(string offered, string why)
    {
        var (outcome, _) = await new Sending { Login = Barbie, Remote = true }.Through(Offering(offered) + "GONE");

        Assert.Contains(why, outcome.Failure!.Why, StringComparison.Ordinal);
        Assert.Equal(ClientState.Introducing, outcome.Failure.Phase);
    }

    [Fact]
    public async Task SCRAM_is_taken_first_and_its_lines_are_masked()
    {
        var sending = new Sending { Login = Barbie, Remote = true };
        var (outcome, _) = await sending.Through(Offering("AUTH PLAIN SCRAM-SHA-256") + "C: AUTH SCRAM-SHA-256 *\nS: 535 5.7.8 no\nC: QUIT");

        Assert.Contains("C: AUTH SCRAM-SHA-256 ***", sending.Transcript, StringComparison.Ordinal);
        Assert.Equal(ClientState.Authenticating, outcome.Failure!.Phase);
    }

    [Fact]
    public async Task A_server_that_says_235_without_its_proof_is_not_believed()
    {
        var (outcome, _) = await new Sending { Login = Barbie }.Through(Offering("AUTH SCRAM-SHA-256") + "C: AUTH SCRAM-SHA-256 *\nS: 235 come in\nC: QUIT");

        Assert.Contains("prove", outcome.Failure!.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_asks_without_end_is_left()
    {
        var rounds = string.Concat(Enumerable.Repeat($"S: 334 \nC: {Base64($"\0barbie\0{Canary}")}\n", 8));
        var (outcome, _) = await new Sending { Login = Barbie }.Through(Offering("AUTH PLAIN") + $"C: AUTH PLAIN *\n{rounds}S: 334 \nC: QUIT");

        Assert.False(outcome.AllAccepted);
        Assert.Equal(ClientState.Authenticating, outcome.Failure!.Phase);
    }

    [Fact]
    public async Task STARTTLS_is_taken_where_it_is_offered_and_EHLO_said_again()
    {
        var (outcome, _) = await new Sending { ServerTls = TlsServerOptions.For(Certificate) }
            .Through(Offering("STARTTLS") + "C: STARTTLS" + Secured + Offer() + Message);

        Assert.True(outcome.AllAccepted);
        Assert.NotNull(outcome.Tls);
        Assert.False(outcome.Offered!.StartTls);
    }

    [Fact]
    public async Task TLS_from_the_first_byte()
    {
        var (outcome, _) = await new Sending { Tls = ClientTls.Implicit, ServerTls = TlsServerOptions.For(Certificate) }
            .Through("TLS\n" + Offering() + Message);

        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task What_a_stranger_puts_between_STARTTLS_and_the_handshake_is_found()
    {
        var (outcome, _) = await new Sending { ServerTls = TlsServerOptions.For(Certificate) }
            .Through(Offering("STARTTLS") + "C: STARTTLS\nRAW: 220 go\\r\\n250-mx\\r\\n250 AUTH PLAIN\\r\\n\nGONE");

        Assert.Equal(ClientState.AskingForTls, outcome.Failure!.Phase);
        Assert.Contains("between STARTTLS and the handshake", outcome.Failure.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sent_where_TLS_is_required_and_not_offered()
    {
        var (outcome, _) = await new Sending { Tls = ClientTls.StartTls }.Through(Offering() + "GONE");

        Assert.Contains("does not offer STARTTLS", outcome.Failure!.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientTls.StartTls, false, false)]
    [InlineData(ClientTls.Auto, true, true)]
    public async Task A_certificate_nobody_vouches_for_ends_the_dialogue_where_it_matters(ClientTls tls, bool remote, bool login)
    {
        var sending = new Sending { Tls = tls, Insecure = false, Remote = remote, Login = login ? Barbie : null, ServerTls = TlsServerOptions.For(Certificate) };
        var wrong = await Record.ExceptionAsync(() => sending.Through(Offering("STARTTLS") + "C: STARTTLS\nS: 220 go\nTLS\nGONE"));

        Assert.DoesNotContain("MAIL FROM", sending.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("AUTH", sending.Transcript.Replace("AUTH PLAIN\n", ""), StringComparison.Ordinal);
        _ = wrong;                                                       // the server may see the handshake end or fail, as TLS versions differ
    }

    private static void AssertNoSecret(string text)
    {
        Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Base64(Canary), text, StringComparison.Ordinal);
        Assert.DoesNotContain(Base64($"\0barbie\0{Canary}"), text, StringComparison.Ordinal);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
