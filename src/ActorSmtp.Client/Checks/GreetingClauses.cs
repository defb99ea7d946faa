using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>How a session begins and ends (RFC 5321 §3.1, §3.2, §3.8, §4.1.1.1, §4.1.4).</summary>
internal static class GreetingClauses
{
    public static ClauseGroup Table { get; } = new("greeting", "Greeting, EHLO and QUIT")
    {
        { Must, "rfc5321-3.1-greeting-220", "A connection is greeted with 220.", async at =>
        {
            var (_, greeting) = await at.GreetingAsync();
            greeting.Is(220);
        } },
        { Must, "rfc5321-4.2-greeting-names-host", "The greeting begins with the server's domain or address literal.", async at =>
        {
            var (_, greeting) = await at.GreetingAsync();
            NamesHost(greeting.Is(220));
        } },
        { Must, "rfc5321-4.1.1.1-ehlo-250", "EHLO is answered with 250.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
        } },
        { Must, "rfc5321-4.1.1.1-ehlo-names-host", "The first line of the answer to EHLO begins with the server's domain or address literal.", async at =>
        {
            var talk = await at.GreetedAsync();
            NamesHost((await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250));
        } },
        { Must, "rfc5321-4.1.1.1-ehlo-keyword-grammar", "Each further line is a keyword and its parameters, one blank between.", async at =>
        {
            var talk = await at.GreetedAsync();
            var hello = (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
            if (hello.Texts.Skip(1).FirstOrDefault(l => !ReplyGrammar.IsEhloLine(l)) is { } odd)
            {
                throw new ClauseBrokenException($"'{odd}' is no ehlo-line");
            }
        } },
        { Must, "rfc5321-4.1.1.1-helo-250", "HELO is supported.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync($"HELO {at.Plan.HelloName}")).Is(250);
        } },
        { Should, "rfc5321-4.2-helo-one-line", "HELO is answered with one line: only EHLO, EXPN and HELP are expected to have several.", async at =>
        {
            var talk = await at.GreetedAsync();
            var hello = (await talk.SayAsync($"HELO {at.Plan.HelloName}")).Is(250);
            if (hello.Texts.Length > 1)
            {
                throw new ClauseBrokenException($"the answer to HELO has {hello.Texts.Length} lines: {hello}");
            }
        } },
        { Must, "rfc5321-4.1.1.1-ehlo-literal", "EHLO with an address literal is taken.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync("EHLO [127.0.0.1]")).Is(250);
        } },
        { Must, "rfc5321-4.1.4-ehlo-name-unverified", "A name in EHLO that is not the client's does not make the server refuse.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync("EHLO no-such-host.invalid")).Is(250);
        } },
        { Should, "rfc5321-4.1.1.1-ehlo-without-name", "EHLO without a name is refused, and the session goes on.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync("EHLO")).IsPermanent();
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
        } },
        { Must, "rfc5321-2.4-ehlo-caseless", "Commands are recognised in any case of letters.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync($"eHlO {at.Plan.HelloName}")).Is(250);
            (await talk.SayAsync("rset")).Is(250);
            (await talk.SayAsync("Noop")).Is(250);
        } },
        { Must, "rfc5321-4.1.4-ehlo-again", "EHLO may be said again.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
        } },
        { Must, "rfc5321-4.1.4-ehlo-resets", "EHLO amid a transaction drops it, as RSET does.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(503);
        } },
        { Must, "rfc5321-4.1.4-refused-ehlo-keeps-state", "An EHLO that is refused leaves the transaction as it was.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("EHLO")).IsPermanent();
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).IsNot(503);
        } },
        { Should, "rfc5321-4.1.4-noop-before-ehlo", "NOOP is processed before EHLO.", at => BeforeEhlo(at, "NOOP") },
        { Should, "rfc5321-4.1.4-rset-before-ehlo", "RSET is processed before EHLO.", at => BeforeEhlo(at, "RSET") },
        { Should, "rfc5321-4.1.4-vrfy-before-ehlo", "VRFY is processed before EHLO.", at => BeforeEhlo(at, "VRFY postmaster") },
        { Should, "rfc5321-4.1.4-help-before-ehlo", "HELP is processed before EHLO.", at => BeforeEhlo(at, "HELP") },
        { Must, "rfc5321-4.1.1.10-quit-221", "QUIT is answered with 221, and then the server closes.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("QUIT")).Is(221);
            await Closes(talk);
        } },
        { Must, "rfc5321-4.1.1.10-quit-before-ehlo", "QUIT may come at any time: before EHLO.", async at =>
        {
            var talk = await at.GreetedAsync();
            (await talk.SayAsync("QUIT")).Is(221);
            await Closes(talk);
        } },
        { Must, "rfc5321-4.1.1.10-quit-amid-transaction", "QUIT may come at any time: amid a transaction.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("QUIT")).Is(221);
            await Closes(talk);
        } },
    };

    private static async Task BeforeEhlo(Trial at, string command)
    {
        var talk = await at.GreetedAsync();
        (await talk.SayAsync(command)).IsNot(503);
    }

    private static void NamesHost(WireReply reply)
    {
        var first = reply.Texts[0].Split(' ')[0];
        if (!ReplyGrammar.IsHost(first))
        {
            throw new ClauseBrokenException($"'{first}' is neither a domain nor an address literal: {reply.Code} {reply.Texts[0]}");
        }
    }

    private static async Task Closes(CheckTalk talk)
    {
        if (!await talk.ClosesAsync())
        {
            throw new ClauseBrokenException("the server leaves the connection open after QUIT");
        }
    }
}
