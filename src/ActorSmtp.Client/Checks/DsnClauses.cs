using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>DSN (RFC 3461).</summary>
internal static class DsnClauses
{
    public static ClauseGroup Table { get; } = new("dsn", "DSN")
    {
        { Must, "rfc3461-5.1-ret-hdrs", "MAIL takes RET=HDRS.", at => Mail(at, "RET=HDRS") },
        { Must, "rfc3461-5.1-ret-full", "MAIL takes RET=FULL.", at => Mail(at, "RET=FULL") },
        { Must, "rfc3461-5.1-envid", "MAIL takes ENVID=, also one encoded as xtext.", at => Mail(at, "ENVID=check+2B1") },
        { Must, "rfc3461-5.1-ret-unknown", "A RET= that is neither is answered with 501.", at => BadMail(at, "RET=SOME") },
        { Must, "rfc3461-5.1-ret-twice", "RET= given twice is answered with 501.", at => BadMail(at, "RET=HDRS RET=HDRS") },
        { Must, "rfc3461-5.1-envid-twice", "ENVID= given twice is answered with 501.", at => BadMail(at, "ENVID=a ENVID=b") },
        { Must, "rfc3461-5.1-envid-no-xtext", "An ENVID= that is no xtext is answered with 501.", at => BadMail(at, "ENVID=a+zz") },
        { Must, "rfc3461-5.1-notify-never", "RCPT takes NOTIFY=NEVER.", at => Rcpt(at, "NOTIFY=NEVER") },
        { Must, "rfc3461-5.1-notify-list", "RCPT takes NOTIFY=SUCCESS,FAILURE,DELAY.", at => Rcpt(at, "NOTIFY=SUCCESS,FAILURE,DELAY") },
        { Must, "rfc3461-5.1-orcpt", "RCPT takes ORCPT=.", at => Rcpt(at, "ORCPT=rfc822;ann+2Bcheck@example.com") },
        { Should, "rfc3461-5.1-notify-never-alone", "NOTIFY=NEVER,SUCCESS is answered with 501: NEVER stands alone.", at => BadRcpt(at, "NOTIFY=NEVER,SUCCESS") },
        { Should, "rfc3461-5.1-notify-unknown", "A NOTIFY= with an unknown word is answered with 501.", at => BadRcpt(at, "NOTIFY=SOMETIMES") },
        { Should, "rfc3461-5.1-notify-twice", "NOTIFY= given twice is answered with 501.", at => BadRcpt(at, "NOTIFY=SUCCESS NOTIFY=SUCCESS") },
        { Should, "rfc3461-5.1-orcpt-twice", "ORCPT= given twice is answered with 501.", at => BadRcpt(at, "ORCPT=rfc822;a@example.com ORCPT=rfc822;a@example.com") },
        { Should, "rfc3461-5.1-orcpt-without-type", "An ORCPT= without a type is answered with 501.", at => BadRcpt(at, "ORCPT=ann@example.com") },
    };

    private static async Task Mail(Trial at, string parameters)
    {
        var talk = await OpenAsync(at);
        (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} {parameters}")).Is(250);
    }

    private static async Task BadMail(Trial at, string parameters)
    {
        var talk = await OpenAsync(at);
        (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} {parameters}")).Is(501);
        (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
    }

    private static async Task Rcpt(Trial at, string parameters)
    {
        var talk = await OpenAsync(at);
        await at.MailAsync(talk);
        (await talk.SayAsync($"RCPT TO:{at.Recipient} {parameters}")).Is(250, 251);
    }

    private static async Task BadRcpt(Trial at, string parameters)
    {
        var talk = await OpenAsync(at);
        await at.MailAsync(talk);
        (await talk.SayAsync($"RCPT TO:{at.Recipient} {parameters}")).Is(501);
    }

    private static async Task<CheckTalk> OpenAsync(Trial at)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, "DSN");
        return talk;
    }
}
