using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>The form of every reply heard in the whole check (RFC 5321 §4.2, RFC 2034). Tried last.</summary>
internal static class ReplyClauses
{
    private const int EnoughReplies = 8;

    public static ClauseGroup Table { get; } = new("replies", "Form of the replies, and enhanced codes")
    {
        { Must, "rfc5321-2.3.8-replies-end-in-crlf", "Every line of a reply ends in CRLF.", at => Never(at, ReplyFlaws.LineEnd) },
        { Must, "rfc5321-4.2-reply-code", "Every code has three digits, the first from 2 to 5, the second from 0 to 5.", at => Never(at, ReplyFlaws.Code) },
        { Must, "rfc5321-4.2.1-one-code", "The lines of one reply carry the same code.", at => Never(at, ReplyFlaws.CodeChanges) },
        { Must, "rfc5321-4.2-reply-text", "The text of a reply is printable ASCII.", at => Never(at, ReplyFlaws.Text) },
        { Must, "rfc5321-4.5.3.1.5-reply-line-512", "No line of a reply is longer than 512 octets.", at => Never(at, ReplyFlaws.TooLong) },
        { Must, "rfc2034-3-keyword", "ENHANCEDSTATUSCODES has no parameters.", at => Keywords.HasNoParameters(at, "ENHANCEDSTATUSCODES") },
        { Must, "rfc2034-4-code-everywhere", "Every 2xx, 4xx and 5xx reply but to EHLO and HELO carries an enhanced code.", at => NeverWithCodes(at, ReplyFlaws.NoEnhanced) },
        { Must, "rfc2034-4-class-agrees", "The class of an enhanced code is that of the code.", at => NeverWithCodes(at, ReplyFlaws.EnhancedClass) },
        { Must, "rfc2034-4-same-code-on-each-line", "Each line of a reply carries the same enhanced code.", at => NeverWithCodes(at, ReplyFlaws.EnhancedChanges) },
    };

    private static async Task NeverWithCodes(Trial at, ReplyFlaws flaw)
    {
        Trial.Need(await at.OpenAsync(), "ENHANCEDSTATUSCODES");
        await Never(at, flaw);
    }

    private static async Task Never(Trial at, ReplyFlaws flaw)
    {
        if (at.Seen.Replies < EnoughReplies)
        {
            var talk = await at.OpenAsync();
            foreach (var command in new[] { "NOOP", "RSET", $"MAIL FROM:{at.Plan.Sender}", "RCPT TO:<>", "FROBNICATE", "HELP", "VRFY postmaster", "RSET", "QUIT" })
            {
                await talk.SayAsync(command);
            }
        }

        if (at.Seen.First(flaw) is { } odd)
        {
            throw new ClauseBrokenException(odd);
        }
    }
}
