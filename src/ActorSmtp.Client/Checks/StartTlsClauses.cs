using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>STARTTLS (RFC 3207), and that nothing said before it counts within it (CVE-2011-0411, CVE-2021-38371).</summary>
internal static class StartTlsClauses
{
    public static ClauseGroup Table { get; } = new("starttls", "STARTTLS")
    {
        { Must, "rfc3207-2-keyword", "STARTTLS has no parameters.", async at =>
        {
            var talk = await OpenAsync(at);
            if (talk.Parameters("STARTTLS") is { Length: > 0 } odd)
            {
                throw new ClauseBrokenException($"STARTTLS is offered with '{odd}' behind it");
            }
        } },
        { Must, "rfc3207-4-starttls-220", "STARTTLS is answered with 220, and the handshake succeeds.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync("STARTTLS")).Is(220);
            await talk.SecureAsync();
        } },
        { Must, "rfc3207-4-starttls-argument", "STARTTLS with an argument is answered with 501.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync("STARTTLS now")).Is(501);
        } },
        { Must, "rfc3207-4.2-ehlo-within-tls", "EHLO works within TLS.", async at =>
        {
            var talk = await SecuredAsync(at);
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
        } },
        { Must, "rfc3207-4.2-not-offered-again", "STARTTLS is not offered within TLS.", async at =>
        {
            var talk = await SecuredAsync(at);
            var hello = (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
            if (hello.Texts.Skip(1).Any(l => l.StartsWith("STARTTLS", StringComparison.OrdinalIgnoreCase)))
            {
                throw new ClauseBrokenException("STARTTLS is offered within TLS");
            }
        } },
        { Should, "rfc3207-4.2-refused-again", "STARTTLS within TLS is refused.", async at =>
        {
            var talk = await SecuredAsync(at);
            (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
            (await talk.SayAsync("STARTTLS")).IsRefusal();
        } },
        { Must, "rfc3207-4.2-transaction-forgotten", "A transaction begun in clear text does not go on within TLS.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.MailAsync(talk);
            if ((await talk.SayAsync("STARTTLS")).Code != 220)
            {
                return;                                                 // refused here: nothing to forget
            }

            await talk.SecureAsync();
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).IsRefusal();
        } },
        { Must, "rfc3207-4.2-injected-command", "A command sent in one flight with STARTTLS is not obeyed within TLS.", at => Injected(at, "NOOP\r\n", "") },
        { Must, "rfc3207-4.2-injected-transaction", "A transaction sent in one flight with STARTTLS does not stand within TLS.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send($"STARTTLS\r\nEHLO {at.Plan.HelloName}\r\nMAIL FROM:{at.Plan.Sender}\r\n");
            if (!await BecomesSecureAsync(talk))
            {
                return;
            }

            await SaysNothingAsync(talk);
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).IsRefusal();
        } },
        { Must, "rfc3207-4.2-injected-half-command", "A command begun in clear text behind STARTTLS is not finished within TLS.", at => Injected(at, "NO", "OP\r\n") },
        { Must, "rfc3207-4-no-clear-text-after-220", "After 220 the server does not go on in clear text.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync("STARTTLS")).Is(220);
            talk.Send("NOOP\r\nNOOP\r\n");
            if (await talk.StartsWithAsync("250"u8.ToArray(), Trial.Moment))
            {
                throw new ClauseBrokenException("after 220 the server obeys clear text");
            }
        } },
    };

    private static async Task<CheckTalk> OpenAsync(Trial at)
    {
        if (at.Plan.Tls is ClientTls.Implicit or ClientTls.Off)
        {
            throw new ClauseSkippedException($"not with --tls {at.Plan.Tls.ToString().ToLowerInvariant()}");
        }

        var talk = await at.GreetedAsync();
        await at.HelloAsync(talk);
        Trial.Need(talk, "STARTTLS");
        return talk;
    }

    private static async Task<CheckTalk> SecuredAsync(Trial at)
    {
        var talk = await OpenAsync(at);
        await Trial.StartTlsAsync(talk);
        return talk;
    }

    private static async Task Injected(Trial at, string inClear, string inTls)
    {
        var talk = await OpenAsync(at);
        talk.Send("STARTTLS\r\n" + inClear);
        if (!await BecomesSecureAsync(talk))
        {
            return;
        }

        if (inTls.Length > 0)
        {
            // Half a command of its own is an unknown one; joined to the clear half it would be NOOP.
            talk.Send(inTls);
            (await talk.HearAsync()).IsRefusal();
        }
        else
        {
            await SaysNothingAsync(talk);
        }

        (await talk.SayAsync($"EHLO {at.Plan.HelloName}")).Is(250);
        await Trial.StaysInStepAsync(talk);
    }

    /// <summary>Whether the server goes on to TLS. To refuse, or to take what follows for a broken handshake, is as safe as to throw it away.</summary>
    private static async Task<bool> BecomesSecureAsync(CheckTalk talk)
    {
        if ((await talk.HearAsync()).Code != 220)
        {
            return false;
        }

        if (talk.HasUnread)
        {
            throw new ClauseBrokenException("the server obeys, in clear text, what follows STARTTLS");
        }

        try
        {
            await talk.SecureAsync();
            return true;
        }
        catch (ClauseBrokenException)
        {
            return false;
        }
    }

    private static async Task SaysNothingAsync(CheckTalk talk)
    {
        if (await talk.HasMoreAsync(Trial.Moment))
        {
            throw new ClauseBrokenException($"within TLS the server answers what was said in clear text: {await talk.HearAsync()}");
        }
    }
}
