using System.Net;
using System.Net.Mail;
using ActorSmtp.Examples.Tests.Application;
using ActorSmtp.Harness;

namespace ActorSmtp.Examples.Tests.InProcess;

/// <summary>The unusual cases, which no other test server has: what the application does when the mail server has a bad day.</summary>
public sealed class BadDayTests(SharedServer server) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task A_full_mailbox_is_tried_again()
    {
        await using var inbox = server.Smtp.LeaseInbox();
        var full = inbox.Scenarios.Refuse(SmtpStep.Rcpt, "452 4.2.2 Mailbox full", times: 2);

        await new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port)).SignUpAsync(inbox.Address);

        Assert.Equal(2, full.Hits);
        await inbox.WaitForMessageAsync();
    }

    [Fact]
    public async Task An_address_that_does_not_exist_is_not_tried_again()
    {
        await using var inbox = server.Smtp.LeaseInbox();
        var gone = inbox.Scenarios.Refuse(SmtpStep.Rcpt, "550 5.1.1 No such user", times: null);

        await Assert.ThrowsAnyAsync<SmtpException>(() => new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port)).SignUpAsync(inbox.Address));

        Assert.Equal(1, gone.Hits);
        await inbox.ExpectNoMessageAsync();
    }

    /// <summary>
    /// The nasty one: the server has the mail, the link breaks, and the client cannot know. Whoever tries again sends a copy; by its Message-ID
    /// a mail program can tell.
    /// </summary>
    [Fact]
    public async Task A_lost_answer_makes_a_copy_with_the_same_Message_ID()
    {
        await using var inbox = server.Smtp.LeaseInbox();
        inbox.Scenarios.Drop(SmtpStep.Stored);

        await new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port)).SignUpAsync(inbox.Address);

        var mails = await inbox.WaitForMessagesAsync(2);
        Assert.Equal(mails[0].Header("Message-ID"), mails[1].Header("Message-ID"));
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_not_tried_again()
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions
        {
            RequireLogin = true,
            Accounts = new Dictionary<string, string> { ["shop"] = "right" },
        });
        var postman = new Postman(smtp.Host, smtp.Port, new NetworkCredential("shop", "wrong"));

        await Assert.ThrowsAnyAsync<SmtpException>(() => new Accounts(postman).SignUpAsync("ann@example.test"));

        await smtp.ExpectNoMessageAsync();
    }
}
