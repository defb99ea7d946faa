using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531).</summary>
internal static class EightBitClauses
{
    public static ClauseGroup Table { get; } = new("8bit", "8BITMIME and SMTPUTF8")
    {
        { Must, "rfc6152-2-keyword", "8BITMIME has no parameters.", at => Keywords.HasNoParameters(at, "8BITMIME") },
        { Must, "rfc6152-2-body-8bitmime", "MAIL takes BODY=8BITMIME.", at => Body(at, "8BITMIME") },
        { Must, "rfc6152-2-body-7bit", "MAIL takes BODY=7BIT.", at => Body(at, "7BIT") },
        { Must, "rfc5321-2.4-body-caseless", "A parameter is recognised in any case of letters.", async at =>
        {
            var talk = await OpenAsync(at, "8BITMIME");
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} body=8bitmime")).Is(250);
        } },
        { Should, "rfc6152-2-body-unknown", "A BODY= that is neither is refused.", async at =>
        {
            var talk = await OpenAsync(at, "8BITMIME");
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} BODY=9BIT")).IsPermanent();
        } },
        { Must, "rfc6152-3-eight-bit-content", "Content with octets over 127 is taken.", async at =>
        {
            at.NeedTo();
            await OpenAsync(at, "8BITMIME");
            var talk = await at.InDataAsync(" BODY=8BITMIME");
            talk.Send(at.Header("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n") + "Grüße\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
        } },
        { Must, "rfc6531-3.1-with-8bitmime", "Who offers SMTPUTF8 offers 8BITMIME.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            if (!talk.Offers("8BITMIME"))
            {
                throw new ClauseBrokenException("SMTPUTF8 is offered, 8BITMIME is not");
            }
        } },
        { Must, "rfc6531-3.1-parameter", "MAIL takes SMTPUTF8.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SMTPUTF8")).Is(250);
        } },
        { Must, "rfc6531-3.4-parameter-value", "SMTPUTF8 takes no value.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SMTPUTF8=yes")).IsPermanent();
        } },
        { Must, "rfc6531-3.2-utf8-sender", "With SMTPUTF8 a sender in UTF-8 is understood.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            (await talk.SayAsync($"MAIL FROM:<grüße@{at.Plan.SenderDomain}> SMTPUTF8")).IsNoSyntaxError();
        } },
        { Must, "rfc6531-3.2-utf8-recipient", "With SMTPUTF8 a recipient in UTF-8 is understood.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            await at.MailAsync(talk, " SMTPUTF8");
            (await talk.SayAsync($"RCPT TO:<grüße@{at.Plan.SenderDomain}>")).IsNoSyntaxError();
        } },
        { Should, "rfc6531-3.5-utf8-without-parameter", "Without SMTPUTF8 a sender in UTF-8 is refused.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL FROM:<grüße@{at.Plan.SenderDomain}>")).IsPermanent();
        } },
        { Must, "rfc6531-3.3-not-utf8", "An address that is not well-formed UTF-8 is refused.", async at =>
        {
            var talk = await OpenAsync(at, "SMTPUTF8");
            talk.Send([.. "MAIL FROM:<gr"u8, 0xFC, .. System.Text.Encoding.ASCII.GetBytes($"e@{at.Plan.SenderDomain}> SMTPUTF8\r\n")]);
            (await talk.HearAsync()).IsPermanent();
        } },
        { Must, "rfc6531-3.6-utf8-message", "A message with a header in UTF-8 is taken.", async at =>
        {
            at.NeedTo();
            await OpenAsync(at, "SMTPUTF8");
            var talk = await at.InDataAsync(" BODY=8BITMIME SMTPUTF8");
            talk.Send(at.Header("Comments: Grüße\r\n") + "hello\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
        } },
    };

    private static async Task Body(Trial at, string value)
    {
        var talk = await OpenAsync(at, "8BITMIME");
        (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} BODY={value}")).Is(250);
    }

    private static async Task<CheckTalk> OpenAsync(Trial at, string keyword)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, keyword);
        return talk;
    }
}
