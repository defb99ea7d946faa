using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>PIPELINING (RFC 2920).</summary>
internal static class PipeliningClauses
{
    public static ClauseGroup Table { get; } = new("pipelining", "PIPELINING")
    {
        { Must, "rfc2920-2-keyword", "PIPELINING has no parameters.", at => Keywords.HasNoParameters(at, "PIPELINING") },
        { Must, "rfc2920-3.2-replies-in-order", "Commands in one flight are answered one by one, in their order.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send($"RSET\r\nMAIL FROM:{at.Plan.Sender}\r\nRCPT TO:{at.Recipient}\r\nMAIL FROM:{at.Plan.Sender}\r\nRSET\r\nNOOP\r\n");
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250, 251);
            (await talk.HearAsync()).IsRefusal();
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc2920-3.2-refusal-loses-nothing", "A refusal in the midst of a flight loses nothing of what follows it.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send($"MAIL FROM:{at.Plan.Sender}\r\nRCPT TO:<>\r\nFROBNICATE\r\nRCPT TO:{at.Recipient}\r\nRSET\r\n");
            (await talk.HearAsync()).Is(250);
            await talk.HearAsync();
            (await talk.HearAsync()).IsPermanent();
            (await talk.HearAsync()).Is(250, 251);
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Should, "rfc2920-3.2-data-needs-recipient", "DATA is answered with 354 if and only if a recipient was taken before.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send($"MAIL FROM:{at.Plan.Sender}\r\nRCPT TO:<>\r\nDATA\r\n");
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).IsRefusal();
            (await talk.HearAsync()).IsPermanent();
        } },
        { Must, "rfc2920-3.2-nobody-gets-an-empty-message", "An empty message without recipients is not accepted.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.MailAsync(talk);
            if ((await talk.SayAsync("DATA")).Code == 354)
            {
                talk.Send(".\r\n");
                (await talk.HearAsync()).IsRefusal();
            }

            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc2920-3.2-nothing-behind-data-is-lost", "Commands that follow the end of a message in the same flight are answered.", async at =>
        {
            var talk = await at.InDataAsync();
            Trial.Need(talk, "PIPELINING");
            talk.Send(at.Header() + $"pipelined\r\n.\r\nMAIL FROM:{at.Plan.Sender}\r\nRSET\r\nNOOP\r\n");
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc2920-3.2-all-sent-when-input-is-empty", "All replies are sent when no command is left, also where the last one is only begun.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send($"RSET\r\nMAIL FROM:{at.Plan.Sender}\r\nNO");
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            talk.Send("OP\r\n");
            (await talk.HearAsync()).Is(250);
        } },
        { Must, "rfc2920-3.2-fifty-commands", "A flight of fifty commands is answered whole.", async at =>
        {
            var talk = await OpenAsync(at);
            talk.Send(string.Concat(Enumerable.Repeat("RSET\r\n", 50)));
            for (var i = 0; i < 50; i++)
            {
                (await talk.HearAsync()).Is(250);
            }

            await Trial.StaysInStepAsync(talk);
        } },
    };

    private static async Task<CheckTalk> OpenAsync(Trial at)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, "PIPELINING");
        return talk;
    }
}

/// <summary>What many extensions say of their keyword.</summary>
internal static class Keywords
{
    /// <summary>The keyword is offered, and nothing stands behind it.</summary>
    public static async Task HasNoParameters(Trial at, string keyword)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, keyword);
        if (talk.Parameters(keyword) is { Length: > 0 } odd)
        {
            throw new ClauseBrokenException($"{keyword} is offered with '{odd}' behind it");
        }
    }
}
