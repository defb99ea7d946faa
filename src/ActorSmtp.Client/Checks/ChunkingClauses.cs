using System.Globalization;
using System.Text;
using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>CHUNKING and BINARYMIME (RFC 3030).</summary>
internal static class ChunkingClauses
{
    public static ClauseGroup Table { get; } = new("chunking", "CHUNKING and BINARYMIME")
    {
        { Must, "rfc3030-2-chunk-last", "A message of one chunk is answered with 250.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header() + "one chunk\r\n", " LAST")).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-each-chunk-250", "Each chunk is answered with 250.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header())).Is(250);
            (await Chunk(talk, "the second of ")).Is(250);
            (await Chunk(talk, "three chunks\r\n", " LAST")).Is(250);
        } },
        { Must, "rfc3030-2-empty-last-chunk", "BDAT 0 LAST ends a message.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header() + "an empty chunk follows\r\n")).Is(250);
            (await Chunk(talk, "", " LAST")).Is(250);
        } },
        { Must, "rfc3030-2-nothing-is-stuffed", "CRLF.CRLF within a chunk ends nothing.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header() + "before\r\n.\r\nNOOP\r\n..after\r\n", " LAST")).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-caseless-last", "LAST is recognised in any case of letters.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header() + "last\r\n", " last")).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-pipelined-chunks", "Chunks in one flight are answered one by one.", async at =>
        {
            var talk = await BeginAsync(at);
            Trial.Need(talk, "PIPELINING");
            var header = at.Header();
            talk.Send($"BDAT {Encoding.UTF8.GetByteCount(header)}\r\n{header}BDAT 7\r\nflight\rBDAT 1 LAST\r\n\n");       // a CRLF falls between two chunks
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            (await talk.HearAsync()).Is(250);
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-refused-chunk-is-discarded", "The octets of a chunk that is refused are thrown away, not obeyed.", async at =>
        {
            var talk = await OpenAsync(at);
            (await Chunk(talk, "NOOP\r\nNOOP\r\n", " LAST")).IsRefusal();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-bdat-without-recipient", "BDAT without a recipient is refused, its octets are thrown away.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.MailAsync(talk);
            (await Chunk(talk, "NOOP\r\nNOOP\r\n", " LAST")).IsRefusal();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-chunks-after-failure", "Further chunks in the same flight after one that failed are refused and thrown away as well.", async at =>
        {
            var talk = await OpenAsync(at);
            Trial.Need(talk, "PIPELINING");
            talk.Send("BDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nNOOP\r\n");
            (await talk.HearAsync()).IsRefusal();
            (await talk.HearAsync()).IsRefusal();
            await Trial.StaysInStepAsync(talk);
        } },
        { Must, "rfc3030-2-bdat-after-last", "BDAT after the last chunk is answered with 503.", async at =>
        {
            var talk = await BeginAsync(at);
            (await Chunk(talk, at.Header() + "the last\r\n", " LAST")).Is(250);
            (await Chunk(talk, "too late\r\n", " LAST")).Is(503);
        } },
        { Must, "rfc3030-2-data-after-bdat", "DATA in a transaction with chunks is answered with 503.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.EnvelopeAsync(talk);
            (await Chunk(talk, "Subject: never finished\r\n")).Is(250);
            (await talk.SayAsync("DATA")).Is(503);
        } },
        { Must, "rfc3030-2-rset-amid-chunks", "RSET between chunks drops the message.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.EnvelopeAsync(talk);
            (await Chunk(talk, "Subject: never finished\r\n")).Is(250);
            (await talk.SayAsync("RSET")).Is(250);
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender}")).Is(250);
        } },
        { Must, "rfc3030-2-size-no-number", "A BDAT whose size is no number is refused.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("BDAT many LAST")).IsRefusal();
        } },
        { Must, "rfc3030-2-data-still-works", "DATA goes on working beside BDAT, in a transaction of its own.", async at =>
        {
            var talk = await OpenAsync(at);
            await at.EnvelopeAsync(talk);
            (await talk.SayAsync("DATA")).Is(354);              // the connection is cut here: nothing is left
        } },
        { Must, "rfc3030-3-needs-chunking", "Who offers BINARYMIME offers CHUNKING.", async at =>
        {
            var talk = await at.OpenAsync();
            Trial.Need(talk, "BINARYMIME");
            if (!talk.Offers("CHUNKING"))
            {
                throw new ClauseBrokenException("BINARYMIME is offered, CHUNKING is not");
            }
        } },
        { Must, "rfc3030-3-keyword", "BINARYMIME has no parameters.", at => Keywords.HasNoParameters(at, "BINARYMIME") },
        { Must, "rfc3030-3-body-binarymime", "MAIL takes BODY=BINARYMIME.", async at =>
        {
            var talk = await at.OpenAsync();
            Trial.Need(talk, "BINARYMIME");
            (await talk.SayAsync($"MAIL FROM:{at.Plan.Sender} BODY=BINARYMIME")).Is(250);
        } },
        { Must, "rfc3030-3-data-for-binary", "DATA for BODY=BINARYMIME is answered with 503.", async at =>
        {
            var talk = await at.OpenAsync();
            Trial.Need(talk, "BINARYMIME");
            await at.EnvelopeAsync(talk, " BODY=BINARYMIME");
            (await talk.SayAsync("DATA")).Is(503);
        } },
    };

    private static async Task<CheckTalk> OpenAsync(Trial at)
    {
        var talk = await at.OpenAsync();
        Trial.Need(talk, "CHUNKING");
        return talk;
    }

    /// <summary>A transaction whose message may come to its end.</summary>
    private static async Task<CheckTalk> BeginAsync(Trial at)
    {
        at.NeedTo();
        var talk = await OpenAsync(at);
        await at.EnvelopeAsync(talk);
        return talk;
    }

    private static Task<WireReply> Chunk(CheckTalk talk, string octets, string last = "")
    {
        talk.Send(string.Create(CultureInfo.InvariantCulture, $"BDAT {Encoding.UTF8.GetByteCount(octets)}{last}\r\n{octets}"));
        return talk.HearAsync();
    }
}
