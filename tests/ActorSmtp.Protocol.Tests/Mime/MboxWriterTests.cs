using System.Buffers;
using System.Text;
using ActorSmtp.Protocol.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Mime;

public class MboxWriterTests
{
    private static readonly DateTimeOffset Date = new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));

    private static string Write(string mail, int size = int.MaxValue, string sender = "ann@example.org")
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MboxWriter(output);
        writer.Begin(sender, Date);
        var bytes = Encoding.UTF8.GetBytes(mail);
        for (var i = 0; i < bytes.Length; i += Math.Min(size, bytes.Length))
        {
            writer.Write(bytes.AsSpan(i, Math.Min(size, bytes.Length - i)));
        }
        writer.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Fact]
    public void From_lines_are_quoted_and_line_ends_are_LF() => Assert.Equal(
        "From ann@example.org Fri Jan  2 02:04:05 2026\nSubject: x\n\n>From a\n>>From b\n From c\nFromage\n>no\nx From y\nz\n\n",
        Write("Subject: x\r\n\r\nFrom a\r\n>From b\r\n From c\r\nFromage\r\n>no\r\nx From y\r\nz"));

    [Theory]
    [InlineData("", "MAILER-DAEMON")]
    [InlineData("\"a b\"@x\r\nFrom y", "\"ab\"@xFromy")]
    public void The_first_line_stays_one_line(string sender, string expected) =>
        Assert.StartsWith($"From {expected} Fri Jan", Write("x\r\n", sender: sender));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("x\r\n")]
    [InlineData(">>Fro")]
    [InlineData("a\r")]
    public void A_message_ends_with_one_empty_line(string mail)
    {
        var body = Write(mail).Split('\n', 2)[1];
        Assert.Equal(mail.Length == 0 ? "\n" : mail.TrimEnd('\n').TrimEnd('\r') + (mail == "a\r" ? "\r" : "") + "\n\n", body);
    }

    [Fact]
    public void Reading_by_the_mboxrd_rule_gives_the_messages_back() =>
        Prop.ForAll(
            Gen.NonEmptyListOf(Gen.ArrayOf(Gen.Elements("From ", "From", ">", ">>", "\r\n", "\r", "a", " ", "F", "Fr")).Select(p => string.Concat(p) + "\r\n")).ToArbitrary(),
            Gen.Choose(1, 9).ToArbitrary(),
            (mails, size) =>
            {
                var mbox = string.Concat(mails.Select(m => Write(m, size)));
                var read = new List<string>();
                foreach (var line in mbox[..^1].Split('\n'))
                {
                    if (line.StartsWith("From ", StringComparison.Ordinal) && (read.Count == 0 || read[^1].EndsWith("\n\n", StringComparison.Ordinal) || read[^1] == "\n"))
                    {
                        read.Add("");
                        continue;
                    }
                    var quoted = line.TrimStart('>').StartsWith("From ", StringComparison.Ordinal) && line[0] == '>';
                    read[^1] += (quoted ? line[1..] : line) + "\n";
                }
                Assert.Equal(mails.Select(m => m.Replace("\r\n", "\n") + "\n"), read);
            }).Check(GivenSeed.Times(500));

    [Fact]
    public void Newlines_of_any_kind_become_CRLF_however_they_are_cut() =>
        Prop.ForAll(Gen.ArrayOf(Gen.Elements("\r", "\n", "\r\n", "a")).Select(p => string.Concat(p)).ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (text, size) =>
        {
            var output = new ArrayBufferWriter<byte>();
            var normalizer = new NewlineNormalizer();
            foreach (var piece in Encoding.ASCII.GetBytes(text).Chunk(size))
            {
                normalizer.Write(piece, output);
            }
            normalizer.End(output);
            var expected = text.ReplaceLineEndings("\n").Replace("\r", "\n").Replace("\n", "\r\n");
            Assert.Equal(expected, Encoding.ASCII.GetString(output.WrittenSpan));
            Assert.Equal(expected != text, normalizer.Changed);
        }).Check(GivenSeed.Times(500));
}
