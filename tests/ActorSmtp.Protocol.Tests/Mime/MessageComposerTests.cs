using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class MessageComposerTests
{
    internal static readonly DateTimeOffset Date = new(2026, 11, 22, 6, 30, 0, TimeSpan.FromHours(1));

    internal static MessageComposer Composer() => new(Date, "m1@example.org", "seed");

    private static string Compose(MessageComposer composer, WireAbilities abilities = default) =>
        Encoding.UTF8.GetString(composer.Compose(abilities).ToArray());

    [Fact]
    public void A_plain_message_is_written_as_expected()
    {
        var mail = Compose(Composer().From("Ann <ann@example.org>").To("bob@example.org").Subject("Hello").Text("Hi Bob\n"));
        Assert.Equal(
            """
            Date: Sun, 22 Nov 2026 06:30:00 +0100
            From: Ann <ann@example.org>
            To: bob@example.org
            Subject: Hello
            Message-ID: <m1@example.org>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            Hi Bob

            """.ReplaceLineEndings("\r\n"), mail);
    }

    [Fact]
    public void Text_HTML_picture_and_file_nest_as_mixed_alternative_related()
    {
        var mail = MimeReader.Read(Composer().From("a@x.test").To("b@x.test").Text("text").Html("<img src=cid:p>")
            .Inline(new AttachedFile("p.png", new PartContent(new byte[] { 1, 2, 3 }), ContentId: "p"))
            .Attach(new AttachedFile("f.bin", new PartContent(new byte[] { 4 }))).Compose(default).ToArray());
        Assert.Equal(
            ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "application/octet-stream"],
            mail.Walk().Select(p => p.ContentType.MediaType));
        Assert.Empty(mail.Walk().SelectMany(p => p.Defects));
        Assert.Equal("text\r\n", MimeBodies.Text(mail));
        Assert.Equal("<img src=cid:p>\r\n", MimeBodies.Html(mail));
        Assert.Equal([("p.png", true, 3L), ("f.bin", false, 1L)], MimeBodies.Attachments(mail).Select(a => (a.Name!, a.IsInline, a.Size)));
        Assert.Equal(new byte[] { 1, 2, 3 }, MimeBodies.ByContentId(mail, "p")!.DecodeContent());
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes_and_the_length_told_before()
    {
        static ComposedMessage Make() => Composer().From("a@x.test").Text("é").Html("<b>é</b>")
            .Attach(new AttachedFile("ä.pdf", new PartContent(new byte[1000]))).Compose(default);
        Assert.Equal(Make().ToArray(), Make().ToArray());
        Assert.Equal(Make().ToArray().Length, Make().Length);
    }

    [Fact]
    public void Bcc_is_a_recipient_and_nowhere_in_the_message()
    {
        var composer = Composer().From("a@x.test").To("b@x.test, B <b@X.test>").Cc("c@x.test").Bcc("secret@x.test").Text("t");
        Assert.Equal(["b@x.test", "c@x.test", "secret@x.test"], composer.Recipients.Select(r => r.Address));
        Assert.DoesNotContain("secret", Compose(composer));
    }

    public static TheoryData<string> LineBreaks => ["\r\nBcc: x@y", "\nX: y", "\r", "\0", "\u0085", "\u001b[2J", "\x7F"];

    [Theory]
    [MemberData(nameof(LineBreaks))]
    public void Line_breaks_and_controls_are_refused_in_every_value(string evil)
    {
        Action<MessageComposer>[] ways =
        [
            c => c.From("a" + evil + "@x.test"),
            c => c.To("a@x.test" + evil),
            c => c.Cc($"A{evil} <a@x.test>"),
            c => c.Bcc($"\"A{evil}\" <a@x.test>"),
            c => c.ReplyTo(new MailboxAddress("A" + evil, "a", "x.test")),
            c => c.To(new MailboxAddress(null, "a" + evil, "x.test")),
            c => c.To(new MailboxAddress(null, "a", "x.test" + evil)),
            c => c.To(new GroupAddress("g" + evil, [])),
            c => c.Sender("a@x.test" + evil),
            c => c.Subject("s" + evil),
            c => c.Header("X-A: b" + evil),
            c => c.Header("X-A" + evil + ": b"),
            c => c.Header("X-A" + evil, "b"),
            c => c.Header("Message-ID", "<a@b" + evil + ">"),
            c => c.Attach(new AttachedFile("f" + evil, new PartContent(default))),
            c => c.Attach(new AttachedFile("f", new PartContent(default), "text/plain" + evil)),
            c => c.Inline(new AttachedFile("f", new PartContent(default), null, "id" + evil)),
            c => _ = new MessageComposer(Date, "id@x" + evil, "s"),
        ];
        foreach (var way in ways)
        {
            var error = Assert.Throws<ComposeException>(() => way(Composer()));
            Assert.DoesNotContain(error.Message, char.IsControl);
        }
    }

    [Theory]
    [InlineData("Bcc: a@x.test")]
    [InlineData("Content-Type: text/html")]
    [InlineData("MIME-Version: 1.0")]
    [InlineData("no colon")]
    [InlineData(": no name")]
    [InlineData("Two Words: x")]
    [InlineData("Date: yesterday")]
    [InlineData("Message-ID: none")]
    [InlineData("From: nobody")]
    public void Own_headers_that_would_break_the_message_are_refused(string header) =>
        Assert.Throws<ComposeException>(() => Composer().Header(header));

    [Fact]
    public void Own_headers_take_the_place_of_the_composers()
    {
        var mail = MimeReader.Read(Composer().From("a@x.test").Subject("one").Header("Subject: two").Header("From: B <b@x.test>")
            .Header("Date: 1 Jan 2020 00:00:00 Z").Header("message-id: <other@x.test>").Header("References: <1@x> <2@x>").Header("X-Ö".Replace("Ö", "O") + ": Ä").Compose(default).ToArray());
        Assert.Equal("two", mail.Headers.Subject);
        Assert.Equal([new MailboxAddress("B", "b", "x.test")], mail.Headers.From);
        Assert.Equal(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), mail.Headers.Date);
        Assert.Equal("other@x.test", mail.Headers.MessageId);
        Assert.Equal(["1@x", "2@x"], mail.Headers.References);
        Assert.Equal("Ä", mail.Headers.Text("X-O"));
        Assert.All(["Subject", "From", "Date", "Message-ID"], n => Assert.Single(mail.Headers.All(n)));
    }

    [Fact]
    public void Without_SMTPUTF8_a_local_part_beyond_ASCII_is_refused_and_a_domain_becomes_an_A_label()
    {
        Assert.Contains("SMTPUTF8", Assert.Throws<ComposeException>(() => Composer().From("ö@x.test").Compose(default)).Message);
        Assert.Contains("From: a@xn--nda.test\r\n", Compose(Composer().From("a@ö.test")));
        var utf8 = Composer().From("Ännchen <ö@ö.test>").Subject("grüß").Compose(new WireAbilities(true, true));
        Assert.True(utf8.NeedsSmtpUtf8);
        Assert.Contains("From: Ännchen <ö@ö.test>\r\n", Encoding.UTF8.GetString(utf8.ToArray()));
    }

    [Theory]
    [InlineData("plain", false, "7bit")]
    [InlineData("grüß dich", true, "8bit")]
    [InlineData("grüße an alle, die hier stehen und warten", false, "quoted-printable")]
    [InlineData("привет, как дела", false, "base64")]
    public void The_text_takes_the_cheapest_encoding_allowed(string text, bool eightBit, string expected)
    {
        var composed = Composer().From("a@x.test").Text(text).Compose(new WireAbilities(eightBit, false));
        var mail = MimeReader.Read(composed.ToArray());
        Assert.Equal(expected, mail.Headers.Text("Content-Transfer-Encoding"));
        Assert.Equal(text + "\r\n", MimeBodies.Text(mail));
        Assert.Equal(expected == "8bit", composed.IsEightBit);
    }

    [Fact]
    public void A_line_beyond_998_bytes_is_never_sent_plain()
    {
        var text = new string('x', 999);
        var mail = Compose(Composer().From("a@x.test").Text(text).Html(new string('y', 998)));
        Assert.All(mail.Split("\r\n"), line => Assert.True(line.Length <= 998));
        Assert.Equal(text + "\r\n", MimeBodies.Text(MimeReader.Read(Encoding.ASCII.GetBytes(mail))));
        Assert.Contains("Content-Transfer-Encoding: 7bit", mail);
    }

    [Fact]
    public void A_boundary_that_stands_in_the_text_is_not_used()
    {
        var first = Compose(Composer().From("a@x.test").Text("t").Html("h"));
        var boundary = MimeReader.Read(Encoding.ASCII.GetBytes(first)).ContentType.Parameter("boundary")!;
        var mail = MimeReader.Read(Composer().From("a@x.test").Text($"--{boundary}--\n").Html("h").Compose(default).ToArray());
        Assert.NotEqual(boundary, mail.ContentType.Parameter("boundary"));
        Assert.Equal($"--{boundary}--\r\n", MimeBodies.Text(mail));
    }

    [Fact]
    public void An_attached_message_is_never_encoded_and_one_that_would_need_it_becomes_a_plain_file()
    {
        static MimeEntity Attached(string eml, WireAbilities abilities) => MimeReader.Read(Composer().From("a@x.test").Text("t")
            .Attach(new AttachedFile("m.eml", new PartContent(Encoding.UTF8.GetBytes(eml)))).Compose(abilities).ToArray()).Parts[1];
        var good = Attached("Subject: in\r\n\r\nbody\r\n", default);
        Assert.Equal("message/rfc822", good.ContentType.MediaType);
        Assert.Equal("in", good.Message!.Headers.Subject);
        Assert.Equal("8bit", Attached("Subject: in\r\n\r\nö\r\n", new(true, false)).Headers.Text("Content-Transfer-Encoding"));
        string[] bad = ["Subject: in\n\nbody\n", "Subject: x\r\n\r\nö\r\n", "A: b\r\n\r\n" + new string('x', 999), "A: b\r\n\r\n\0", "A: b\r\n\r\nx\r"];
        foreach (var eml in bad)
        {
            var file = Attached(eml, default);
            Assert.Equal("application/octet-stream", file.ContentType.MediaType);
            Assert.Equal(Encoding.UTF8.GetBytes(eml), file.DecodeContent());
        }
    }

    [Fact]
    public void A_big_attachment_streams_in_small_pieces()
    {
        const int Size = 25 << 20;
        var piece = new byte[10_007];
        IEnumerable<ReadOnlyMemory<byte>> Open()
        {
            for (var left = Size; left > 0; left -= piece.Length)
            {
                yield return piece.AsMemory(0, Math.Min(left, piece.Length));
            }
        }
        var message = Composer().From("a@x.test").Text("t").Attach(new AttachedFile("big.bin", new PartContent(Size, Open))).Compose(default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        long length = 0;
        foreach (var part in message.Pieces())
        {
            Assert.True(part.Length <= 64 * 1024);
            length += part.Length;
        }
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Equal(message.Length, length);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(30)]
    public void An_attachment_that_changes_its_length_is_an_error(int actual)
    {
        var content = new PartContent(20, () => [new byte[actual]]);
        var message = Composer().From("a@x.test").Attach(new AttachedFile("f", content)).Compose(default);
        Assert.Throws<ComposeException>(() => message.ToArray());
    }

    [Fact]
    public void File_names_beyond_ASCII_have_a_plain_fallback_and_RFC_2231()
    {
        var mail = Compose(Composer().From("a@x.test").Attach(new AttachedFile("Übersicht \"2026\".pdf", new PartContent(new byte[1]))));
        Assert.Contains("Content-Type: application/pdf; name=\"_bersicht _2026_.pdf\"\r\n", mail);
        Assert.Contains("Content-Disposition: attachment;\r\n filename*=UTF-8''%C3%9Cbersicht%20%222026%22.pdf", mail);
    }

    [Fact]
    public void An_author_is_needed_and_several_have_a_sender()
    {
        Assert.Throws<ComposeException>(() => Composer().Text("x").Compose(default));
        Assert.Contains("Sender: A <a@x.test>\r\n", Compose(Composer().From("A <a@x.test>, b@x.test")));
    }
}
