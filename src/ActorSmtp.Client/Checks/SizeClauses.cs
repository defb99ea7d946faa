using System.Globalization;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>SIZE (RFC 1870).</summary>
internal static class SizeClauses
{
    private const long LargestToSend = 32 << 20;

    public static ClauseGroup Table { get; } = new("size", "SIZE")
    {
        { Must, "rfc1870-3-keyword", "SIZE has at most one parameter, a decimal number.", async at =>
        {
            var talk = await OpenAsync(at);
            var parameter = talk.Parameters("SIZE")!;
            if (!parameter.All(char.IsAsciiDigit))
            {
                throw new ClauseBrokenException($"SIZE is offered with '{parameter}'");
            }
        } },
        { Must, "rfc1870-6-size-taken", "MAIL takes SIZE=.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SIZE=1000")).Is(250);
        } },
        { Should, "rfc1870-6.1-size-too-large", "A declared size over the limit is answered with 552.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SIZE={Limit(talk) + 1}")).Is(552);
        } },
        { Must, "rfc5321-4.1.4-refused-mail-leaves-nothing", "A MAIL that was refused for its size leaves nothing behind: the next one is judged by itself.", async at =>
        {
            var talk = await OpenAsync(at);
            if ((await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SIZE={Limit(talk) + 1}")).Class == 2)
            {
                throw new ClauseSkippedException("the server does not refuse a declared size");
            }

            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Must, "rfc1870-3-size-of-20-digits", "A SIZE= of 20 digits is understood.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SIZE=99999999999999999999")).IsNoSyntaxError();
        } },
        { Should, "rfc1870-3-size-no-number", "A SIZE= that is no number is refused.", async at =>
        {
            var talk = await OpenAsync(at);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} SIZE=many")).IsPermanent();
        } },
        { Must, "rfc1870-6-size-is-not-the-end", "SIZE= does not decide where the content ends.", async at =>
        {
            await NeedSizeAsync(at);
            var talk = await at.InDataAsync(" SIZE=10");
            talk.Send(at.Header() + "longer than declared\r\n.\r\n");
            await talk.HearAsync();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc1870-4-too-large-552", "A message over the limit is answered with 552 after its end, and the session goes on.", async at =>
        {
            await NeedSizeAsync(at);
            var talk = await at.InDataAsync();
            var limit = Limit(talk);
            if (limit > LargestToSend)
            {
                throw new ClauseSkippedException($"the limit is {limit} octets; no more than {LargestToSend} are sent");
            }

            talk.Send(at.Header());
            var piece = string.Concat(Enumerable.Repeat(new string('z', 62) + "\r\n", 1024));
            for (long sent = 0; sent <= limit; sent += piece.Length)
            {
                talk.Send(piece);
                await talk.DrainAsync();
            }

            talk.Send(".\r\n");
            (await talk.HearAsync()).Is(552);
            await Trial.StaysInStepAsync(talk);
        } },
    };

    private static async Task<CheckTalk> OpenAsync(Trial at)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, "SIZE");
        return talk;
    }

    private static async Task NeedSizeAsync(Trial at)
    {
        at.NeedTo();
        await OpenAsync(at);
    }

    private static long Limit(CheckTalk talk) =>
        long.TryParse(talk.Parameters("SIZE"), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? limit
            : throw new ClauseSkippedException("the server names no limit");
}
