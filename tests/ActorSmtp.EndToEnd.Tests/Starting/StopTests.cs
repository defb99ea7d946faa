using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Starting;

/// <summary>SIGTERM: who is in the middle of something is told, what was promised is kept, and the exit code is 0.</summary>
public sealed class StopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_idle_session_is_told_421_and_the_server_ends_with_0()
    {
        await using var server = await RunningServer.Laptop(_folder["data"]);
        using var talk = await SmtpTalk.Greeted(server.Port());
        server.AskToStop();
        Assert.StartsWith("421 4.3.2", await talk.Reply(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<EndOfStreamException>(talk.Reply);
        Assert.Equal(0, await server.Ended());
    }

    [Fact]
    public async Task A_message_in_the_middle_of_DATA_is_either_stored_and_acknowledged_or_neither()
    {
        await using var server = await RunningServer.Laptop(_folder["data"], "shutdown.grace=2s");
        using var talk = await SmtpTalk.Greeted(server.Port());
        await talk.Say("MAIL FROM:<ann@client.test>", "250 2.1.0");
        await talk.Say("RCPT TO:<bob@example.com>", "250 2.1.5");
        await talk.Say("DATA", "354");
        await talk.Send("Subject: half\r\n\r\nhalf of it\r\n");
        server.AskToStop();
        await Eventually.True(() => server.HasEnded || server.Output.Contains("accepts no more", StringComparison.Ordinal), "the shutdown to begin", server);
        string reply;
        try
        {
            await talk.Send("the other half\r\n.\r\n");
            reply = await talk.Reply();
        }
        catch (IOException)
        {
            reply = "421 closed";                                       // cut off: the client has no 250 and sends it again
        }

        Assert.Equal(0, await server.Ended());
        await using var again = await RunningServer.Laptop(_folder["data"]);
        if (reply.StartsWith("250", StringComparison.Ordinal))
        {
            var mail = await Maildirs.Only(again, "bob@example.com");
            Assert.Equal("Subject: half\r\n\r\nhalf of it\r\nthe other half\r\n", mail.Content);
        }
        else
        {
            Assert.StartsWith("421", reply, StringComparison.Ordinal);
            Assert.Equal(0, again.Mail.Count("bob@example.com"));
        }
    }

    [Fact]
    public async Task What_was_acknowledged_before_SIGTERM_is_in_the_mailbox_after_it()
    {
        var ids = new List<string>();
        await using (var server = await RunningServer.Laptop(_folder["data"]))
        {
            using var talk = await SmtpTalk.Greeted(server.Port());
            for (var i = 0; i < 50; i++)
            {
                ids.Add(await talk.Mail("bob@example.com", $"Subject: {i}\r\n\r\n"));
            }

            Assert.Equal(0, await server.Stop());
        }

        var mailboxes = new Maildirs(_folder["data"]);
        Assert.Equal(ids, mailboxes.Of("bob@example.com").Select(m => m.Id).Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
