using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class BodyDecoderTests
{
    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData("...\r\n.\r\n", "..\r\n")]
    [InlineData(".a\r\n.\r\n", "a\r\n")]
    [InlineData("a.\r\nb.c\r\n.\r\n", "a.\r\nb.c\r\n")]
    [InlineData("a\r\r\n.\r\n", "a\r\r\n")]
    public void A_message_ends_at_CRLF_dot_CRLF_and_loses_its_stuffed_dots(string wire, string content)
    {
        var (got, rest, ended, _) = Run(wire + "QUIT\r\n", [], BareNewlines.Report);
        Assert.Equal((content, "QUIT\r\n", true), (got, rest, ended));
    }

    [Theory]
    [InlineData("\n.\n")]
    [InlineData("\n.\r\n")]
    [InlineData("\r.\r")]
    [InlineData("\r.\r\n")]
    [InlineData("\r\n.\n")]
    [InlineData("\r\n.\r")]
    [InlineData("\r\n.\rQ")]
    [InlineData("\r\n.\r\r\n")]
    [InlineData("\r\n\0.\r\n")]
    [InlineData("\r\n.\0\r\n")]
    [InlineData("\r\n.\r\0\n")]
    [InlineData("\r\0\n.\r\n")]
    [InlineData("\0\r\0\n\0.\0\r\0\n")]
    [InlineData("\r\n. \r\n")]
    [InlineData("\n\n.\r\n")]
    [InlineData("\r\n\n.\r\n")]
    [InlineData("\n\r.\r\n")]
    [InlineData("\u0085.\u0085")]
    public void No_smuggling_form_ends_a_message(string form)
    {
        var wire = "Subject: x\r\n\r\nbody" + form + "MAIL FROM:<evil@example.com>\r\n.\r\nQUIT\r\n";
        foreach (var newlines in Enum.GetValues<BareNewlines>())
        {
            foreach (var cuts in new int[][] { [], [1], [2], [3, 1], [7] })
            {
                var (got, rest, ended, _) = Run(wire, cuts, newlines);
                Assert.True(ended);
                Assert.Equal("QUIT\r\n", rest);
                Assert.Contains("MAIL FROM:<evil@example.com>\r\n", got);
            }
        }
    }

    [Fact]
    public void Bare_newlines_pass_and_are_reported()
    {
        var (got, _, _, report) = Run("a\nb\rc\r\n.\r\n", [], BareNewlines.Report);
        Assert.Equal("a\nb\rc\r\n", got);
        Assert.Equal((1, 1, true), (report.BareCrs, report.BareLfs, report.HasBareNewlines));
    }

    [Fact]
    public void Bare_newlines_become_CRLF_where_that_is_asked_for_and_are_reported_all_the_same()
    {
        var (got, _, _, report) = Run("a\nb\rc\r\n..d\n.e\r.\r\n.\r\n", [], BareNewlines.Normalize);
        Assert.Equal("a\r\nb\r\nc\r\n.d\r\n.e\r\n.\r\n", got);
        Assert.Equal((2, 2), (report.BareCrs, report.BareLfs));
    }

    [Fact]
    public void What_streams_by_is_inspected()
    {
        var (_, _, _, report) = Run(
            "Received: from a\r\n\tby b\r\nRECEIVED : c\r\nSubject: Received: no\r\nreceivedx: no\r\nReceived: d\r\n\r\nReceived: body\r\n\u00e9\0\r\n.\r\n", [],
            BareNewlines.Report);
        Assert.Equal(3, report.ReceivedFields);
        Assert.Equal(1, report.Nuls);
        Assert.True(report.Has8Bit);
        Assert.Equal("Subject: Received: no\r\n".Length, report.LongestLine);
        Assert.False(report.HasBareNewlines);
    }

    [Theory]
    [InlineData("TLS-Required: No\r\n", true)]
    [InlineData("tls-required:no\r\n\r\n", true)]
    [InlineData("Subject: x\r\nTLS-Required :\tNO \r\nX: y\r\n", true)]
    [InlineData("TLS-Required:\r\n No\r\n\r\n", true)]
    [InlineData("TLS-Required: No\r\nTLS-Required: No\r\n", false)]       // more than one must not be
    [InlineData("TLS-Required: Yes\r\n", false)]
    [InlineData("TLS-Required: Nope\r\n", false)]
    [InlineData("TLS-Required: No no\r\n", false)]
    [InlineData("TLS-Required: No\r\n but\r\n", false)]
    [InlineData("TLS-Required: N\r\n", false)]
    [InlineData("TLS-Required:\r\nNo: x\r\n", false)]
    [InlineData("TLS-Required\r\n: No\r\n", false)]
    [InlineData("TLS-Requires: No\r\n", false)]
    [InlineData("TLS\rRequired: No\r\n", false)]
    [InlineData("X-TLS-Required: No\r\n", false)]
    [InlineData("Subject: a\r\n TLS-Required: No\r\n", false)]
    [InlineData("Subject: a\r\n\r\nTLS-Required: No\r\n", false)]        // text, not header
    public void A_header_that_does_not_require_TLS_is_noted(string header, bool noted)
    {
        for (var cut = 0; cut < header.Length; cut++)
        {
            Assert.Equal(noted, Run(header + ".\r\n", [cut], BareNewlines.Report).Report.TlsNotRequired);
        }

        Assert.Equal(noted, PlainBodyDecoder.Decode(Wire.Octets(header + ".\r\n")).TlsNotRequired);
    }

    [Theory]
    [InlineData("Delivered-To: ann@mx.test\r\n", true)]
    [InlineData("delivered-to:<Ann@MX.test>\r\n\r\n", true)]
    [InlineData("Subject: x\r\nDelivered-To :\tann@mx.test \r\nX: y\r\n", true)]
    [InlineData("Delivered-To:\r\n ann\r\n\t@mx.test\r\n\r\n", true)]
    [InlineData("Delivered-To: bob@mx.test\r\nDelivered-To: ann@mx.test\r\n", true)]
    [InlineData("Delivered-To: ann@mx.test\r\nDelivered-To: bob@mx.test\r\n", true)]
    [InlineData("Delivered-To: \"ann\"@mx.test\r\n", true)]
    [InlineData("Delivered-To: J\u00d6RG@mx.test\r\n", true)]
    [InlineData("Delivered-To: ann@mx.test.\r\n", false)]
    [InlineData("Delivered-To: xann@mx.test\r\n", false)]
    [InlineData("Delivered-To: ann@mx.test bob@mx.test\r\n", false)]
    [InlineData("Delivered-To: ann@mx.test\r\n x\r\n", false)]
    [InlineData("Delivered-To: \r\n", false)]
    [InlineData("Delivered-To\r\n: ann@mx.test\r\n", false)]
    [InlineData("X-Delivered-To: ann@mx.test\r\n", false)]
    [InlineData("Subject: a\r\n Delivered-To: ann@mx.test\r\n", false)]
    [InlineData("Subject: a\r\n\r\nDelivered-To: ann@mx.test\r\n", false)]
    public void An_address_that_is_watched_is_found_in_Delivered_To(string header, bool found)
    {
        HashSet<Mailbox> watched = [Mailbox.Parse("ann@mx.test"), Mailbox.Parse("j\u00f6rg@mx.test")];
        var octets = Wire.Text(System.Text.Encoding.UTF8.GetBytes(header));
        for (var cut = 0; cut < octets.Length; cut++)
        {
            Assert.Equal(found, Run(octets + ".\r\n", [cut], BareNewlines.Report, watched).Report.WasDeliveredBefore);
        }

        Assert.False(Run(octets + ".\r\n", [], BareNewlines.Report).Report.WasDeliveredBefore);
    }

    [Fact]
    public void Delivered_To_is_read_within_bounds()
    {
        HashSet<Mailbox> watched = [Mailbox.Parse("ann@mx.test")];
        Assert.False(Found($"Delivered-To: ann@mx.test{new string('x', 100_000)}\r\n"));
        Assert.False(Found($"Delivered-To: {new string(' ', 100_000)}bob@mx.test\r\n"));
        Assert.True(Found($"Delivered-To: {new string(' ', 100_000)}ann@mx.test\r\n"));
        Assert.False(Found(string.Concat(Enumerable.Repeat("Delivered-To: bob@mx.test\r\n", 100))));
        Assert.True(Found(string.Concat(Enumerable.Repeat("Delivered-To: bob@mx.test\r\n", 101)) + "\r\n"));      // that many are a circle, whosever

        bool Found(string header) => Run(header + ".\r\n", [], BareNewlines.Report, watched).Report.WasDeliveredBefore;
    }

    [Fact]
    public void A_decoder_is_ready_for_the_next_message_after_reset()
    {
        var decoder = new BodyDecoder();
        Assert.Equal(BodyStatus.Content, decoder.Decode("Received: a\n\0\u00e9\r\n.\r\n"u8, out var consumed, out _));
        Assert.Equal(BodyStatus.End, decoder.Decode(".\r\n"u8, out consumed, out _));
        Assert.Equal(3, consumed);
        Assert.Throws<InvalidOperationException>(() => decoder.Decode("x"u8, out _, out _));
        decoder.Reset();
        Assert.Equal(default, decoder.Report);
        Assert.Equal(BodyStatus.End, decoder.Decode(".\r\n"u8, out _, out _));
    }

    [Fact]
    public void Content_is_a_slice_of_the_input()
    {
        var decoder = new BodyDecoder();
        var input = "line one\r\n..line two\r\n.\r\n"u8;
        decoder.Decode(input, out _, out var content);
        Assert.True(content.Overlaps(input, out var offset));
        Assert.Equal(0, offset);
    }

    [Fact]
    public void Any_octets_in_any_pieces_decode_as_the_plain_reference_says() => Wire.Holds(Prop.ForAll(Wire.Nasty, Wire.Cuts, AgreesWithReference), 6000);

    [Fact]
    public void Any_octets_at_all_decode_as_the_plain_reference_says() => Wire.Holds(Prop.ForAll(Wire.Anything, Wire.Cuts, AgreesWithReference));

    private static bool AgreesWithReference(byte[] input, int[] cuts)
    {
        foreach (var newlines in Enum.GetValues<BareNewlines>())
        {
            var reference = PlainBodyDecoder.Decode([.. input, .. "\r\n.\r\nREST"u8], newlines == BareNewlines.Normalize);
            var (got, rest, ended, report) = Run(Wire.Text(input) + "\r\n.\r\nREST", cuts, newlines);
            Assert.Equal((Wire.Text(reference.Content), reference.Ended), (got, ended));
            Assert.Equal(Wire.Text([.. input, .. "\r\n.\r\nREST"u8])[reference.Consumed..], rest);
            Assert.Equal(
                (reference.BareCrs, reference.BareLfs, reference.Nuls, reference.Has8Bit, reference.LongestLine, reference.Received, reference.TlsNotRequired, reference.Content.Length),
                ((int)report.BareCrs, (int)report.BareLfs, (int)report.Nuls, report.Has8Bit, (int)report.LongestLine, report.ReceivedFields, report.TlsNotRequired, (int)report.Octets));
        }

        return true;
    }

    internal static (string Content, string Left, bool Ended, ContentReport Report) Run(
        string wire, int[] cuts, BareNewlines newlines, IReadOnlySet<Mailbox>? watched = null)
    {
        var decoder = new BodyDecoder(newlines);
        decoder.Reset(watched);
        var content = new List<byte>();
        var rest = new List<byte>();
        var ended = false;
        foreach (var piece in Wire.Cut(Wire.Octets(wire), cuts))
        {
            var input = piece.Span;
            while (!ended)
            {
                var status = decoder.Decode(input, out var consumed, out var slice);
                input = input[consumed..];
                content.AddRange(slice);
                ended = status == BodyStatus.End;
                Assert.True(status != BodyStatus.Content || slice.Length > 0);
                if (status == BodyStatus.NeedMore)
                {
                    Assert.True(input.IsEmpty);
                    break;
                }
            }

            rest.AddRange(input);
        }

        return (Wire.Text([.. content]), Wire.Text([.. rest]), ended, decoder.Report);
    }
}
