using System.Text;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>What a server must be able to hold, and how it behaves past its limits (RFC 5321 §4.5.3.1).</summary>
internal static class LimitClauses
{
    private const int EnoughRecipients = 1100;
    private const int InOneFlight = 8;              // servers slow down, or hang up, after many errors

    public static ClauseGroup Table { get; } = new("limits", "Limits")
    {
        { Must, "rfc5321-4.5.3.1.1-local-part-64", "A local part of 64 octets is understood.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync($"MAIL FROM:<{new string('a', 64)}@{at.Plan.SenderDomain}>")).IsNoSyntaxError();
        } },
        { Must, "rfc5321-4.5.3.1.3-path-256", "A path of 256 octets is understood.", async at =>
        {
            var talk = await at.OpenAsync();
            var domain = new StringBuilder(at.Plan.SenderDomain);
            while (domain.Length < 189)                                         // 256 less the brackets, 64 of local part and the @
            {
                domain.Insert(0, new string('d', Math.Min(62, 189 - domain.Length - 1)) + ".");
                domain.Remove(0, domain[0] == '.' ? 1 : 0);
            }

            (await talk.SayAsync($"MAIL FROM:<{new string('a', 64)}@{domain}>")).IsNoSyntaxError();
        } },
        { Must, "rfc5321-4.5.3.1.4-command-512", "A command line of 512 octets is not too long.", async at =>
        {
            var talk = await at.OpenAsync();
            var shorter = await talk.SayAsync("NOOP n");                // whatever the server thinks of an argument
            (await talk.SayAsync("NOOP " + new string('n', 512 - 7))).Is(shorter.Code);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.2-long-command-one-reply", "A command line of 3,000 octets gets one reply, a refusal, and nothing of it is taken for another command.", async at =>
        {
            var talk = await at.OpenAsync();
            (await talk.SayAsync("FROBNICATE " + string.Join(' ', Enumerable.Repeat("NOOP", 600)))).IsPermanent();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc5321-4.5.3.1.8-recipients-100", "A hundred recipients fit into a transaction.", async at =>
        {
            var talk = await at.OpenAsync();
            await at.EnvelopeAsync(talk);
            if (await FirstRefusedAsync(at, talk, 99) is { } refused)
            {
                refused.Is(250, 251);
            }
        } },
        { Must, "rfc5321-4.5.3.1.10-too-many-recipients-452", "The recipient that is one too many is answered with 452 (or, as a site's policy, with 5xx).", async at =>
        {
            var (_, refused) = await OverfillAsync(at);
            if (refused.Class != 5)
            {
                refused.Is(452);
            }
        } },
        { Must, "rfc5321-4.5.3.1.8-recipients-kept", "After one recipient too many those before it are still there.", async at =>
        {
            var (talk, _) = await OverfillAsync(at);
            (await talk.SayAsync("DATA")).Is(354, 503);             // 503 is allowed then (§4.5.3.1.10); the connection is cut, nothing is left
        } },
        { Must, "rfc5321-4.5.3.1.6-text-line-1000", "A text line of 1,000 octets is taken.", async at =>
        {
            var talk = await at.InDataAsync();
            talk.Send(at.Header() + new string('x', 998) + "\r\n.\r\n");
            (await talk.HearAsync()).Is(250);
        } },
        { Must, "rfc5321-4.5.3.1.7-message-64k", "A message of 64 KiB is taken.", async at =>
        {
            var talk = await at.InDataAsync();
            var header = at.Header();
            var lines = (65536 - header.Length) / 64;
            talk.Send(header + string.Concat(Enumerable.Repeat(new string('y', 62) + "\r\n", lines)) + ".\r\n");
            (await talk.HearAsync()).Is(250);
        } },
    };

    /// <summary>A transaction with so many recipients that the server refused one.</summary>
    private static async Task<(CheckTalk Talk, WireReply Refused)> OverfillAsync(Trial at)
    {
        var talk = await at.OpenAsync();
        await at.EnvelopeAsync(talk);
        return await FirstRefusedAsync(at, talk, EnoughRecipients) is { } refused
            ? (talk, refused)
            : throw new ClauseSkippedException($"no limit was met with {EnoughRecipients} recipients");
    }

    /// <summary>Names the recipient again and again; answers the first refusal, or null.</summary>
    private static async Task<WireReply?> FirstRefusedAsync(Trial at, CheckTalk talk, int count)
    {
        WireReply? refused = null;
        for (var flight = talk.Offers("PIPELINING") ? InOneFlight : 1; count > 0 && refused is null; count -= flight)
        {
            var now = Math.Min(flight, count);
            talk.Send(string.Concat(Enumerable.Repeat($"RCPT TO:{at.Recipient}\r\n", now)));
            for (var i = 0; i < now; i++)
            {
                var reply = await talk.HearAsync();
                refused ??= reply.Class == 2 ? null : reply;
            }
        }

        return refused;
    }
}
