using System.Text;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>Input that no client should send: one reply for each line, both sides in step, and nobody else the worse for it.</summary>
internal static class RobustnessClauses
{
    public static ClauseGroup Table { get; } = new("robustness", "Robustness")
    {
        { Must, "rfc5321-2.3.8-octet-by-octet", "A command that arrives octet by octet is one command.", async at =>
        {
            var talk = await at.OpenAsync();
            foreach (var octet in "NOOP\r\n")
            {
                talk.Send(octet.ToString());
                await Task.Delay(TimeSpan.FromMilliseconds(10), at.Plan.Time);
            }

            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.2-nul-in-command", "A command with a NUL in it gets one reply, a refusal.", at => Bad(at, "NO\0OP\r\n"u8.ToArray()) },
        { Must, "rfc5321-4.2-eight-bit-command", "A command with octets over 127 gets one reply, a refusal.", at => Bad(at, [0xC3, 0xBC, 0xFF, 0xFE, (byte)'\r', (byte)'\n']) },
        { Must, "rfc5321-4.2-controls-in-command", "A command of control characters gets one reply, a refusal.", at => Bad(at, "\x01\x1b[2J\x07\x7f\r\n"u8.ToArray()) },
        { Must, "rfc5321-4.2-empty-line", "An empty line gets one reply, a refusal.", at => Bad(at, "\r\n"u8.ToArray()) },
        { Must, "rfc5321-4.2-blank-line", "A line of blanks gets one reply, a refusal.", at => Bad(at, "    \r\n"u8.ToArray()) },
        { Must, "rfc5321-4.2-http", "An HTTP request is refused, or the server says goodbye.", async at =>
        {
            var talk = await at.GreetedAsync();
            talk.Send("GET / HTTP/1.1\r\nHost: mail\r\n\r\n");
            foreach (var reply in (await talk.HearAllAsync(Trial.Moment)).Where(r => r.Code != 221))
            {
                reply.IsRefusal();
            }
        } },
        { Must, "rfc5321-4.5.3.1.9-endless-line", "A word of 100,000 octets is refused, or the server hangs up; others are served all the while.", async at =>
        {
            var talk = await at.OpenAsync();
            talk.Send(Encoding.ASCII.GetBytes(new string('e', 100_000)), "eee…");
            var other = await at.OpenAsync();
            (await other.SayAsync("NOOP")).Is(250);
            talk.Send("\r\n");
            foreach (var reply in await talk.HearAllAsync(Trial.Moment))
            {
                reply.IsRefusal();
            }
        } },
        { Should, "rfc5321-4.1.1.5-lost-connections", "Connections that are reset in any state harm nobody else.", async at =>
        {
            string[][] states = [[], ["MAIL"], ["MAIL", "RCPT"], ["MAIL", "RCPT", "DATA"]];
            foreach (var state in states)
            {
                var talk = await at.OpenAsync();
                foreach (var step in state)
                {
                    await (step switch
                    {
                        "MAIL" => at.MailAsync(talk),
                        "RCPT" => at.RcptAsync(talk),
                        _ => talk.SayAsync("DATA"),
                    });
                }

                talk.Abort();
            }

            try
            {
                var (other, greeting) = await at.GreetingAsync();
                greeting.Is(220);
                await Trial.StaysInStepAsync(other);
            }
            catch (ServerUnreachableException gone)
            {
                throw new ClauseBrokenException($"after lost connections the server cannot be reached: {gone.Message}");
            }
        } },
        { Must, "rfc5321-4.2-side-by-side", "Dialogues side by side do not mix.", async at =>
        {
            var one = await at.OpenAsync();
            var two = await at.OpenAsync();
            await at.MailAsync(one);
            (await two.SayAsync($"RCPT TO:{at.Recipient}")).Is(503);
            (await one.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
            (await two.SayAsync("RSET")).Is(250);
            (await one.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
    };

    private static async Task Bad(Trial at, byte[] line)
    {
        var talk = await at.OpenAsync();
        talk.Send(line);
        (await talk.HearAsync()).IsPermanent();
        await Trial.StaysInStepAsync(talk);
    }
}
