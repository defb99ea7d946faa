using System.Text.Json;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

/// <summary>What is composed here, Python's email package understands; what it composes, is read here.</summary>
public class PythonMailTests
{
    private static readonly string[] Subjects =
    [
        "Hello", "Grüße aus Köln", "日本語の件名がとても長いので折り返されるはずです。そうでなければ何かがおかしいです", "😀 emoji 😀", "=?utf-8?Q?not_a_word?=",
        "a b  c   d", "Re: [list] a rather long subject line that goes on and on until it has to be folded somewhere or other",
        "mixed ASCII and Ünïcödé words, some more ASCII words and then again Ünïcödé at the very end, é", "underscore_and=equals?", "trailing comma,",
    ];

    private static readonly string[] Texts =
    [
        "Hi\n", "Grüße,\n\n.\n..\nFrom here\n--\nAnn\n", "日本語\n", "trailing blanks  \nand tabs\t\n", "=3D =20 =\n", new string('x', 2000) + "\n", "é" + new string('e', 500) + "\n",
    ];

    private static readonly string[] FileNamesToTry =
    [
        "plain.txt", "with blank.pdf", "Übersicht.pdf", "日本語の長いファイル名がここにありますので折り返されます、たぶん何度も何度も.docx", "say \"hi\".txt", "back\\slash.txt",
        "semi;colon=x.bin", "per%cent'quote.bin", "a-rather-long-file-name-that-is-plain-ascii-and-goes-on-and-on-and-on-for-more-than-one-line.tar.gz", "(parens).txt",
    ];

    [SkippableFact]
    public void Python_reads_what_is_composed_here()
    {
        using var python = new Python("parse");
        for (var i = 0; i < 30; i++)
        {
            var subject = Subjects[i % Subjects.Length];
            var text = Texts[i % Texts.Length];
            var name = FileNamesToTry[i % FileNamesToTry.Length];
            var content = Enumerable.Range(0, i * 37).Select(n => (byte)(n * 31)).ToArray();
            var abilities = new WireAbilities(i % 3 == 1, i % 5 == 1);
            // Python puts a blank between neighbouring encoded words of a name, against RFC 2047 §6.2: one word only.
            var author = new MailboxAddress(i % 4 == 0 ? null : subject.Length <= 24 ? subject : "Ännchen", "ann", "example.org");
            var composer = MessageComposerTests.Composer().From(author)
                .To("\"Smith, \\\"B\\\"\" <bob@example.net>, c@example.net, Jörg Müller <j@example.net>").Subject(subject).Text(text)
                .Header("X-Own", subject);
            if (i % 2 == 0)
            {
                composer.Html($"<p>{text}</p>").Inline(new AttachedFile("pic.png", new PartContent(content), ContentId: "pic@here"));
            }
            composer.Attach(new AttachedFile(name, new PartContent(content)));
            var read = Parse(python, composer.Compose(abilities).ToArray());

            // Python's parser counts UTF-8 in headers as a defect even where SMTPUTF8 allows it.
            Assert.DoesNotContain(read.GetProperty("defects").EnumerateArray().Select(d => d.GetString()!), d => !(abilities.Utf8Headers && d.Contains("Non-ASCII")));
            Assert.Equal(subject, Header(read, "Subject"));
            Assert.Equal(subject, Header(read, "X-Own"));
            Assert.Equal([$"{author.Name}|ann|example.org"], Addresses(read, "from"));
            Assert.Equal(["Smith, \"B\"|bob|example.net", "|c|example.net", "Jörg Müller|j|example.net"], Addresses(read, "to"));
            Assert.Equal(text, read.GetProperty("text").GetString()!.ReplaceLineEndings("\n"));
            Assert.Equal(i % 2 == 0 ? $"<p>{text}</p>\n" : null, read.GetProperty("html").GetString()?.ReplaceLineEndings("\n"));
            var files = read.GetProperty("attachments").EnumerateArray().ToList();
            Assert.Equal(i % 2 == 0 ? ["pic.png", name] : [name], files.Select(f => f.GetProperty("name").GetString()));
            Assert.All(files, f => Assert.Equal(content, f.GetProperty("content").GetBytesFromBase64()));
            Assert.Equal(MediaTypes.ForFile(name), files[^1].GetProperty("type").GetString());
        }
    }

    [SkippableFact]
    public void What_Python_composes_is_read_here()
    {
        using var python = new Python("compose");
        for (var i = 0; i < 30; i++)
        {
            var subject = Subjects[i % Subjects.Length];
            var text = Texts[i % Texts.Length];
            var name = FileNamesToTry[i % FileNamesToTry.Length];
            var content = Enumerable.Range(0, i * 37).Select(n => (byte)(n * 31)).ToArray();
            subject = subject.StartsWith("=?", StringComparison.Ordinal) ? "Python would send this as the word it looks like" : subject;
            var cte = new[] { null, "quoted-printable", "base64", "8bit" }[i % 4];
            cte = cte == "8bit" && text.Length > 900 ? null : cte;
            var mail = MimeReader.Read(python.Ask(JsonSerializer.SerializeToUtf8Bytes(new
            {
                headers = new[] { new[] { "Subject", subject }, ["From", "\"Smith, Ä\" <ann@example.org>"], ["To", "Friends: b@example.net, Jörg <j@example.net>;, c@example.net"], ["Date", "Fri, 21 Nov 1997 09:55:06 -0600"] },
                text,
                html = i % 2 == 0 ? $"<p>{text}</p>" : null,
                cte,
                attachments = new[] { new { type = "application/x-thing", name, content } },
            })));
            Assert.Empty(mail.Walk().SelectMany(p => p.Defects));
            Assert.Equal(subject, mail.Headers.Subject);
            Assert.Equal([new MailboxAddress("Smith, Ä", "ann", "example.org")], mail.Headers.From);
            Assert.Equal("Friends: b@example.net, Jörg <j@example.net>; | c@example.net", string.Join(" | ", mail.Headers.To));
            Assert.Equal(new DateTimeOffset(1997, 11, 21, 9, 55, 6, TimeSpan.FromHours(-6)), mail.Headers.Date);
            Assert.Equal(text, MimeBodies.Text(mail)!.ReplaceLineEndings("\n"));
            Assert.Equal(i % 2 == 0 ? $"<p>{text}</p>\n" : null, MimeBodies.Html(mail)?.ReplaceLineEndings("\n"));
            var file = Assert.Single(MimeBodies.Attachments(mail));
            Assert.Equal(name, file.Name);
            Assert.Equal(content, file.Content());
        }
    }

    /// <summary>The golden mails on which the two need not guess.</summary>
    private static readonly string[] Agreed =
    [
        "01-plain", "02-alternative-with-attachment", "03-inner-boundary-begins-with-the-outer", "08-outer-boundary-ends-the-inner",
        "09-preamble-and-epilogue", "10-attached-message", "20-japanese", "27-digest", "29-text-picture-text", "33-boundary-of-odd-characters",
    ];

    [SkippableFact]
    public void Python_sees_the_same_tree_in_the_golden_mails()
    {
        using var python = new Python("parse");
        foreach (var folder in Agreed)
        {
            var bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Mime", "Golden", folder, "mail.eml"));
            var read = Parse(python, bytes);
            var mail = MimeReader.Read(bytes);
            Assert.Equal(read.GetProperty("tree").EnumerateArray().Select(t => t.GetString()), mail.Walk().Select(p => p.ContentType.MediaType));
            Assert.Equal(Header(read, "Subject"), mail.Headers.Subject);
            Assert.Equal(read.GetProperty("text").GetString()?.ReplaceLineEndings("\n").TrimEnd(), MimeBodies.Text(mail)?.ReplaceLineEndings("\n").TrimEnd());
        }
    }

    private static JsonElement Parse(Python python, byte[] mail) => JsonDocument.Parse(python.Ask(mail)).RootElement;

    private static string? Header(JsonElement read, string name) =>
        read.GetProperty("headers").EnumerateArray().First(h => h[0].GetString() == name)[1].GetString();

    private static IEnumerable<string> Addresses(JsonElement read, string name) =>
        read.GetProperty(name).EnumerateArray().Select(a => string.Join('|', a.EnumerateArray().Select(p => p.GetString())));
}
