using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What becomes of those who are logged in when the accounts change.</summary>
public sealed class LiveAccountTests
{
    [Theory]
    [InlineData("disabled")]
    [InlineData("removed")]
    [InlineData("another password")]
    public async Task A_login_ends_at_the_next_MAIL_when_its_account_is(string changed)
    {
        await using var at = await StartAsync("listeners.mx.auth=required");
        var peer = await LoggedIn(at);
        await Change(at, table => changed switch
        {
            "disabled" => table.With(table.Accounts["bob"] with { Disabled = true }),
            "removed" => table.Without("bob"),
            _ => table.With(table.Accounts["bob"] with { Password = table.Accounts["ann"].Password }),
        });

        peer.Send("MAIL FROM:<bob@mx.test>\r\n"u8);
        await Expect(peer, "530 5.7.0");
        peer.Send("AUTH PLAIN AGFubgBzZWNyZXQ=\r\nMAIL FROM:<ann@mx.test>\r\n"u8);     // somebody else may log in
        await Expect(peer, "235");
        await Expect(peer, "250");
    }

    [Fact]
    public async Task A_login_goes_on_when_others_change_or_its_addresses_do()
    {
        await using var at = await StartAsync("listeners.mx.auth=required");
        var peer = await LoggedIn(at);
        peer.Send("MAIL FROM:<robert@elsewhere.test>\r\n"u8);
        await Expect(peer, "553 5.7.1");
        await Change(at, table => table.Without("ann").With(table.Accounts["bob"] with { Addresses = ["robert@elsewhere.test"], SendsAs = ["@lists.test"] }));

        peer.Send("MAIL FROM:<robert+x@elsewhere.test>\r\nRSET\r\nMAIL FROM:<any@lists.test>\r\nRSET\r\nMAIL FROM:<any@sub.lists.test>\r\n"u8);
        foreach (var reply in new[] { "250 2.1.0", "250 2.0.0", "250 2.1.0", "250 2.0.0", "553 5.7.1" })
        {
            await Expect(peer, reply);
        }
    }

    private static async Task<DialoguePeer> LoggedIn(SessionHarness at)
    {
        var peer = await at.ConnectAsync();
        peer.Send("EHLO c.test\r\nAUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"u8);
        string? line;
        do
        {
            line = await peer.ReadLineAsync();
        }
        while (line is not null && !line.StartsWith("235", StringComparison.Ordinal));
        Assert.NotNull(line);
        return peer;
    }

    private static async Task Change(SessionHarness at, Func<UserTable, UserTable> change)
    {
        int Loads() => at.Server.Log.All.Count(l => l.Contains("accounts loaded", StringComparison.Ordinal));
        var before = Loads();
        await at.Server.Stores.Users.UpdateAsync(change, CancellationToken.None);
        await Until(() => Loads() > before, "the accounts were not read again");
    }
}
