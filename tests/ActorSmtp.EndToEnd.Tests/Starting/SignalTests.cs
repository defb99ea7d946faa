using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Starting;

/// <summary>The second Ctrl-C, SIGHUP, and a disk that fails: what the process does, and what it ends with.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_second_SIGINT_ends_a_slow_shutdown_at_once_and_loses_nothing_that_was_acknowledged()
    {
        string id;
        await using (var server = await RunningServer.Laptop(_folder["data"], "shutdown.grace=5m"))
        {
            using var talk = await SmtpTalk.Greeted(server.Port());
            id = await talk.Mail("bob@example.com", "Subject: kept\r\n\r\n");
            await talk.Say("MAIL FROM:<ann@client.test>", "250 2.1.0");
            await talk.Say("RCPT TO:<bob@example.com>", "250 2.1.5");
            await talk.Say("DATA", "354");
            await talk.Send("Subject: half\r\n\r\nhalf of it\r\n");      // the shutdown waits for the rest, up to its grace
            server.Interrupt();
            await Eventually.True(() => server.Output.Contains("accepts no more", StringComparison.Ordinal), "the shutdown to begin", server);
            Assert.False(server.HasEnded);

            server.Interrupt();

            Assert.Equal(130, await server.Ended());
        }

        await using var again = await RunningServer.Laptop(_folder["data"]);
        var mail = await Maildirs.Only(again, "bob@example.com");
        Assert.Equal(id, mail.Id);
    }

    [Fact]
    public async Task SIGHUP_takes_in_the_log_level_names_what_waits_for_a_start_and_survives_a_mistake()
    {
        var config = Config("info", 100);
        await using var server = await RunningServer.Start(_folder["data"], "--config", config);

        Config("debug", 200);
        server.AskToReload();
        await Eventually.True(
            () => server.Output.Contains("changed, but taken in at the next start only: actorsmtp.limits.recipients", StringComparison.Ordinal),
            "the new level and what waits", server);
        Assert.Contains("SIGHUP: configuration read again: log level debug", server.Output, StringComparison.Ordinal);
        using (var talk = await SmtpTalk.Greeted(server.Port()))
        {
            await Eventually.True(() => server.Output.Contains("C: EHLO", StringComparison.Ordinal), "the dialogue in the log", server);
        }

        Config("deafening", 200);
        server.AskToReload();
        await Eventually.True(() => server.Output.Contains("what was in force stays so", StringComparison.Ordinal), "the mistake", server);
        Assert.Contains($"actorsmtp.logging.level = \"deafening\" ({config}:3:", server.Output, StringComparison.Ordinal);
        using (var talk = await SmtpTalk.Greeted(server.Port()))
        {
            await talk.Mail("bob@example.com", "Subject: still here\r\n\r\n");
        }

        Assert.Equal(0, await server.Stop());

        string Config(string level, int recipients) => _folder.Write("mail.conf", $$"""
            include classpath("laptop.conf")
            actorsmtp {
              logging.level = {{level}}
              limits.recipients = {{recipients}}
              listeners.smtp.bind = "127.0.0.1:0"
            }
            """);
    }

    [Fact]
    public async Task SIGHUP_takes_in_aliases_and_their_files_and_keeps_those_in_force_where_a_new_one_is_wrong()
    {
        var file = _folder.Write("aliases", "sales: ann\n");
        var config = _folder.Write("mail.conf", $$"""
            include classpath("laptop.conf")
            actorsmtp {
              domains = ["here.example"], unknown-recipients = reject
              listeners.smtp.bind = "127.0.0.1:0"
              alias-files = ["{{file}}"]
            }
            """);
        await using var server = await RunningServer.Start(_folder["data"], "--config", config);
        using var talk = await SmtpTalk.Greeted(server.Port());
        await talk.Say("MAIL FROM:<ann@client.test>", "250 2.1.0");
        await talk.Say("RCPT TO:<sales@here.example>", "550 5.1.1");         // ann is nobody
        await Eventually.True(() => server.Output.Contains("alias sales leads to nobody, or to a disabled account: ann@here.example", StringComparison.Ordinal), "the warning", server);

        _folder.Write("aliases", "sales: postmaster\n");
        server.AskToReload();
        await Eventually.True(() => server.Output.Contains("1 aliases are in force", StringComparison.Ordinal), "the new aliases", server);
        await talk.Say("RCPT TO:<sales+x@here.example>", "250 2.1.5");

        _folder.Write("aliases", "sales: |/bin/sh\n");
        server.AskToReload();
        await Eventually.True(() => server.Output.Contains($"{file}:1:1", StringComparison.Ordinal), "the mistake", server);
        await talk.Say("RCPT TO:<sales@here.example>", "250 2.1.5");
        Assert.DoesNotContain("taken in at the next start only", server.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
