using System.Text;
using ActorSmtp.Protocol.Smtp;
using static ActorSmtp.Client.Tests.Script;

namespace ActorSmtp.Client.Tests;

/// <summary>What a server offers decides how it is spoken to.</summary>
public sealed class ExtensionTests
{
    private static readonly string Pipelining = Offering("PIPELINING");

    [Fact]
    public async Task A_server_that_does_not_know_EHLO_is_met_with_HELO()
    {
        var (outcome, _) = await new Sending().Through("""
            S: 220 mx
            C: EHLO client.test
            S: 502 what
            C: HELO client.test
            S: 250 mx
            """ + Message);

        Assert.True(outcome.AllAccepted);
        Assert.Equal(Extensions.None, outcome.Offered);
    }

    [Fact]
    public async Task Envelope_and_DATA_go_in_one_flight_where_it_is_offered()
    {
        var (outcome, content) = await new Sending { To = ["ann@example.com", "nobody@example.com", "eve@example.com"] }.Through(Pipelining + """
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            C: RCPT TO:<nobody@example.com>
            C: RCPT TO:<eve@example.com>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 550 5.1.1 nobody
            S: 451 4.7.1 later
            S: 354 go on
            BODY
            S: 250 2.0.0 kept
            C: QUIT
            S: 221 bye
            """);

        Assert.Equal([true, false, false], outcome.Results.Select(r => r.Accepted));
        Assert.Equal([false, false, true], outcome.Results.Select(r => r.MayRetry));
        Assert.Equal("Subject: hi\r\n\r\nHello\r\n", content);
    }

    [Fact]
    public async Task A_354_though_nobody_was_accepted_is_answered_with_the_end_alone()
    {
        var (outcome, content) = await new Sending().Through(Pipelining + """
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            C: DATA
            S: 250 ok
            S: 550 5.1.1 nobody
            S: 354 go on
            BODY
            S: 554 5.5.1 no valid recipients
            C: QUIT
            """);

        Assert.Equal(550, Assert.Single(outcome.Results).Reply!.Code);
        Assert.Equal("", content);
    }

    [Fact]
    public async Task A_transaction_whose_DATA_was_refused_is_given_up_with_RSET()
    {
        var (outcome, _) = await new Sending().Through(Pipelining + """
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            C: DATA
            S: 250 ok
            S: 550 5.1.1 nobody
            S: 503 5.5.1 no recipients
            C: RSET
            S: 250 ok
            C: QUIT
            """);

        Assert.Equal(550, Assert.Single(outcome.Results).Reply!.Code);
    }

    [Fact]
    public async Task The_results_stand_even_if_RSET_goes_wrong()
    {
        var (outcome, _) = await new Sending().Through(Pipelining + """
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            C: DATA
            S: 250 ok
            S: 550 5.1.1 nobody
            S: 503 5.5.1 no recipients
            C: RSET
            CLOSE
            """);

        Assert.Equal(550, Assert.Single(outcome.Results).Reply!.Code);
        Assert.False(outcome.Results[0].MayRetry);
    }

    [Fact]
    public async Task A_refusal_known_before_the_connection_broke_is_kept()
    {
        var (outcome, _) = await new Sending { To = ["nobody@example.com", "ann@example.com"] }.Through(Pipelining + """
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<nobody@example.com>
            C: RCPT TO:<ann@example.com>
            C: DATA
            S: 250 ok
            S: 550 5.1.1 nobody
            CLOSE
            """);

        Assert.Equal([false, true], outcome.Results.Select(r => r.MayRetry));
        Assert.Equal(550, outcome.Results[0].Reply!.Code);
        Assert.True(outcome.Results[1].Broken);
    }

    [Fact]
    public async Task Recipients_put_off_as_too_many_go_in_a_second_transaction()
    {
        var (outcome, _) = await new Sending { To = ["ann@example.com", "eve@example.com"] }.Through(Offering() + """
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<ann@example.com>
            S: 250 ok
            C: RCPT TO:<eve@example.com>
            S: 452 4.5.3 too many
            C: DATA
            S: 354 go on
            BODY
            S: 250 kept
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<eve@example.com>
            S: 250 ok
            C: DATA
            S: 354 go on
            BODY
            S: 250 kept
            C: QUIT
            """);

        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_server_that_puts_everybody_off_is_not_asked_for_ever()
    {
        var (outcome, _) = await new Sending().Through(Offering() + """
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<ann@example.com>
            S: 452 4.5.3 too many
            C: RSET
            S: 250 ok
            C: QUIT
            """);

        Assert.True(Assert.Single(outcome.Results).MayRetry);
    }

    [Fact]
    public async Task The_announced_limit_of_recipients_is_kept()
    {
        var (outcome, _) = await new Sending { To = ["ann@example.com", "eve@example.com"] }.Through(Offering("LIMITS RCPTMAX=1") + """
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<ann@example.com>
            S: 250 ok
            C: DATA
            S: 354 go on
            BODY
            S: 250 kept
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<eve@example.com>
            S: 250 ok
            C: DATA
            S: 354 go on
            BODY
            S: 250 kept
            C: QUIT
            """);

        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task Long_content_goes_in_chunks_each_after_the_reply_to_the_one_before()
    {
        var long_ = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Repeat("0123456789abcdef0123456789abcd\r\n", 10_000));
        var size = long_.Length;
        var (outcome, content) = await new Sending { Content = long_ }.Through(Offering("PIPELINING", "CHUNKING") + $"""
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            S: 250 ok
            S: 250 ok
            C: BDAT 262144
            BYTES 262144
            S: 250 so far so good
            C: BDAT {size - 262144} LAST
            BYTES {size - 262144}
            S: 250 2.0.0 kept
            C: QUIT
            """);

        Assert.True(outcome.AllAccepted);
        Assert.Equal(long_, content);
    }

    [Fact]
    public async Task A_refused_chunk_ends_the_message_and_not_the_dialogue()
    {
        var (outcome, _) = await new Sending { Content = "Subject: long\r\n\r\n" + new string('a', 300_000) + "\r\n" }.Through(Offering("CHUNKING") + """
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<ann@example.com>
            S: 250 ok
            C: BDAT 262144
            BYTES 262144
            S: 552 5.3.4 too big
            C: RSET
            S: 250 ok
            C: QUIT
            """);

        Assert.Equal(552, Assert.Single(outcome.Results).Reply!.Code);
    }

    [Fact]
    public async Task A_4xx_amid_DATA_is_believed_and_the_connection_is_left()
    {
        // More than the window holds, so that the client is still sending when the reply comes.
        var (outcome, _) = await new Sending { Content = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('a', 70) + "\r\n", 40_000)) }.Through(Offering() + """
            C: MAIL FROM:<bob@example.org>
            S: 250 ok
            C: RCPT TO:<ann@example.com>
            S: 250 ok
            C: DATA
            S: 354 go on
            S: 452 4.3.1 disk full
            """);

        var result = Assert.Single(outcome.Results);
        Assert.Equal((452, true), (result.Reply!.Code, result.MayRetry));
    }

    [Fact]
    public async Task LMTP_has_a_verdict_for_each_recipient()
    {
        var (outcome, _) = await new Sending { Lmtp = true, To = ["ann@example.com", "nobody@example.com", "eve@example.com"] }.Through("""
            S: 220 mx
            C: LHLO client.test
            S: 250-mx
            S: 250 PIPELINING
            C: MAIL FROM:<bob@example.org>
            C: RCPT TO:<ann@example.com>
            C: RCPT TO:<nobody@example.com>
            C: RCPT TO:<eve@example.com>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 550 5.1.1 nobody
            S: 250 ok
            S: 354 go on
            BODY
            S: 250 2.0.0 kept
            S: 452 4.2.2 full
            C: QUIT
            """);

        Assert.Equal([250, 550, 452], outcome.Results.Select(r => r.Reply!.Code));
    }

    [Fact]
    public async Task LMTP_never_falls_back_to_HELO()
    {
        var (outcome, _) = await new Sending { Lmtp = true }.Through("S: 220 mx\nC: LHLO client.test\nS: 500 what\nC: QUIT");

        Assert.Equal(ClientState.Introducing, outcome.Failure!.Phase);
    }

    [Theory]
    [InlineData("Subject: Gr\u00fc\u00dfe\r\n\r\nHello\r\n", "SMTPUTF8")]
    [InlineData("Subject: hi\r\n\r\nGr\u00fc\u00dfe\r\n", "8BITMIME")]
    [InlineData("Subject: hi\r\n\r\nbare\nnewline\r\n", "BINARYMIME")]
    public async Task What_the_server_cannot_take_is_not_sent(string content, string missing)
    {
        var (outcome, _) = await new Sending { Content = content }.Through(Offering() + "C: QUIT");

        var result = Assert.Single(outcome.Results);
        Assert.Contains(missing, result.Why, StringComparison.Ordinal);
        Assert.False(result.MayRetry);
    }

    [Fact]
    public async Task What_the_content_needs_is_said_with_MAIL()
    {
        var content = "Subject: Gr\u00fc\u00dfe\r\n\r\nGr\u00fc\u00dfe\r\n";
        var (outcome, _) = await new Sending { Content = content, To = ["j\u00f6rg@example.com"] }.Through(Offering("SIZE 1000", "8BITMIME", "SMTPUTF8") + $"""
            C: MAIL FROM:<bob@example.org> SIZE={Encoding.UTF8.GetByteCount(content)} BODY=8BITMIME SMTPUTF8
            S: 250 ok
            C: RCPT TO:<j{'\u00f6'}rg@example.com>
            S: 250 ok
            C: DATA
            S: 354 go on
            BODY
            S: 250 kept
            C: QUIT
            """);

        Assert.True(outcome.AllAccepted);
    }

    [Fact]
    public async Task A_message_over_the_announced_size_is_not_sent()
    {
        var (outcome, _) = await new Sending { Content = "Subject: big\r\n\r\n" + new string('a', 500) + "\r\n" }
            .Through(Offering("SIZE 100") + "C: QUIT");

        Assert.Contains("100", Assert.Single(outcome.Results).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_too_many_ends_the_dialogue_before_anything_is_mistaken_for_an_answer()
    {
        var (outcome, _) = await new Sending().Through(Offering() + "S: 250 ok\nGONE");

        Assert.False(outcome.AllAccepted);
        Assert.Equal("the server said something nobody asked for", outcome.Failure!.Why);
    }
}
