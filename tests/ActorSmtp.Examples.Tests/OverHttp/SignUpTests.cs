using System.Net;
using ActorSmtp.Examples.Tests.Application;

namespace ActorSmtp.Examples.Tests.OverHttp;

/// <summary>The same, against a server that runs somewhere: leases, waits and scenarios by HTTP.</summary>
public sealed class SignUpTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task The_code_in_the_mail_confirms_the_address()
    {
        var lease = await server.Api.LeaseAsync();
        var accounts = new Accounts(PostmanOf(lease));

        await accounts.SignUpAsync(lease.Address);

        var mail = Assert.Single(await server.Api.WaitAsync(lease, subject: "Confirm"));
        Assert.True(accounts.ConfirmByCode(lease.Address, mail.Codes[0].Value));
        await server.Api.GiveBackAsync(lease);
    }

    [Fact]
    public async Task The_link_in_the_mail_confirms_the_address()
    {
        var lease = await server.Api.LeaseAsync();
        var accounts = new Accounts(PostmanOf(lease));

        await accounts.SignUpAsync(lease.Address);

        var mail = Assert.Single(await server.Api.WaitAsync(lease, subject: "Confirm"));
        Assert.True(accounts.ConfirmByLink(new Uri(Assert.Single(mail.Links).Url)));
        await server.Api.GiveBackAsync(lease);
    }

    [Fact]
    public async Task A_full_mailbox_is_tried_again()
    {
        var lease = await server.Api.LeaseAsync(new { at = "rcpt", times = 2, then = new { reply = "452 4.2.2 Mailbox full" } });

        await new Accounts(PostmanOf(lease)).SignUpAsync(lease.Address);

        Assert.Single(await server.Api.WaitAsync(lease, subject: "Confirm"));
        Assert.Equal([2], await server.Api.HitsAsync(lease));
        await server.Api.GiveBackAsync(lease);
    }

    [Fact]
    public async Task A_lost_answer_makes_a_copy()
    {
        var lease = await server.Api.LeaseAsync(new { at = "stored", then = new { drop = true } });

        await new Accounts(PostmanOf(lease)).SignUpAsync(lease.Address);

        Assert.Equal(2, (await server.Api.WaitAsync(lease, subject: "Confirm", count: 2)).Count);
        await server.Api.GiveBackAsync(lease);
    }

    /// <summary>The lease says where its mail can be given in, and as whom.</summary>
    private static Postman PostmanOf(MailApi.Lease lease) => new(lease.Smtp[0].Host, lease.Smtp[0].Port, new NetworkCredential(lease.User, lease.Password));
}
