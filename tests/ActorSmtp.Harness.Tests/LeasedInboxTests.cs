using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Harness.Tests;

/// <summary>An inbox for each test on one server.</summary>
public sealed class LeasedInboxTests
{
    [Fact]
    public async Task Tests_at_once_never_see_each_other_s_mail()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            await using var inbox = smtp.LeaseInbox("test");
            await smtp.SendAsync(inbox.Address, $"Subject: {i}\n\nx");
            var mail = await inbox.WaitForMessageAsync();
            Assert.Equal((i.ToString(System.Globalization.CultureInfo.InvariantCulture), inbox.Address), (mail.Subject, mail.Recipient));
            Assert.Single(await inbox.GetMessagesAsync());
        }));
    }

    [Fact]
    public async Task It_has_a_login_of_its_own_until_it_is_given_back()
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions
        {
            RequireLogin = true,
            Accounts = new Dictionary<string, string> { ["ann"] = "secret" },
        });
        Credentials login;
        string address;
        await using (var inbox = smtp.LeaseInbox())
        {
            (login, address) = (new Credentials(inbox.User, inbox.Password), inbox.Address);
            Assert.True((await smtp.TrySendAsync(inbox.Address, from: inbox.Address, login: login)).AllAccepted);
            await inbox.WaitForMessageAsync();
            Assert.False((await smtp.TrySendAsync(inbox.Address, login: new Credentials(inbox.User, "guess"))).AllAccepted);
        }

        Assert.False((await smtp.TrySendAsync(address, from: address, login: login)).AllAccepted);
        Assert.True((await smtp.TrySendAsync(address, from: "ann@localhost", login: new Credentials("ann", "secret"))).AllAccepted);
        await smtp.WaitForMessageAsync(to: address);
    }

    [Fact]
    public async Task Its_mail_goes_with_it()
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        await using (var inbox = smtp.LeaseInbox())
        {
            await smtp.SendAsync($"{inbox.Address},bob@example.test");
            await inbox.WaitForMessageAsync();
        }

        Assert.Equal("bob@example.test", Assert.Single(await smtp.GetMessagesAsync()).Recipient);
        Assert.Equal(["bob@example.test"], Directory.GetDirectories(Path.Combine(smtp.Folder, "data", "mail")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a@b")]
    [InlineData("a-name-that-is-longer-than-32-letters")]
    public async Task A_prefix_that_makes_no_address_is_refused(string prefix)
    {
        await using var smtp = await ActorSmtpServer.StartAsync();
        Assert.Throws<ArgumentException>(() => smtp.LeaseInbox(prefix));
    }
}
