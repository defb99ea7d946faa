using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>The commands, their arguments and their order (RFC 5321 §3.3, §4.1.1, §4.1.4, §4.5.1).</summary>
internal static class CommandClauses
{
    public static ClauseGroup Table { get; } = new("commands", "Command syntax and order")
    {
        { Must, "rfc5321-4.1.1.2-mail-250", "MAIL begins a transaction.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Must, "rfc5321-4.1.1.3-rcpt-250", "RCPT is answered with 250 or 251.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
        { Must, "rfc1123-5.2.9-null-sender", "MAIL FROM:<> is taken: delivery reports come with it.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("MAIL FROM:<>")).Is(250);
        } },
        { Must, "rfc5321-3.3-rcpt-before-mail", "RCPT before MAIL is answered with 503.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(503);
        } },
        { Must, "rfc5321-4.1.4-mail-twice", "MAIL within a transaction is answered with 503.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(503);
        } },
        { Must, "rfc5321-4.1.4-refusal-keeps-state", "A command out of order leaves the transaction as it was.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).IsRefusal();
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
        { Should, "rfc5321-3.3-data-before-mail", "DATA without MAIL is answered with 503 or 554.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("DATA")).Is(503, 554);
        } },
        { Should, "rfc5321-3.3-data-before-rcpt", "DATA without a recipient is answered with 503 or 554.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("DATA")).Is(503, 554);
        } },
        { Must, "rfc5321-4.1.1.5-rset-250", "RSET is answered with 250.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("RSET")).Is(250);
        } },
        { Must, "rfc5321-4.1.1.5-rset-clears", "RSET drops sender and recipients.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("RSET")).Is(250);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(503);
        } },
        { Must, "rfc5321-4.1.1.5-rset-keeps-session", "After RSET a new transaction begins without EHLO.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("RSET")).Is(250);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Must, "rfc5321-4.1.1.9-noop-250", "NOOP is answered with 250 and changes nothing.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("NOOP")).Is(250);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
        { Should, "rfc5321-4.1.1.9-noop-argument", "An argument of NOOP is ignored.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("NOOP whatever this may be")).Is(250);
        } },
        { Should, "rfc5321-4.1.1.8-help", "HELP without arguments is supported.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("HELP")).Is(211, 214);
        } },
        { Must, "rfc5321-4.1.1.1-help-listed", "HELP, where it is supported, is listed in the answer to EHLO.", at => Listed(at, "HELP", "HELP") },
        { Must, "rfc5321-3.5.2-expn-listed", "EXPN, where it is supported, is listed in the answer to EHLO.", at => Listed(at, "EXPN", "EXPN postmaster") },
        { Must, "rfc5321-4.2.4-listed-is-implemented", "No command listed in the answer to EHLO is answered with 500 or 502.", async at =>
        {
            var talk = await at.OpenAsync();
            var listed = new[] { "HELP", "EXPN", "VRFY", "ETRN" }.Where(talk.Offers).ToArray();
            foreach (var command in listed)
            {
                (await talk.SayAsync(command == "HELP" ? command : $"{command} postmaster")).IsNot(500, 502);
            }

            if (listed.Length == 0)
            {
                throw new ClauseSkippedException("the server lists no command that is not required", Verdict.NotOffered);
            }
        } },
        { Must, "rfc5321-4.5.1-vrfy", "VRFY is supported: it is answered neither with 500 nor with 502.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("VRFY postmaster")).IsNot(500, 502);
        } },
        { Must, "rfc5321-3.5.3-vrfy-confirms-nobody", "VRFY answers 250 only for an address that it has verified.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"VRFY no-such-user-{Guid.NewGuid():N}@no-such-host.invalid")).IsNot(250, 251);
        } },
        { Must, "rfc5321-4.1.1.6-vrfy-keeps-transaction", "VRFY does not touch the transaction.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            await talk.SayAsync("VRFY postmaster");
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
        { Should, "rfc5321-4.2.4-unknown-is-500", "A command that is not recognised is answered with 500.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("FROBNICATE now")).Is(500);
        } },
        { Must, "rfc5321-3.8-unknown-keeps-connection", "A command that is not recognised does not end the connection.", async at =>
        {
            var talk = await at.OpenAsync();
            for (var i = 0; i < 3; i++)
            {
                (await talk.SayAsync("FROBNICATE now")).IsPermanent();
            }

            await Trial.StaysInStepAsync(talk);
        } },
        { Should, "rfc5321-4.1.1-rset-argument", "RSET with an argument is refused as bad syntax.", at => Argument(at, "RSET now") },
        { Should, "rfc5321-4.1.1-quit-argument", "QUIT with an argument is refused as bad syntax.", at => Argument(at, "QUIT now") },
        { Should, "rfc5321-4.1.1-data-argument", "DATA with an argument is refused as bad syntax.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("DATA now")).Is(500, 501, 504);
        } },
        { Must, "rfc5321-4.1.1.11-mail-parameter-555", "An unknown parameter of MAIL is answered with 555.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} XFROB=1")).Is(555);
        } },
        { Must, "rfc5321-4.1.1.11-rcpt-parameter-555", "An unknown parameter of RCPT is answered with 555.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"RCPT TO:{at.Recipient} XFROB=1")).Is(555);
        } },
        { Must, "rfc5321-2.4-caseless-arguments", "FROM: and TO: are recognised in any case of letters.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"mail from:{at.Plan.Sender}")).Is(250);
            (await talk.SayAsync($"rcpt to:{at.Recipient}")).Is(250, 251);
        } },
    };

    private static async Task Argument(Trial at, string command)
    {
        var talk = await at.OpenAsync();
        (await talk.SayAsync(command)).Is(500, 501, 504);
    }

    private static async Task Listed(Trial at, string keyword, string command)
    {
        var talk = await at.OpenAsync();
        var reply = await talk.SayAsync(command);
        if (reply.Class != 2 || reply.Code == 252)              // 252 is what a disabled EXPN says (§7.3)
        {
            throw new ClauseSkippedException($"{keyword} is not supported: {reply}", Verdict.NotOffered);
        }

        if (!talk.Offers(keyword))
        {
            throw new ClauseBrokenException($"{keyword} is answered with {reply} and not listed");
        }
    }
}
