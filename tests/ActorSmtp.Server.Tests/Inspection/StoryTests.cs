using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Inspection;

/// <summary>Transcripts and stories as the console and <c>explain</c> show them.</summary>
public sealed class StoryTests
{
    [Fact]
    public async Task A_transcript_is_the_dialogue_line_by_line()
    {
        await using var at = await StartAsync();
        var peer = await at.InTransactionAsync("BDAT 3 LAST\r\nabcQUIT\r\n");
        await Expect(peer, "250 2.0.0 OK: queued");
        await Expect(peer, "221");
        await Until(() => at.Server.Server.Sessions.Find("s0001-1") is not { Ended: false }, "still there");

        var transcript = (await at.Server.Inspection.Stories!.TranscriptAsync("S0001-1", CancellationToken.None))!;

        Assert.Equal(("s0001-1", false), (transcript.SessionId, transcript.Truncated));
        var lines = transcript.Lines.Select(l => $"{l.From[0]}: {l.Text}").ToList();
        Assert.StartsWith("n: connected: from ", lines[0]);
        Assert.StartsWith("s: 220 mx.test ", lines[1]);
        Assert.Equal("c: EHLO c.test", lines[2]);
        Assert.StartsWith("s: 250-mx.test", lines[3]);
        var rest = lines.SkipWhile(l => l != "c: MAIL FROM:<x@c.test>").ToList();
        Assert.StartsWith("s: 250 2.1.0 ", rest[1]);
        Assert.Equal("c: RCPT TO:<bob@mx.test>", rest[2]);
        Assert.StartsWith("s: 250 2.1.5 ", rest[3]);
        Assert.Equal("c: BDAT 3 LAST", rest[4]);
        Assert.Equal("n: received: 3 octets of content, given to the store", rest[5]);
        Assert.StartsWith("n: accepted: the store keeps it", rest[6]);
        Assert.StartsWith("s: 250 2.0.0 OK: queued", rest[7]);
        Assert.Equal("c: QUIT", rest[8]);
        Assert.StartsWith("s: 221 2.0.0 ", rest[9]);
        Assert.Equal("n: ended: quit", rest[10]);
        Assert.Equal(11, rest.Count);
    }

    [Fact]
    public async Task No_secret_is_in_a_transcript()
    {
        await using var at = await StartAsync("listeners.mx.auth=offered");
        var peer = await at.ConnectAsync();
        peer.Send("EHLO c.test\r\nAUTH PLAIN AGJvYgBzZWNyZXQ=\r\nAUTH LOGIN\r\n"u8);
        peer.Send("AUTH LOGIN AGJvYgBzZWNyZXQ=\r\nAGJvYgBzZWNyZXQ=\r\nAGJvYgBzZWNyZXQ=\r\nQUIT\r\n"u8);
        while (await peer.ReadLineAsync() is not null)
        {
        }

        var transcript = (await at.Server.Inspection.Stories!.TranscriptAsync("s0001-1", CancellationToken.None))!;

        Assert.DoesNotContain(transcript.Lines, l => l.Text.Contains("AGJvYgBz", StringComparison.OrdinalIgnoreCase) || l.Text.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(transcript.Lines, l => l.Text == "AUTH PLAIN ***");
        Assert.Contains(transcript.Lines, l => l.From == "note" && l.Text == "logged in: bob with PLAIN");
    }

    [Fact]
    public async Task The_story_of_a_message_goes_from_the_connection_to_the_mailbox()
    {
        await using var server = await TestMailServer.StartAsync(users: [("bob", "x")]);
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(60));
        peer.Send("EHLO c.test\r\nMAIL FROM:<first@c.test>\r\nRCPT TO:<bob@mx.test>\r\nBDAT 1 LAST\r\n1MAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nBDAT 3 LAST\r\nabc"u8);
        var id = "";
        for (var ends = 0; ends < 2;)
        {
            var line = (await peer.ReadLineAsync())!;
            if (line.Contains("queued", StringComparison.Ordinal))
            {
                id = line.Split(' ')[^1];
                ends++;
            }
        }

        Assert.True(MailId.TryParse(id, out _), id);
        Story? story = null;
        await Until(() => (story = server.Inspection.Stories!.ExplainAsync(id, default).GetAwaiter().GetResult()) is { Complete: true }, "the story has no end");

        Assert.Equal((id, "message"), (story!.Id, story.Kind));
        Assert.Equal(
            ["connected", "command", "reply", "command", "reply", "command", "received", "accepted", "reply", "delivered"], story.Entries.Select(e => e.What));
        Assert.Equal("MAIL FROM:<x@c.test>", story.Entries[1].Detail);
        Assert.Equal("/user/listeners/mx/s0001-1", story.Entries[1].Actor);
        Assert.Matches(@"^the store keeps it \([0-9.]+ ms after its end\); for 1 recipient$", story.Entries[7].Detail);
        Assert.StartsWith("to bob", story.Entries[9].Detail);
        Assert.Equal(("/user/mailboxes", id), (story.Entries[9].Actor, story.Entries[9].Ids["message"]));
        Assert.Equal("s0001-1", await server.Inspection.Stories!.SessionOfAsync(id, default));

        var delivery = (await server.Inspection.Stories.ExplainAsync($"{id}/bob", default))!;
        Assert.Equal(("delivery", true), (delivery.Kind, delivery.Complete));
        Assert.Equal(["received", "accepted", "delivered"], delivery.Entries.Select(e => e.What));
        Assert.Null(await server.Inspection.Stories.ExplainAsync($"{id}/ann", default));

        var session = (await server.Inspection.Stories.ExplainAsync("s0001-1", default))!;
        Assert.Equal(2, session.Entries.Count(e => e.What == "delivered"));
    }

    [Fact]
    public async Task Of_a_talkative_session_so_many_lines_are_kept()
    {
        await using var at = await StartAsync("inspection.lines-per-session=6");
        var peer = await at.InTransactionAsync("RSET\r\nNOOP\r\nQUIT\r\n");
        while (await peer.ReadLineAsync() is not null)
        {
        }

        var transcript = (await at.Server.Inspection.Stories!.TranscriptAsync("s0001-1", CancellationToken.None))!;

        Assert.True(transcript.Truncated);
        Assert.DoesNotContain(transcript.Lines, l => l.Text == "NOOP");
        Assert.Contains(transcript.Lines, l => l.Text.StartsWith("not kept: commands and replies after the first 6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_no_memory_for_it_there_are_no_stories()
    {
        await using var at = await StartAsync("inspection.memory=0");
        await Expect(await at.InTransactionAsync("NOOP\r\n"), "250 2.0.0");

        Assert.Null(at.Server.Inspection.Stories);
    }

    [Theory]
    [InlineData("s0001-zz")]
    [InlineData("s9999-1")]
    [InlineData("0N7ZSVAV000FF2RS")]
    [InlineData("bob/1763803123.0N7ZSVAV000FF2RS.actorsmtp:2,S")]
    [InlineData("")]
    [InlineData("no id at all")]
    public async Task Of_an_unknown_id_there_is_no_story(string id)
    {
        await using var at = await StartAsync();

        Assert.Null(await at.Server.Inspection.Stories!.ExplainAsync(id, default));
        Assert.Null(await at.Server.Inspection.Stories.TranscriptAsync(id, default));
        Assert.Null(await at.Server.Inspection.Stories.SessionOfAsync(id, default));
    }

    [Theory]
    [InlineData("0N7ZSVAV000FF2RS/bob", "0N7ZSVAV000FF2RS", "bob")]
    [InlineData("bob@x.test/1763803123.0N7ZSVAV000FF2RS.actorsmtp:2,S", "0N7ZSVAV000FF2RS", "bob@x.test")]
    [InlineData("bob/other.file", null, null)]
    [InlineData("/bob", null, null)]
    [InlineData("bob/", null, null)]
    public void A_delivery_is_named_by_message_and_account_or_by_its_file(string text, string? message, string? account)
    {
        var (id, who) = StoryWords.Delivery(text);

        Assert.Equal((message, account), (id?.ToString(), who));
    }
}
