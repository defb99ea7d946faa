using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

/// <summary>
/// Each folder under Golden holds a mail as the world sends it and how it is read. To add one: put mail.eml there, run
/// the test, look at what it prints, and keep it as expected.txt if that is right.
/// </summary>
public class GoldenMailTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Mime", "Golden");

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_mail_is_read_as_written_down(string folder)
    {
        var actual = Describe(MimeReader.Read(File.ReadAllBytes(Path.Combine(Root, folder, "mail.eml"))));
        var path = Path.Combine(Root, folder, "expected.txt");
        var expected = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(expected == actual, $"{folder} was read as\n{actual}");
    }

    [Fact]
    public void There_are_golden_mails() => Assert.True(Folders.Count >= 38);

    internal static string Describe(MimeEntity mail)
    {
        var text = new StringBuilder();
        var headers = mail.Headers;
        Line(text, "subject", headers.Subject);
        Line(text, "from", Show(headers.From));
        Line(text, "sender", headers.Sender?.ToString());
        Line(text, "reply-to", Show(headers.ReplyTo));
        Line(text, "to", Show(headers.To));
        Line(text, "cc", Show(headers.Cc));
        Line(text, "date", headers.Date?.ToString("o", CultureInfo.InvariantCulture));
        Line(text, "message-id", headers.MessageId);
        Line(text, "in-reply-to", string.Join(" ", headers.InReplyTo));
        Line(text, "references", string.Join(" ", headers.References));
        foreach (var field in headers.Where(f => f.Name.StartsWith("X-", StringComparison.Ordinal) || Interesting.Contains(f.Name)))
        {
            text.Append($"field {field.Name}: {Escape(field.Decoded)}\n");
        }
        Line(text, "text", MimeBodies.Text(mail));
        Line(text, "html", MimeBodies.Html(mail));
        foreach (var file in MimeBodies.Attachments(mail))
        {
            text.Append($"file {Escape(file.Name ?? "-")} as {FileNames.Safe(file.Name)}: {file.MediaType}, {file.Size} bytes{(file.IsInline ? ", inline" : "")}\n");
        }
        text.Append("tree\n");
        Tree(text, mail, 1);
        return text.ToString();
    }

    private static readonly string[] Interesting = ["Received", "received", "DKIM-Signature", "Empty", "Folded-Start"];

    private static void Tree(StringBuilder text, MimeEntity entity, int depth)
    {
        text.Append(' ', depth * 2).Append(entity.ContentType.MediaType);
        foreach (var (name, value) in entity.ContentType.Parameters.Where(p => p.Key != "boundary").OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            text.Append($"; {name}={Escape(value)}");
        }
        if (entity.Disposition is { } disposition)
        {
            text.Append(", ").Append(disposition.Kind);
        }
        if (entity.ContentId is { } id)
        {
            text.Append(", cid ").Append(id);
        }
        if (entity.Parts.Count == 0)
        {
            text.Append(", ").Append(entity.TransferEncoding).Append(": ").Append(Escape(entity.DecodeText()));
        }
        text.Append('\n');
        foreach (var defect in entity.Defects)
        {
            text.Append(' ', depth * 2).Append("! ").Append(defect.Kind).Append('\n');
        }
        Line(text, new string(' ', depth * 2) + "preamble", Encoding.Latin1.GetString(entity.Preamble.Span));
        foreach (var part in entity.Parts)
        {
            Tree(text, part, depth + 1);
        }
        Line(text, new string(' ', depth * 2) + "epilogue", Encoding.Latin1.GetString(entity.Epilogue.Span));
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append($"{name} {Escape(value)}\n");
        }
    }

    private static string Show(IReadOnlyList<HeaderAddress> list) => string.Join(" | ", list);

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            escaped.Append(c switch
            {
                '\r' => "\\r",
                '\n' => "\\n",
                '\t' => "\\t",
                _ when char.IsControl(c) || c == '\uFEFF' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }
        return escaped.ToString();
    }
}
