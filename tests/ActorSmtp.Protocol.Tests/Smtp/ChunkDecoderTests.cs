using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class ChunkDecoderTests
{
    [Fact]
    public void A_chunk_is_exactly_as_long_as_it_said()
    {
        var decoder = new ChunkDecoder();
        decoder.Begin(5);
        Assert.Equal(BodyStatus.Content, decoder.Decode("ab"u8, out var consumed, out _));
        Assert.Equal(2, consumed);
        Assert.Equal(BodyStatus.NeedMore, decoder.Decode(default, out _, out _));
        Assert.Throws<InvalidOperationException>(() => decoder.Begin(1));
        Assert.Equal(BodyStatus.Content, decoder.Decode(".\r\n.\r\nNOOP\r\n"u8, out consumed, out var content));
        Assert.Equal((3, ".\r\n"), (consumed, Wire.Text(content)));
        Assert.Equal(BodyStatus.End, decoder.Decode(".\r\n"u8, out consumed, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void An_empty_chunk_ends_at_once()
    {
        var decoder = new ChunkDecoder();
        decoder.Begin(0);
        Assert.Equal(BodyStatus.End, decoder.Decode("NOOP"u8, out var consumed, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void A_newline_across_two_chunks_is_whole_and_a_CR_at_the_very_end_is_bare()
    {
        var decoder = new ChunkDecoder();
        foreach (var chunk in new[] { "a\r", "\nb\n", "c\r" })
        {
            decoder.Begin(chunk.Length);
            decoder.Decode(Wire.Octets(chunk), out _, out _);
        }

        Assert.Equal((0, 1), (decoder.Report.BareCrs, decoder.Report.BareLfs));
        decoder.Complete();
        Assert.Equal((1, 1, 7), (decoder.Report.BareCrs, decoder.Report.BareLfs, decoder.Report.Octets));
    }

    [Fact]
    public void Chunks_are_inspected_alike_however_they_are_cut() => Wire.Holds(Prop.ForAll(Wire.Nasty, Wire.Cuts, (input, cuts) =>
        Inspect(input, []) == Inspect(input, cuts)));

    private static ContentReport Inspect(byte[] input, int[] cuts)
    {
        var decoder = new ChunkDecoder();
        foreach (var piece in Wire.Cut(input, cuts))
        {
            decoder.Begin(piece.Length);
            Assert.Equal(BodyStatus.Content, decoder.Decode(piece.Span, out _, out _));
        }

        decoder.Complete();
        return decoder.Report;
    }
}
