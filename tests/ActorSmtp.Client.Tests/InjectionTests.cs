using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Transport;
using static ActorSmtp.Client.Tests.Script;

namespace ActorSmtp.Client.Tests;

/// <summary>
/// Somebody on the way writes into the clear text before TLS, so that it counts inside (the client's side of CVE-2011-0411 and CVE-2021-38371).
/// Whatever it is, nothing is sent then, and nothing learned before the handshake is believed after it.
/// </summary>
public sealed class InjectionTests
{
    private static readonly string UpToStartTls = Offering("STARTTLS") + "C: STARTTLS\n";
    private static readonly TlsServerOptions Server = TlsServerOptions.For(Certificate("mx.test"));

    [Theory]
    [InlineData(@"RAW: 220 go\r\n250 injected\r\n")]                                    // a whole reply
    [InlineData(@"RAW: 220 go\r\n2")]                                                   // its first octet
    [InlineData(@"RAW: 220 go\r\n\r\n")]
    [InlineData(@"RAW: 220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 kept\r\n")]     // a dialogue to the end
    [InlineData(@"RAW: 220-go\r\n220 go\r\n220 go\r\n")]
    [InlineData(@"RAW: 220 go\r\n\0")]
    public async Task What_comes_with_the_reply_to_STARTTLS_ends_the_dialogue(string injected)
    {
        // By line, it comes after the reply: a handshake then reads it, if it is long enough to be looked at.
        foreach (var chunking in injected.Contains("250", StringComparison.Ordinal) ? new[] { Chunking.Whole, Chunking.Lines } : [Chunking.Whole])
        {
            var sending = new Sending { ServerTls = Server, Chunking = chunking };
            var outcome = await Through(sending, UpToStartTls + injected + "\nLEFT");
            Assert.False(outcome.AllAccepted);
            Assert.True(outcome.Failure!.Phase is ClientState.AskingForTls or ClientState.Securing, outcome.Failure.Phase.ToString());
            AssertNothingSaid(sending);
        }
    }

    [Fact]
    public async Task What_comes_between_the_reply_and_the_handshake_breaks_the_handshake()
    {
        var sending = new Sending { ServerTls = Server, Tls = ClientTls.StartTls };
        var outcome = await Through(sending, UpToStartTls + "S: 220 go\nOCTETS\nRAW: 250 injected\\r\\n\nLEFT");
        Assert.Equal(ClientState.Securing, outcome.Failure!.Phase);
        Assert.False(outcome.AllAccepted);
        AssertNothingSaid(sending);
    }

    [Fact]
    public async Task A_reply_to_STARTTLS_that_came_before_the_question_ends_the_dialogue()
    {
        var sending = new Sending { ServerTls = Server };
        var outcome = await Through(sending, "S: 220 mx\nC: EHLO client.test\nRAW: 250-mx\\r\\n250 STARTTLS\\r\\n220 go\\r\\n\nGONE");
        Assert.Equal(ClientState.Introducing, outcome.Failure!.Phase);
        Assert.Contains("before it was asked", outcome.Failure.Why, StringComparison.Ordinal);
        AssertNothingSaid(sending);
    }

    [Fact]
    public async Task Nothing_offered_in_clear_text_counts_inside()
    {
        var (outcome, _) = await new Sending { ServerTls = Server }.Through(Offering("PIPELINING", "SIZE 10", "DSN", "CHUNKING", "AUTH PLAIN", "STARTTLS") + """
            C: STARTTLS
            S: 220 go
            TLS
            C: EHLO client.test
            S: 250 mx
            """ + Message);

        Assert.True(outcome.AllAccepted);
        Assert.False(outcome.Offered!.Pipelining);
        Assert.Null(outcome.Offered.Size);
    }

    [Fact]
    public async Task A_login_offered_in_clear_text_only_is_not_tried_inside()
    {
        var sending = new Sending { ServerTls = Server, Login = new Credentials("barbie", "helloken") };
        var outcome = await Through(sending, Offering("AUTH PLAIN", "STARTTLS") + "C: STARTTLS" + Secured + Offer() + "GONE");
        Assert.Contains("offers no login", outcome.Failure!.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task STARTTLS_offered_again_inside_is_not_taken_again()
    {
        var (outcome, _) = await new Sending { ServerTls = Server, Tls = ClientTls.StartTls }.Through(UpToStartTls + """
            S: 220 go
            TLS
            C: EHLO client.test
            S: 250-mx
            S: 250 STARTTLS
            """ + Message);

        Assert.True(outcome.AllAccepted);
    }

    [Theory]
    [InlineData(ClientTls.Auto)]
    [InlineData(ClientTls.StartTls)]
    public async Task A_handshake_that_fails_is_not_followed_by_clear_text(ClientTls tls)
    {
        var sending = new Sending { ServerTls = Server, Tls = tls };
        var outcome = await Through(sending, UpToStartTls + "S: 220 go\nOCTETS\nRAW: 250 no handshake here\\r\\n\nLEFT");
        Assert.Equal(ClientState.Securing, outcome.Failure!.Phase);
        AssertNothingSaid(sending);
    }

    [Theory]
    [InlineData(true, true, "certificate could not be verified")]
    [InlineData(true, false, "does not offer it")]
    [InlineData(false, true, "does not offer it")]
    public async Task Mail_that_requires_TLS_goes_to_a_verified_server_that_requires_it_on_or_nowhere(bool tls, bool offers, string why)
    {
        Sending sending = null!;
        sending = new Sending { ServerTls = Server, Tls = tls ? ClientTls.StartTls : ClientTls.Off, Compose = _ => sending.Mail() with { RequireTls = true } };
        var offer = offers ? Offer("REQUIRETLS") : Offer();
        var outcome = await Through(sending, (tls ? UpToStartTls + Secured : "S: 220 mx\nC: EHLO client.test\n") + offer + "C: QUIT");
        Assert.Contains(why, Assert.Single(outcome.Results).Why, StringComparison.Ordinal);
        AssertNothingSaid(sending);
    }

    private static async Task<SendOutcome> Through(Sending sending, string script) => (await sending.Through(script)).Outcome;

    private static void AssertNothingSaid(Sending sending)
    {
        foreach (var word in new[] { "C: MAIL", "C: AUTH", "C: RCPT", "C: DATA" })
        {
            Assert.DoesNotContain(word, sending.Transcript, StringComparison.Ordinal);
        }
    }
}
