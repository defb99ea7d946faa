using System.Text;
using ActorSmtp.Protocol.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Mime;

public class ContentDecoderTests
{
    private static readonly Gen<byte[]> Bodies = Gen.ArrayOf(Gen.OneOf(
        Gen.Elements("=", "=\r\n", "= \r\n", "=C3", "=c", " ", "  \r\n", "\t", "\r", "\n", "\r\n", "AAAA", "QUJD", "QQ==", "QUI=", "Q", "!", new string('B', 76) + "\r\n",
            "begin 644 a\n", "#0V%T\n", "M", "`\nend\n", new string(' ', 600), "text", "é").Select(Encoding.UTF8.GetBytes),
        Gen.Choose(0, 255).Select(b => new[] { (byte)b }))).Select(p => p.SelectMany(b => b).ToArray());

    public static TheoryData<TransferEncoding> Encodings => [.. Enum.GetValues<TransferEncoding>()];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Pieces_of_any_size_decode_as_the_whole(TransferEncoding encoding) =>
        Prop.ForAll(Bodies.ToArbitrary(), Gen.Choose(1, 90).ToArbitrary(), (body, size) =>
        {
            var decoder = ContentDecoder.For(encoding);
            var output = new List<byte>();
            foreach (var piece in body.Chunk(size))
            {
                var room = new byte[ContentDecoder.MaxOutput(piece.Length)];
                output.AddRange(room[..decoder.Decode(piece, room, final: false)]);
            }
            var last = new byte[ContentDecoder.MaxOutput(0)];
            output.AddRange(last[..decoder.Decode([], last, final: true)]);
            var whole = ContentDecoder.DecodeAll(encoding, body);
            Assert.Equal(whole, output);
            Assert.Equal(whole.Length, ContentDecoder.DecodedLength(encoding, body));
        }).Check(GivenSeed.Times(1000));

    [Fact]
    public void Clean_base64_is_what_the_framework_says() =>
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)).ToArbitrary(), bytes => Assert.Equal(bytes, ContentDecoder.DecodeAll(
            TransferEncoding.Base64, Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)))))
            .Check(GivenSeed.Times(500).WithEndSize(400));

    [Theory]
    [InlineData("base64", TransferEncoding.Base64)]
    [InlineData(" BASE64 (sic)", TransferEncoding.Base64)]
    [InlineData("\"quoted-printable\";", TransferEncoding.QuotedPrintable)]
    [InlineData("8bit", TransferEncoding.EightBit)]
    [InlineData("", TransferEncoding.SevenBit)]
    [InlineData(null, TransferEncoding.SevenBit)]
    [InlineData("x-uue", TransferEncoding.Uuencode)]
    [InlineData("zip", TransferEncoding.Unknown)]
    public void The_names_of_encodings_are_read(string? value, TransferEncoding expected) => Assert.Equal(expected, ContentDecoder.Parse(value));

    [Fact]
    public void Damage_is_told()
    {
        foreach (var (encoding, body, damaged) in new[]
        {
            (TransferEncoding.Base64, "QUJD\r\n", false), (TransferEncoding.Base64, "QU!JD", true), (TransferEncoding.Base64, "Q", true),
            (TransferEncoding.QuotedPrintable, "a=3D=\r\n", false), (TransferEncoding.QuotedPrintable, "a=x", true),
            (TransferEncoding.Uuencode, "begin 1 a\n#0V%T\n`\nend\n", false), (TransferEncoding.Uuencode, "begin 1 a\nM\nend\n", true), (TransferEncoding.Uuencode, "no begin", true),
        })
        {
            var decoder = ContentDecoder.For(encoding);
            decoder.Decode(Encoding.ASCII.GetBytes(body), new byte[2000], final: true);
            Assert.True(damaged == decoder.Damaged, body);
        }
    }
}
