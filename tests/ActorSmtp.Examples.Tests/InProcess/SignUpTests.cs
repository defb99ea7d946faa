using ActorSmtp.Examples.Tests.Application;

namespace ActorSmtp.Examples.Tests.InProcess;

/// <summary>The usual case: somebody signs up, the mail arrives, and what is in it works.</summary>
public sealed class SignUpTests(SharedServer server) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task The_code_in_the_mail_confirms_the_address()
    {
        await using var inbox = server.Smtp.LeaseInbox("ann");
        var accounts = new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port));

        await accounts.SignUpAsync(inbox.Address);

        var mail = await inbox.WaitForMessageAsync(subject: "Confirm");
        Assert.Equal("hello@shop.test", mail.From?.Address);
        Assert.True(accounts.ConfirmByCode(inbox.Address, mail.Code));
    }

    [Fact]
    public async Task The_link_in_the_mail_confirms_the_address()
    {
        await using var inbox = server.Smtp.LeaseInbox();
        var accounts = new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port));

        await accounts.SignUpAsync(inbox.Address);

        var mail = await inbox.WaitForMessageAsync();
        Assert.True(accounts.ConfirmByLink(new Uri(mail.Link("/confirm").Url)));
        Assert.True(accounts.IsConfirmed(inbox.Address));
    }

    [Fact]
    public async Task Nobody_gets_mail_who_has_not_signed_up()
    {
        await using var ann = server.Smtp.LeaseInbox("ann");
        await using var bob = server.Smtp.LeaseInbox("bob");

        await new Accounts(new Postman(server.Smtp.Host, server.Smtp.Port)).SignUpAsync(ann.Address);

        await bob.ExpectNoMessageAsync();
        Assert.Single(await ann.GetMessagesAsync());
    }
}
