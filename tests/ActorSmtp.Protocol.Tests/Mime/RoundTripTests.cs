using System.Text;
using ActorSmtp.Protocol.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Mime;

/// <summary>What is composed is read back the same, and every line keeps the rules of the wire.</summary>
public class RoundTripTests
{
    private static readonly Gen<string> Words = Gen.Elements(
        "a", "Hello", "grüß", "日本語テキスト", "=?utf-8?Q?x?=", "=?", "?=", "_", "\t", " ", "  ", "😀😀", "\"quoted\"", "back\\slash", "(c)", "a,b;c:d",
        "<x@y>", "\ud800", new string('x', 70), new string('é', 90), new string('z', 950), new string(' ', 50), "From ", ".", "=3D", "--", "é,");

    private static readonly Gen<string> Lines = Gen.ArrayOf(Words).Select(w => string.Concat(w));

    private static readonly Gen<string> Texts =
        Gen.ArrayOf(Gen.OneOf(Words, Gen.Elements("\r\n", "\n", "\r", "\n.\n", "\nFrom x", " \n", "\0"))).Select(w => string.Concat(w));

    private static readonly Gen<WireAbilities> Abilities =
        from eightBit in Gen.Elements(true, false) from utf8 in Gen.Elements(true, false) select new WireAbilities(eightBit, utf8);

    // A lone surrogate has no UTF-8 form: U+FFFD stands for it.
    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static string Canonical(string text)
    {
        var lines = Clean(text).Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\r\n");
        return lines.Length == 0 || lines.EndsWith("\r\n") ? lines : lines + "\r\n";
    }

    private static void Check<T>(Gen<T> gen, Action<T> body) =>
        Prop.ForAll(gen.ToArbitrary(), body).Check(GivenSeed.Times(300));

    private static MimeEntity Compose(MessageComposer composer, WireAbilities abilities)
    {
        var message = composer.Compose(abilities);
        var bytes = message.ToArray();
        Assert.Equal(message.Length, bytes.Length);
        CheckWire(bytes, abilities, message);
        var read = MimeReader.Read(bytes);
        Assert.Empty(read.Walk().SelectMany(p => p.Defects));
        return read;
    }

    private static void CheckWire(byte[] bytes, WireAbilities abilities, ComposedMessage message)
    {
        Assert.True(bytes.AsSpan().EndsWith("\r\n"u8));
        var text = Encoding.Latin1.GetString(bytes);
        var body = HeaderScanner.FindBody(bytes);
        var position = 0;
        foreach (var line in text[..^2].Split("\r\n"))
        {
            Assert.DoesNotContain('\n', line);
            Assert.DoesNotContain('\r', line);
            Assert.DoesNotContain('\0', line);
            Assert.True(line.Length <= 998, line);
            if (position < body && line.Length > 0)
            {
                Assert.NotEqual("", line.Trim(' ', '\t'));
                Assert.True(line.Length <= 76 || !line.Contains("=?utf-8?") || line.Contains("x@y"), line);
            }
            position += line.Length + 2;
        }
        Assert.True(abilities.Utf8Headers || bytes.AsSpan(0, body).IndexOfAnyExceptInRange((byte)0, (byte)127) < 0);
        Assert.Equal(message.NeedsSmtpUtf8, bytes.AsSpan(0, body).IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0);
        Assert.Equal(message.IsEightBit, bytes.AsSpan(body).IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0);
        Assert.True(abilities.EightBit || !message.IsEightBit);
    }

    [Fact]
    public void Subjects_come_back() => Check(
        from subject in Lines from abilities in Abilities select (subject, abilities),
        t => Assert.Equal(Clean(t.subject), Compose(MessageComposerTests.Composer().From("a@x.test").Subject(t.subject), t.abilities).Headers.Subject));

    [Fact]
    public void Own_headers_with_long_names_come_back() => Check(
        from value in Lines from length in Gen.Choose(1, 76) from abilities in Abilities select (value, length, abilities),
        t =>
        {
            var name = new string('N', t.length);
            Assert.Equal(Clean(t.value), Compose(MessageComposerTests.Composer().From("a@x.test").Header(name, t.value), t.abilities).Headers.Text(name));
        });

    [Fact]
    public void Display_names_and_groups_come_back() => Check(
        from names in Gen.NonEmptyListOf(Lines) from groupName in Lines from abilities in Abilities select (names, groupName, abilities),
        t =>
        {
            var composer = MessageComposerTests.Composer().From("a@x.test");
            var mailboxes = t.names.Select((n, i) => new MailboxAddress(n, "user name " + i, "x.test")).ToList();
            mailboxes.ForEach(m => composer.To(m));
            composer.To(new GroupAddress("g" + t.groupName, [.. mailboxes]));
            composer.To(new GroupAddress("empty", []));
            var read = Compose(composer, t.abilities).Headers.To;
            var expected = mailboxes.ConvertAll(m => m with { Name = Name(m.Name!) });
            Assert.Equal([.. expected], read.Take(expected.Count));
            var group = Assert.IsType<GroupAddress>(read[expected.Count]);
            Assert.Equal(Name("g" + t.groupName), group.Name);
            Assert.Equal(expected, group.Members);
            Assert.Equal("empty", Assert.IsType<GroupAddress>(read[^1]).Name);

            static string? Name(string name) => Clean(name).Trim() is { Length: > 0 } trimmed ? trimmed : null;
        });

    [Fact]
    public void Texts_come_back_with_CRLF() => Check(
        from text in Texts from html in Texts from abilities in Abilities select (text, html, abilities),
        t =>
        {
            var both = Compose(MessageComposerTests.Composer().From("a@x.test").Text(t.text).Html(t.html), t.abilities);
            Assert.Equal(Canonical(t.text), MimeBodies.Text(both));
            Assert.Equal(Canonical(t.html), MimeBodies.Html(both));
            var alone = Compose(MessageComposerTests.Composer().From("a@x.test").Text(t.text), t.abilities);
            Assert.Equal(Canonical(t.text), MimeBodies.Text(alone));
        });

    [Fact]
    public void Attachments_come_back_byte_for_byte() => Check(
        from bytes in Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)) from name in Lines from abilities in Abilities select (bytes, name, abilities),
        t =>
        {
            // What is read has at most 256 parameters, so a name ends somewhere; file systems end at 255 octets.
            var name = "f" + t.name[..Math.Min(t.name.Length, 1000)] + ".bin";
            var mail = Compose(MessageComposerTests.Composer().From("a@x.test").Text("t").Attach(new AttachedFile(name, new PartContent(t.bytes))), t.abilities);
            var file = Assert.Single(MimeBodies.Attachments(mail));
            Assert.Equal(Clean(name), file.Name);
            Assert.Equal(t.bytes, file.Content());
            Assert.Equal(t.bytes.Length, file.Size);
        });
}
