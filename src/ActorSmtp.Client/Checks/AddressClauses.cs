using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>Addresses in MAIL and RCPT (RFC 5321 §4.1.2, §4.1.3, §4.5.1). Whether an address is served is the server's own matter; whether it is understood is not.</summary>
internal static class AddressClauses
{
    public static ClauseGroup Table { get; } = new("addresses", "Addresses")
    {
        { Must, "rfc5321-4.5.1-postmaster", "RCPT TO:<postmaster>, without a domain, is taken.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("RCPT TO:<postmaster>")).Is(250, 251);
        } },
        { Must, "rfc5321-4.5.1-postmaster-caseless", "postmaster is recognised in any case of letters.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("RCPT TO:<PostMaster>")).Is(250, 251);
        } },
        { Must, "rfc5321-4.1.2-quoted-local-part", "A quoted local part is understood.", at => Sender(at, "\"a b\"") },
        { Must, "rfc5321-4.1.2-quoted-pair", "A backslash within a quoted local part is understood.", at => Sender(at, "\"a\\\"b\\\\c\"") },
        { Must, "rfc5321-4.1.2-quoted-at-sign", "An @ within a quoted local part is not taken for the one before the domain.", at => Sender(at, "\"a@b\"") },
        { Must, "rfc5321-4.1.2-atext", "Every character of atext is understood in a local part.", at => Sender(at, "a!#$%&'*+-/=?^_`{|}~z") },
        { Must, "rfc5321-4.1.2-dot-string", "A local part of several atoms is understood.", at => Sender(at, "a.b.c") },
        { Must, "rfc5321-4.1.3-ipv4-literal", "A domain that is an IPv4 address literal is understood.", at => Literal(at, "[127.0.0.1]") },
        { Must, "rfc5321-4.1.3-ipv6-literal", "A domain that is an IPv6 address literal is understood.", at => Literal(at, "[IPv6:::1]") },
        { Must, "rfc5321-4.1.1.3-source-route", "A source route before the recipient is recognised.", async at =>
        {
            if (at.Plan.To is not { } to)
            {
                throw new ClauseSkippedException("needs --to ADDRESS");
            }

            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"RCPT TO:<@relay.invalid:{to}>")).IsNoSyntaxError();
        } },
        { Must, "rfc5321-4.1.4-mail-without-address", "MAIL without an argument is refused, and the session stays as it was.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("MAIL")).IsPermanent();
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Must, "rfc5321-4.1.4-mail-without-from", "MAIL without FROM: is refused.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL {at.Plan.Sender}")).IsPermanent();
        } },
        { Should, "rfc5321-4.1.4-mail-unclosed-path", "A sender whose < is not closed is refused.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL FROM:<check@{at.Plan.SenderDomain}")).IsPermanent();
        } },
        { Must, "rfc5321-4.1.4-rcpt-without-address", "RCPT without an argument is refused, and the transaction stays as it was.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("RCPT")).IsPermanent();
            (await talk.SayAsync($"RCPT TO:{at.Recipient}")).Is(250, 251);
        } },
        { Should, "rfc5321-4.1.2-rcpt-null-path", "RCPT TO:<> is refused: nobody has this address.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync("RCPT TO:<>")).IsPermanent();
        } },
        { Should, "rfc5321-4.1.2-two-at-signs", "A recipient with two @ outside quotes is refused.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.MailAsync(talk);
            (await talk.SayAsync($"RCPT TO:<a@b@{at.Plan.SenderDomain}>")).IsRefusal();
        } },
    };

    /// <summary>A sender with this local part; who asks that senders be of his own may refuse it for that.</summary>
    private static async Task Sender(Trial at, string local)
    {
        var talk = await at.OpenAsync();
        (await talk.SayAsync($"MAIL FROM:<{local}@{at.Plan.SenderDomain}>")).IsNoSyntaxError();
    }

    private static async Task Literal(Trial at, string domain)
    {
        var talk = await at.OpenAsync();
        (await talk.SayAsync($"MAIL FROM:<check@{domain}>")).IsNoSyntaxError();
    }
}
