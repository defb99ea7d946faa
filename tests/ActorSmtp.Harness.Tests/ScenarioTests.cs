using ActorSmtp.Client;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Harness.Tests;

/// <summary>Misbehaviour on request, as a client meets it.</summary>
public sealed class ScenarioTests
{
    [Fact]
    public async Task The_second_recipient_is_refused_once()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var full = smtp.Scenarios.Refuse(SmtpStep.Rcpt, "452 4.2.2 Mailbox full", nth: 2);
        var outcome = await smtp.TrySendAsync("a@example.test,b@example.test,c@example.test");
        Assert.Equal([true, false, true], outcome.Results.Select(r => r.Accepted));
        Assert.Equal("452 4.2.2 Mailbox full", outcome.Results[1].Reply!.ToString());
        Assert.Equal(1, full.Hits);
        Assert.True((await smtp.TrySendAsync("a@example.test,b@example.test")).AllAccepted);
        Assert.Equal(1, full.Hits);
    }

    [Fact]
    public async Task Two_at_one_step_count_the_same_occurrences()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var first = smtp.Scenarios.Refuse(SmtpStep.Rcpt, "452 4.2.2 Mailbox full", nth: 1);
        var second = smtp.Scenarios.Refuse(SmtpStep.Rcpt, "550 5.1.1 Gone", nth: 2);
        var outcome = await smtp.TrySendAsync("a@example.test,b@example.test,c@example.test");
        Assert.Equal(["452 4.2.2 Mailbox full", "550 5.1.1 Gone"], outcome.Results.Take(2).Select(r => r.Reply!.ToString()));
        Assert.True(outcome.Results[2].Accepted);
        Assert.Equal((1, 1), (first.Hits, second.Hits));
    }

    [Theory]
    [InlineData(SmtpStep.Content, 1)]
    [InlineData(SmtpStep.Stored, 2)]
    public async Task The_link_drops_after_the_final_dot(SmtpStep at, int kept)
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await using var inbox = smtp.LeaseInbox();
        var drop = inbox.Scenarios.Drop(at);
        Assert.False((await smtp.TrySendAsync(inbox.Address)).AllAccepted);
        await drop.WaitForHitAsync();
        Assert.True((await smtp.TrySendAsync(inbox.Address)).AllAccepted);
        Assert.Equal(kept, (await inbox.GetMessagesAsync()).Count);
    }

    [Fact]
    public async Task A_scenario_of_an_inbox_meets_nobody_else_and_ends_with_it()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var inbox = smtp.LeaseInbox();
        inbox.Scenarios.Refuse(SmtpStep.Rcpt, "550 5.1.1 Gone", times: null);
        inbox.Scenarios.Refuse(SmtpStep.Hello, "421 4.3.2 Later");
        Assert.True((await smtp.TrySendAsync("bob@example.test")).AllAccepted);
        Assert.False((await smtp.TrySendAsync(inbox.Address)).AllAccepted);
        Assert.Equal(ClientState.Introducing, (await smtp.TrySendAsync("bob@example.test", hello: inbox.ClientName)).Failure!.Phase);
        await inbox.DisposeAsync();
        Assert.True((await smtp.TrySendAsync(inbox.Address)).AllAccepted);
    }

    [Fact]
    public async Task Recipients_senders_and_clients_can_be_meant()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        smtp.Scenarios.ForRecipient("bob@example.test").Refuse(SmtpStep.Rcpt, "550");
        smtp.Scenarios.ForSender("spam@client.test").Refuse(SmtpStep.Mail, "554 5.7.1 No", times: null);
        smtp.Scenarios.ForClient("bad.client.test").Drop(SmtpStep.Hello);
        Assert.False((await smtp.TrySendAsync("bob@example.test")).AllAccepted);
        Assert.False((await smtp.TrySendAsync("eve@example.test", from: "spam@client.test")).AllAccepted);
        Assert.False((await smtp.TrySendAsync("eve@example.test", hello: "bad.client.test")).AllAccepted);
        Assert.True((await smtp.TrySendAsync("eve@example.test,bob@example.test", hello: "bad.client.test")).AllAccepted);
        smtp.Scenarios.ForSender("spam@client.test").Clear();
        Assert.True((await smtp.TrySendAsync("eve@example.test", from: "spam@client.test")).AllAccepted);
    }

    [Theory]
    [InlineData(SmtpTls.StartTls, ClientTls.StartTls)]
    [InlineData(SmtpTls.Required, ClientTls.StartTls)]
    [InlineData(SmtpTls.Implicit, ClientTls.Implicit)]
    public async Task The_handshake_fails_when_asked_and_works_else(SmtpTls tls, ClientTls client)
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Tls = tls });
        smtp.Scenarios.FailHandshake();
        Assert.False((await smtp.TrySendAsync("bob@example.test", tls: client)).AllAccepted);
        var outcome = await smtp.TrySendAsync("bob@example.test", tls: client);
        Assert.True(outcome.AllAccepted, outcome.Failure?.Why);
        Assert.NotNull(outcome.Tls);
        await smtp.WaitForMessageAsync();
    }

    [Fact]
    public async Task One_that_does_not_act_is_told_and_one_taken_out_acts_no_more()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        var delay = smtp.Scenarios.Delay(SmtpStep.Auth, TimeSpan.FromMilliseconds(1), times: null);
        var missing = await Assert.ThrowsAsync<MailExpectationException>(() => delay.WaitForHitAsync(timeout: TimeSpan.FromMilliseconds(20)));
        Assert.Equal("The scenario at Auth has acted 0 times within 0.02 s, not 1. Clients that have connected: 0.", missing.Message);
        await smtp.TrySendAsync("bob@example.test", login: new Credentials("ann", "any"));
        Assert.Equal(1, delay.Hits);
        delay.Dispose();
        await smtp.TrySendAsync("bob@example.test", login: new Credentials("ann", "any"));
        Assert.Equal(1, delay.Hits);
    }

    [Fact]
    public async Task Nonsense_is_refused_where_it_is_asked_for()
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Settings = ["test-inbox.scenarios=1"] });
        Assert.Contains("expected a refusal such as", Assert.Throws<ArgumentException>(() => smtp.Scenarios.Refuse(SmtpStep.Rcpt, "250 OK")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => smtp.Scenarios.Refuse(SmtpStep.Rcpt, "550 5.1.1 a\r\n250 b"));
        Assert.Throws<ArgumentOutOfRangeException>(() => smtp.Scenarios.Drop(SmtpStep.Rcpt, nth: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => smtp.Scenarios.Drop(SmtpStep.Rcpt, times: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => smtp.Scenarios.Delay(SmtpStep.Rcpt, TimeSpan.Zero));
        Assert.Contains("ActorSmtpOptions.Tls", Assert.Throws<InvalidOperationException>(() => smtp.Scenarios.FailHandshake()).Message, StringComparison.Ordinal);
        smtp.Scenarios.Drop(SmtpStep.Rcpt);
        Assert.Contains("There are 1 scenarios already", Assert.Throws<InvalidOperationException>(() => smtp.Scenarios.Drop(SmtpStep.Rcpt)).Message, StringComparison.Ordinal);
    }
}
