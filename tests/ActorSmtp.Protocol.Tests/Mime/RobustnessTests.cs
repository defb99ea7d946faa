using System.Diagnostics;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Mime;

/// <summary>Any bytes are read without an exception, in time that grows with their number and no faster.</summary>
public class RobustnessTests
{
    private static readonly Gen<byte[]> Scraps = Gen.ArrayOf(Gen.OneOf(
        Gen.Elements(
            "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "=", "\"", "\\", "(", ")", "<", ">", "@", ",", "--", "--b", "--b--", "--b--\r\n", "\r\n--b\r\n",
            "Content-Type: ", "multipart/mixed; boundary=b", "multipart/alternative; boundary=\"b\"", "message/rfc822", "text/html; charset=", "iso-2022-jp",
            "utf-16", "gb18030", "euc-kr", "shift_jis", "utf-7", "Content-Transfer-Encoding: ", "base64", "quoted-printable", "x-uuencode", "begin 644 x\n", "M",
            "Content-Disposition: attachment; filename*0*=utf-8''%C3", "; filename*1=x", "=?utf-8?B?", "=?iso-2022-jp?Q?", "?=", "From: ", "To: ", "Date: ",
            "Mon, 1 Jan 99 25:61 +9999", "Message-ID: <", "Subject: ", "=20", "=\r\n", "AAAA", "a@b", "group: a@b;", "Content-ID: <c>", "From x\r\n", "\u00e9").Select(Encoding.Latin1.GetBytes),
        Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)))).Select(pieces => pieces.SelectMany(p => p).ToArray());

    [Fact]
    public void No_bytes_make_the_reader_throw() =>
        Prop.ForAll(Scraps.ToArbitrary(), ReadAll).Check(GivenSeed.Times(3000).WithEndSize(200));

    [Fact]
    public void Parts_lie_inside_their_parents_and_headers_are_kept_byte_for_byte() =>
        Prop.ForAll(Scraps.ToArbitrary(), bytes =>
        {
            var root = MimeReader.Read(bytes);
            Assert.Equal(bytes.Length, root.Raw.Length);
            foreach (var entity in root.Walk())
            {
                Assert.True(entity.Raw.Span.EndsWith(entity.RawBody.Span));
                Assert.Equal(entity.Headers.Raw.ToArray(), entity.Headers.SelectMany(f => f.Raw.ToArray()));
            }
        }).Check(GivenSeed.Times(1000).WithEndSize(200));

    [Fact]
    public void Headers_in_pieces_are_the_headers_at_once() =>
        Prop.ForAll(Scraps.ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), (bytes, size) =>
        {
            var collector = new HeaderCollector(1 << 20);
            var taken = 0;
            while (taken < bytes.Length && collector.Progress == HeaderProgress.NeedsMore)
            {
                collector.Append(bytes.AsSpan(taken, Math.Min(size, bytes.Length - taken)), out var consumed);
                taken += consumed;
            }
            collector.End();
            Assert.Equal(HeaderProgress.Complete, collector.Progress);
            Assert.Equal(HeaderList.Read(bytes, MimeLimits.Ample).Select(f => f.Raw.ToArray()), collector.Headers(MimeLimits.Ample).Select(f => f.Raw.ToArray()));
            Assert.Equal(HeaderScanner.FindBody(bytes), taken - collector.BodyPrefix.Length);
        }).Check(GivenSeed.Times(1000).WithEndSize(60));

    public static TheoryData<string, string, string> Adversaries => new()
    {
        { "nested boundaries", Nest(40), "\r\n--b\r\n" },
        { "almost boundaries", Nest(31), "\r\n--b31x" },
        { "lines of two dashes", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "--\r\n" },
        { "empty parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n" },
        { "attached messages", "", "Content-Type: message/rfc822\r\n\r\n" },
        { "encoded attached messages", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n", "Q29udGVudC1U" },
        { "header fields", "", "A: b\r\n" },
        { "one folded field", "A: b\r\n", " c\r\n" },
        { "encoded words never ended", "Subject: ", "=?a?q?" },
        { "encoded words with question marks", "Subject: =?a?q?", "?x" },
        { "encoded words", "Subject: ", "=?utf-8?q?a?= " },
        { "open comments", "From: ", "(" },
        { "open quotes", "From: \"", "\\\"" },
        { "open angles", "From: ", "<" },
        { "colons", "From: a@", ":" },
        { "groups", "From: ", "a:;" },
        { "literals", "From: ", "a@[" },
        { "many addresses", "From: ", "a@b," },
        { "ats", "From: ", "@" },
        { "words", "From: ", "\"a\" " },
        { "routes", "From: <", "@a," },
        { "parameters", "Content-Type: a/b", ";a=b" },
        { "parameters without semicolons", "Content-Type: a/b; x=y", " a=b" },
        { "parameters in comments", "Content-Type: a/b; x=y", " (a=b)" },
        { "continued parameters", "Content-Type: a/b", ";a*9999*=b" },
        { "equals", "Content-Type: a/b;", "=" },
        { "message ids", "References: ", "<a" },
        { "ids", "References: ", "<a@b>" },
        { "dates", "Date: ", "1 Jan 2000 00:00:00 (" },
        { "quoted blanks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "          " },
        { "quoted equals", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "= " },
        { "base64 dirt", "Content-Transfer-Encoding: base64\r\n\r\n", "A-A=" },
        { "base64 padding", "Content-Transfer-Encoding: base64\r\n\r\n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
        { "uuencoded", "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n", "M\n" },
        { "escapes", "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\u001b$B" },
    };

    [Theory]
    [MemberData(nameof(Adversaries))]
    public void Hostile_mail_takes_linear_time(string name, string head, string repeated)
    {
        var small = Make(head, repeated, 60_000);
        var big = Make(head, repeated, 960_000);
        ReadAll(small);
        // Sixteen times the bytes: 256 times the time if it were quadratic. The collector gets further tries; what grows too fast fails them all.
        var (quick, slow) = (double.MaxValue, double.MaxValue);
        for (var attempt = 0; attempt < 6; attempt++)
        {
            quick = Math.Min(quick, Time(small));
            slow = Math.Min(slow, Time(big));
            if (slow < Math.Max(quick * 48, 500))
            {
                return;
            }
        }
        Assert.Fail($"{name}: {quick:0.0} ms for 60 kB, {slow:0.0} ms for 960 kB");
    }

    private static string Nest(int depth)
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            text.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        }
        return text.ToString();
    }

    private static byte[] Make(string head, string repeated, int length) =>
        Encoding.Latin1.GetBytes(head + string.Concat(Enumerable.Repeat(repeated, length / repeated.Length)));

    /// <summary>Milliseconds of the processor, where the system tells them: what others do on a busy machine is not counted.</summary>
    private static double Time(byte[] bytes)
    {
        var (began, watch) = (OwnTime(), Stopwatch.StartNew());
        ReadAll(bytes);
        return began is { } before && OwnTime() is { } after ? after - before : watch.Elapsed.TotalMilliseconds;
    }

    private static double? OwnTime() => File.Exists("/proc/thread-self/schedstat")
        ? long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e6
        : null;

    private static void ReadAll(byte[] bytes)
    {
        var mail = MimeReader.Read(bytes);
        foreach (var entity in mail.Walk())
        {
            _ = (entity.FileName, entity.ContentId, entity.DecodedLength, FileNames.Safe(entity.FileName));
            _ = entity.Parts.Count > 0 ? "" : entity.DecodeText();
            var headers = entity.Headers;
            _ = (headers.Subject, headers.From, headers.To, headers.Cc, headers.ReplyTo, headers.Sender, headers.Date, headers.MessageId, headers.References);
            foreach (var field in headers)
            {
                _ = (field.Name, field.Value, field.Decoded, field.RawValue);
            }
        }
        _ = (MimeBodies.Text(mail), MimeBodies.Html(mail), MimeBodies.Attachments(mail).Sum(a => a.Size));
        Assert.True(mail.Walk().Count() <= MimeLimits.Ample.MaxParts);
    }
}
