using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What a recipient finds of what was sent.</summary>
public sealed class StoredContentTests
{
    [Fact]
    public async Task Bare_newlines_are_stored_as_CRLF_and_the_message_is_flagged()
    {
        var text = await Deliver("C: DATA", "S: 354 *", @"RAW: Subject: a\n\none\rtwo\r\n.\r\n");

        Assert.EndsWith("Subject: a\r\n\r\none\r\ntwo\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Bare-Newlines: normalized\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bare_newlines_in_chunks_are_stored_as_CRLF_even_where_a_chunk_ends_between_them()
    {
        var text = await Deliver("C: BDAT 16", @"RAW: Subject: a\n\none\r", "S: 250 *", "C: BDAT 4 LAST", @"RAW: \ntwo");

        Assert.EndsWith("Subject: a\r\n\r\none\r\ntwo", text, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Bare-Newlines: normalized\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_fields_come_first_and_nothing_else_is_changed()
    {
        var text = await Deliver("C: DATA", "S: 354 *", @"RAW: Subject: a\r\n\r\n..dot\r\n.\r\n");

        Assert.StartsWith("Return-Path: <ann@client.test>\r\nReceived: from client.test (", text, StringComparison.Ordinal);
        Assert.Contains("\r\n\tby mx.test (ActorSmtp) with ESMTP\r\n\tid ", text, StringComparison.Ordinal);
        Assert.Contains("\r\n\tfor <bob@mx.test>;\r\n\t", text, StringComparison.Ordinal);
        Assert.EndsWith(" +0000\r\nSubject: a\r\n\r\n.dot\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Bare-Newlines", text, StringComparison.Ordinal);
    }

    private static async Task<string> Deliver(params string[] steps)
    {
        await using var server = await TestMailServer.StartAsync(sets: ["content.bare-newlines=normalize"], users: [("bob", "secret")]);
        string[] script =
        [
            "S: 220 *", "C: EHLO client.test", "S: 250-*…", "S: 250 *", "C: MAIL FROM:<ann@client.test>", "S: 250 *", "C: RCPT TO:<bob@mx.test>", "S: 250 *",
            .. steps, "S: 250 2.0.0 OK: queued as *",
        ];
        await Dialogue.Run(DialogueScript.Parse(string.Join('\n', script)), server, "whole");
        return await server.ReadOnlyMessageAsync("bob");
    }
}
