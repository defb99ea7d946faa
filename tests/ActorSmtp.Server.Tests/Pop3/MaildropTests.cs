using ActorSmtp.Server.Pop3;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>One session a mailbox; nothing removed but at QUIT; other programs at the same mailbox; disks that fail.</summary>
public sealed class MaildropTests
{
    [Fact]
    public async Task A_mailbox_that_is_open_is_in_use_until_its_session_ends()
    {
        await using var at = await Pop3Harness.StartAsync();
        var first = await at.LoggedInAsync();
        var second = await at.GreetedAsync();
        await second.AskAsync("USER bob", "+OK");
        await second.AskAsync("PASS secret", "-ERR [IN-USE] ");
        await second.AskAsync("STAT", "-ERR Log in first");
        var other = await at.LoggedInAsync("ann");                  // somebody else's is not
        await first.AskAsync("QUIT", "+OK Bye");
        await first.ExpectEndAsync();
        await second.AskAsync("USER bob", "+OK");
        await second.AskAsync("PASS secret", "+OK 0 messages");
        other.Abort();
        second.Abort();
        await Until(() => at.Server.Log.All.Count(l => l.StartsWith("Debug ended", StringComparison.Ordinal)) == 3, "not ended");
        await (await at.LoggedInAsync()).AskAsync("QUIT", "+OK");       // also if it was cut off
    }

    [Fact]
    public async Task Nothing_is_removed_where_QUIT_was_not_said()
    {
        await using var at = await Pop3Harness.StartAsync("pop3.idle-timeout=10m");
        await at.DeliverAsync("bob", "one\r\n", "two\r\n");
        var cut = await at.LoggedInAsync();
        await cut.AskAsync("DELE 1", "+OK");
        cut.Abort();
        await Until(() => at.Server.Log.All.Any(l => l.StartsWith("Debug ended", StringComparison.Ordinal)), "not ended");
        var idle = await at.LoggedInAsync();
        await idle.AskAsync("STAT", "+OK 2 ");
        await idle.AskAsync("DELE 1", "+OK");
        at.Time.Advance(TimeSpan.FromMinutes(9));
        await idle.AskAsync("NOOP", "+OK");
        at.Time.Advance(TimeSpan.FromMinutes(9));
        await idle.AskAsync("NOOP", "+OK");
        at.Time.Advance(TimeSpan.FromMinutes(10));
        await idle.ExpectEndAsync();                                // RFC 1939 §3: without a word
        await (await at.LoggedInAsync()).AskAsync("STAT", "+OK 2 ");
    }

    [Fact]
    public async Task What_was_marked_is_removed_at_QUIT_and_only_that()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", [.. Enumerable.Range(0, 1200).Select(i => $"{i}\r\n")]);
        var peer = await at.LoggedInAsync();
        for (var i = 1; i <= 1200; i += i == 600 ? 2 : 1)
        {
            await peer.AskAsync($"DELE {i}", "+OK");
        }

        await at.DeliverAsync("bob", "came meanwhile\r\n");
        await peer.AskAsync("STAT", "+OK 1 ");                      // a session sees what was there when it began
        await peer.AskAsync("QUIT", "+OK Bye, 1 messages left");
        await peer.ExpectEndAsync();
        var next = await at.LoggedInAsync();
        await next.AskAsync("UIDL", "+OK");
        Assert.Equal(["1 000000000601", "2 000000001201"], await next.LinesAsync());
        Assert.Contains(at.Server.Log.All, l => l.StartsWith("Information bob took 1199 messages away", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_another_program_has_removed_meanwhile_is_gone_and_nothing_else_changes()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "one\r\n", "two\r\n");
        var peer = await at.LoggedInAsync();
        await at.Mailboxes.RemoveAsync("bob", [new MailboxName("000000000001", "", IsNew: true)], CancellationToken.None);

        await peer.AskAsync("RETR 1", "-ERR Another program has removed the message meanwhile");
        await peer.AskAsync("TOP 1 0", "-ERR Another program");
        await peer.AskAsync("LIST 1", "+OK 1 ");
        await peer.AskAsync("RETR 2", "+OK");
        Assert.Equal(["Subject: x", "", "two"], await peer.LinesAsync());
        await peer.AskAsync("DELE 1", "+OK");
        await peer.AskAsync("QUIT", "+OK Bye, 1 messages left");
    }

    [Fact]
    public async Task A_mailbox_that_cannot_be_read_is_told_and_can_be_tried_again()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "one\r\n");
        at.Mailboxes.Before = what => what == "measure" ? throw new StoreException("the disk is broken") : Task.CompletedTask;
        var peer = await at.GreetedAsync();
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "-ERR [SYS/TEMP] The mailbox cannot be read now");
        Assert.Contains(at.Server.Log.All, l => l.Contains("the disk is broken", StringComparison.Ordinal));
        at.Mailboxes.Before = what => what == "open" ? throw new StoreException("the disk is broken") : Task.CompletedTask;
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "+OK 1 messages");
        await peer.AskAsync("RETR 1", "-ERR [SYS/TEMP]");
        at.Mailboxes.Before = _ => Task.CompletedTask;
        await peer.AskAsync("RETR 1", "+OK");
        Assert.Equal(3, (await peer.LinesAsync()).Count);
        at.Mailboxes.Before = what => what == "remove" ? throw new StoreException("the disk is broken") : Task.CompletedTask;
        await peer.AskAsync("DELE 1", "+OK");
        await peer.AskAsync("QUIT", "-ERR [SYS/TEMP] Some messages could not be removed");
        await peer.ExpectEndAsync();
    }

    [Fact]
    public async Task A_removal_that_was_asked_for_is_finished_though_the_peer_has_gone()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", [.. Enumerable.Repeat("x\r\n", 700)]);
        var peer = await at.LoggedInAsync();
        for (var i = 1; i <= 700; i++)
        {
            await peer.AskAsync($"DELE {i}", "+OK");
        }

        var removes = new TaskCompletionSource();
        at.Mailboxes.Before = what => what == "remove" ? removes.Task : Task.CompletedTask;
        peer.Send("QUIT\r\n"u8);
        await Until(() => State(at) == "update", "not in UPDATE");
        peer.Abort();
        removes.SetResult();

        await Until(() => State(at) is null, "still there");
        await (await at.LoggedInAsync()).AskAsync("STAT", "+OK 0 0");
    }

    [Fact]
    public async Task Two_logins_of_an_account_are_as_far_apart_as_is_configured()
    {
        await using var at = await Pop3Harness.StartAsync("pop3.login-delay=1m");
        var peer = await at.GreetedAsync();
        await peer.AskAsync("CAPA", "+OK");
        Assert.Contains("LOGIN-DELAY 60", await peer.LinesAsync());
        await (await at.LoggedInAsync()).AskAsync("QUIT", "+OK");
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "-ERR [LOGIN-DELAY] ");
        await (await at.LoggedInAsync("ann")).AskAsync("QUIT", "+OK");
        at.Time.Advance(TimeSpan.FromSeconds(60));
        await (await at.LoggedInAsync()).AskAsync("QUIT", "+OK");
    }

    [Fact]
    public async Task An_account_that_gets_another_password_is_logged_out_and_nothing_is_removed()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "one\r\n");
        var peer = await at.LoggedInAsync();
        await peer.AskAsync("DELE 1", "+OK");
        await at.Server.Stores.Users.UpdateAsync(t => t.With(t.Accounts["bob"] with { Disabled = true }), CancellationToken.None);
        at.Server.Server.ReloadAccounts();
        await Until(() => at.Server.Server.Accounts!.Account("bob")!.Disabled, "not read");

        await peer.AskAsync("QUIT", "-ERR [AUTH] The account was disabled");
        await peer.ExpectEndAsync();
        Assert.Equal(1, (await at.Server.Stores.Mailboxes.ShowAsync("bob", CancellationToken.None))!.Messages);
    }

    [Fact]
    public async Task A_mailbox_for_whose_list_there_is_no_memory_is_put_off()
    {
        await using var at = await Pop3Harness.StartAsync("pop3.memory=1MiB");
        at.Mailboxes.Invented = 100_000;
        var peer = await at.GreetedAsync();
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "-ERR [SYS/TEMP] Too many large mailboxes are open");
        Assert.Contains(at.Server.Log.All, l => l.Contains("no room to open the mailbox of bob", StringComparison.Ordinal));
        at.Mailboxes.Invented = 1000;                               // what was taken before it was given up is free again, and so is the lock
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "+OK 1000 messages (3000 octets)");
    }

    [Fact]
    public void Memory_for_lists_is_bounded_and_given_back_also_by_whoever_is_gone()
    {
        var claims = new MaildropClaims(memory: 1000, delayMilliseconds: 0);
        Assert.Equal(Claim.Granted, claims.TryClaim("bob", 0, out var bob));
        Assert.Equal(Claim.InUse, claims.TryClaim("bob", 0, out var second));
        Assert.Null(second);
        Assert.Equal(Claim.Granted, claims.TryClaim("ann", 0, out var ann));
        Assert.True(bob!.TryTake(600));
        Assert.False(ann!.TryTake(600));
        Assert.True(ann.TryTake(400));
        bob.Release();
        bob.Release();
        Assert.False(bob.TryTake(1));                               // its list is still being made: it is given up
        Assert.Equal((400, 1), (claims.Taken, claims.Open));
        Assert.True(ann.TryTake(600));
        ann.Release();
        Assert.Equal((0, 0), (claims.Taken, claims.Open));
    }

    private static string? State(Pop3Harness at) => at.Server.Server.Sessions.List(new(), 1, null).Items.FirstOrDefault()?.State;
}
