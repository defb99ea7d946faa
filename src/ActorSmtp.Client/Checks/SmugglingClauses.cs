using System.Text;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// What is not an end of a message, and not an end of a command: whoever takes it for one lets somebody smuggle commands in another's mail
/// (RFC 5321 §2.3.8, §4.1.1.4; CVE-2023-51764 and its kin). What would be smuggled here is NOOP.
/// </summary>
internal static class SmugglingClauses
{
    private static readonly (string Name, string Form)[] FalseEnds =
    [
        ("lf-dot-lf", "\n.\n"),
        ("lf-dot-crlf", "\n.\r\n"),
        ("crlf-dot-lf", "\r\n.\n"),
        ("cr-dot-cr", "\r.\r"),
        ("cr-dot-crlf", "\r.\r\n"),
        ("crlf-dot-cr", "\r\n.\r"),
        ("cr-dot-lf", "\r.\n"),
        ("lf-dot-cr", "\n.\r"),
        ("lfcr-dot-lfcr", "\n\r.\n\r"),
        ("crlf-dot-cr-crlf", "\r\n.\r\r\n"),
        ("crlf-nul-dot-crlf", "\r\n\0.\r\n"),
        ("crlf-dot-nul-crlf", "\r\n.\0\r\n"),
        ("crlf-dot-blank-crlf", "\r\n. \r\n"),
    ];

    public static ClauseGroup Table { get; } = new("smuggling", "False ends of messages and commands")
    {
        FalseEnds.Select(f => (Must, f.Name == "lf-dot-lf" ? "rfc5321-4.1.1.4-lf-dot-lf" : $"rfc5321-2.3.8-{f.Name}",
            $"{Spelled(f.Form)} does not end a message.", new Func<Trial, Task>(at => FalseEnd(at, f.Form)))),
        { Must, "rfc5321-2.3.8-command-ended-by-lf", "A bare LF does not end a command.", at => FalseLine(at, "NOOP\nNOOP\r\n") },
        { Must, "rfc5321-2.3.8-command-ended-by-cr", "A bare CR does not end a command.", at => FalseLine(at, "NOOP\rNOOP\r\n") },
        { Must, "rfc5321-2.3.8-command-ended-by-lfcr", "LFCR does not end a command.", at => FalseLine(at, "NOOP\n\rNOOP\r\n") },
    };

    private static async Task FalseEnd(Trial at, string form)
    {
        var talk = await at.InDataAsync();
        talk.Send(at.Header() + "before" + form + "NOOP\r\nNOOP\r\nbehind\r\n.\r\n");
        var verdict = await talk.HearAsync();
        if (await talk.HasMoreAsync(Trial.Moment))
        {
            throw new ClauseBrokenException($"{Spelled(form)} ended the message ({verdict}), and what follows was obeyed: {await talk.HearAsync()}");
        }

        if (!talk.HasEnded)                                         // to hang up on such a peer is safe as well
        {
            await Trial.StaysInStepAsync(talk);
        }
    }

    private static async Task FalseLine(Trial at, string octets)
    {
        var talk = await at.OpenAsync();
        talk.Send(octets);
        await talk.HearAsync();
        if (await talk.HasMoreAsync(Trial.Moment))
        {
            throw new ClauseBrokenException($"one line got two replies, the second: {await talk.HearAsync()}");
        }

        if (!talk.HasEnded)
        {
            await Trial.StaysInStepAsync(talk);
        }
    }

    private static string Spelled(string form)
    {
        var text = new StringBuilder();
        for (var i = 0; i < form.Length; i++)
        {
            var isCrLf = form[i] == '\r' && i + 1 < form.Length && form[i + 1] == '\n';
            text.Append(form[i] switch
            {
                '\r' when isCrLf => "<CRLF>",
                '\r' => "<CR>",
                '\n' => "<LF>",
                '\0' => "<NUL>",
                ' ' => "<SP>",
                var c => c.ToString(),
            });
            i += isCrLf ? 1 : 0;
        }

        return text.ToString();
    }
}
