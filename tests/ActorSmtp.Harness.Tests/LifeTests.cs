using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Harness.Tests;

/// <summary>Start and end: several at once, and nothing left behind.</summary>
[Collection(nameof(Alone))]
public sealed class LifeTests
{
    [Fact]
    public async Task Servers_in_one_process_share_nothing()
    {
        await using var one = await ActorSmtpServer.StartAsync();
        await using var other = await ActorSmtpServer.StartAsync();
        one.Scenarios.Refuse(SmtpStep.Rcpt, "550 5.1.1 Gone", times: null);
        await other.SendAsync("bob@example.test");
        await other.WaitForMessageAsync();
        await one.ExpectNoMessageAsync();
        Assert.NotEqual(one.Port, other.Port);
        Assert.False((await one.TrySendAsync("bob@example.test")).AllAccepted);
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        await UseAsync();                                   // what the process makes once is made
        var before = Left();
        string[] folders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UseAsync()));
        Assert.All(folders, folder => Assert.False(Directory.Exists(folder), folder));
        for (var i = 0; i < 600 && Left().Except(before).Any(); i++)
        {
            await Task.Delay(50);
        }

        Assert.Empty(Left().Except(before));
    }

    [Fact]
    public async Task An_ended_server_says_so_and_may_be_ended_again()
    {
        var smtp = await ActorSmtpServer.StartAsync();
        var inbox = smtp.LeaseInbox();
        await smtp.DisposeAsync();
        await smtp.DisposeAsync();
        await inbox.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => smtp.WaitForMessageAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => smtp.ExpectNoMessageAsync());
        Assert.Throws<ObjectDisposedException>(() => smtp.LeaseInbox());
        Assert.Throws<ObjectDisposedException>(() => smtp.Scenarios.Drop(SmtpStep.Rcpt));
    }

    [Fact]
    public async Task A_message_can_be_read_when_the_server_has_ended()
    {
        ReceivedMessage mail;
        await using (var smtp = await ActorSmtpServer.StartAsync())
        {
            await smtp.SendAsync("bob@example.test");
            mail = await smtp.WaitForMessageAsync();
        }

        Assert.Equal("493817", mail.Code);
        Assert.Contains("493817", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_options_are_named_and_leave_nothing()
    {
        var wrong = await Assert.ThrowsAsync<ActorSmtpStartException>(() => ActorSmtpServer.StartAsync(new ActorSmtpOptions { Settings = ["limits.recipents=5", "limits.message-size=x"] }));
        Assert.Contains("did you mean recipients?", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("actorsmtp.limits.message-size", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_the_test_s_own_is_kept()
    {
        var folder = Directory.CreateTempSubdirectory("actorsmtp a folder \"of its own\"-").FullName;
        try
        {
            await using (var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Folder = folder }))
            {
                await smtp.SendAsync("bob@example.test");
                await smtp.WaitForMessageAsync();
            }

            Assert.Single(Directory.GetFiles(Path.Combine(folder, "data", "mail", "bob@example.test", "Maildir", "new")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_console_and_its_API_are_there_when_asked_for()
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Console = true });
        await smtp.SendAsync("bob@example.test");
        await smtp.WaitForMessageAsync();
        using var http = new HttpClient { BaseAddress = smtp.Console };
        Assert.Contains("Confirm your address", await http.GetStringAsync("/api/mailboxes/bob@example.test/messages"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_the_log_go_where_the_test_wants_them()
    {
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Log = lines.Enqueue, Accounts = new Dictionary<string, string> { ["ann"] = "secret" } });
        Assert.False((await smtp.TrySendAsync("bob@example.test", login: new Credentials("ann", "wrong"))).AllAccepted);
        Assert.Contains(lines, l => l.StartsWith("warning: ", StringComparison.Ordinal) && l.Contains("denied", StringComparison.Ordinal));
    }

    /// <summary>A server's whole life; answers its folder.</summary>
    private static async Task<string> UseAsync()
    {
        await using var smtp = await ActorSmtpServer.StartAsync(new ActorSmtpOptions { Tls = SmtpTls.StartTls, Console = true });
        await using var inbox = smtp.LeaseInbox();
        await smtp.SendAsync(inbox.Address);
        await inbox.WaitForMessageAsync();
        Assert.True(Directory.Exists(smtp.Folder));
        return smtp.Folder;
    }

    /// <summary>What a process could keep: named threads (those of the pool come and go), open sockets and files.</summary>
    private static IReadOnlyCollection<string> Left()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var threads = Directory.GetDirectories("/proc/self/task").Select(t => Read(Path.Combine(t, "comm"))).Where(n => n.Length > 0 && !n.StartsWith(".NET", StringComparison.Ordinal));
        var files = Directory.GetFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "").Where(l => l.StartsWith("socket:", StringComparison.Ordinal) || l.Contains("actorsmtp", StringComparison.Ordinal));
        return [.. threads.GroupBy(n => n).Select(g => $"{g.Count()} {g.Key}"), .. files];

        static string Read(string path)
        {
            try
            {
                return File.ReadAllText(path).Trim();
            }
            catch (IOException)
            {
                return "";                                  // ended meanwhile
            }
        }
    }
}

/// <summary>Counts threads and sockets of the process, so nothing else may run.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
