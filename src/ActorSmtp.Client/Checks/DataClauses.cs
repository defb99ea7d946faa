using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>DATA and the end of a message (RFC 5321 §4.1.1.4, §4.5.2).</summary>
internal static class DataClauses
{
    public static ClauseGroup Table { get; } = new("data", "DATA")
    {
        { Must, "rfc5321-3.3-data-354", "DATA with a recipient is answered with 354.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("DATA")).Is(354);                      // the connection is cut here: nothing is left
        } },
        { Must, "rfc5321-4.1.1.4-message-250", "A message that ends in CRLF.CRLF is answered with 250.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "hello\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.1.1.4-nothing-before-the-end", "Nothing is said before the end of the message.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "the first half\r\n");
            if (await talk.HasMoreAsync(Trial.Moment))
            {
                throw new ClauseBrokenException($"in the midst of the message the server said: {await talk.HearAsync()}");
            }

            talk.Send("the second half\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
        } },
        { Must, "rfc5321-4.1.1.4-end-in-pieces", "The end is recognised also when it arrives octet by octet.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "in pieces");
            foreach (var octet in "\r\n.\r\n")
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), at.Plan.Time);
                talk.Send(octet.ToString());
            }

            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.1.1.4-no-content", "A lone dot right after 354 is the end of a message without content.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(".\r\n");
            await talk.HearAsync();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.5.2-stuffed-dots", "Lines that begin with a stuffed dot end nothing.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "..\r\n...\r\n..NOOP\r\n.. \r\n.\r\n");
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.1.1.4-content-is-not-obeyed", "Commands within a message are content.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + $"NOOP\r\nRSET\r\nMAIL FROM:{at.Plan.Sender}\r\nQUIT\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.1.1.4-transaction-ends", "After a message the transaction is over: RCPT is answered with 503.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "over\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(503);
        } },
        { Must, "rfc5321-4.1.4-another-transaction", "After a message another transaction begins, without EHLO or RSET.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + "the first\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Should, "rfc5321-4.5.2-control-characters", "Content with control characters is taken.", async at =>
        {
            var talk = await at.InDataAsync();
            var controls = string.Concat(Enumerable.Range(1, 31).Append(127).Where(c => c is not ('\r' or '\n')).Select(c => (char)c));
            talk.Send(at.Header() + controls + "\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
        } },
    };
}
