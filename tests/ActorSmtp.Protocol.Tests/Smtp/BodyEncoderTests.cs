using System.Buffers;
using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class BodyEncoderTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData("a\r\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("\n\r", "\r\n\r\n.\r\n")]
    [InlineData("\r\r\n\n", "\r\n\r\n\r\n.\r\n")]
    public void Dots_are_stuffed_and_lines_end_in_CRLF(string content, string wire)
    {
        foreach (var cuts in new int[][] { [], [1], [2], [3] })
        {
            Assert.Equal(wire, Encode(Wire.Octets(content), cuts));
        }
    }

    [Fact]
    public void What_is_encoded_decodes_to_the_same_with_its_newlines_normalised() => Wire.Holds(Prop.ForAll(Wire.Nasty, Wire.Cuts, (content, cuts) =>
    {
        var (decoded, rest, ended, report) = BodyDecoderTests.Run(Encode(content, cuts) + "QUIT", cuts, BareNewlines.Report);
        var expected = Wire.Text(content).Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\r\n");
        expected += expected.Length == 0 || expected.EndsWith("\r\n", StringComparison.Ordinal) ? "" : "\r\n";
        return decoded == expected && rest == "QUIT" && ended && !report.HasBareNewlines;
    }));

    private static string Encode(byte[] content, int[] cuts)
    {
        var output = new ArrayBufferWriter<byte>();
        var encoder = new BodyEncoder();
        foreach (var piece in Wire.Cut(content, cuts))
        {
            encoder.Encode(piece.Span, output);
        }

        encoder.Finish(output);
        return Wire.Text(output.WrittenSpan);
    }
}
