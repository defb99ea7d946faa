using System.Text.RegularExpressions;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Reading;

/// <summary>A message made readable on a terminal: the header that matters, the text, the names of what is attached.</summary>
internal sealed partial class ReadableMail
{
    private const int MaxOctets = 64 << 20;

    private static readonly string[] Shown = ["From", "Sender", "Reply-To", "To", "Cc", "Date", "Subject", "Message-ID"];

    private readonly MimeEntity _mail;

    private ReadableMail(MimeEntity mail) => _mail = mail;

    /// <exception cref="CommandFailedException">It is over 64 MiB.</exception>
    public static async Task<ReadableMail> ReadAsync(Stream content, CancellationToken cancellation)
    {
        using var octets = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            octets.Write(buffer, 0, read);
            if (octets.Length > MaxOctets)
            {
                throw new CommandFailedException(ExitCodes.BadData, "the message is over 64 MiB; give --raw and read it with another program");
            }
        }

        return new ReadableMail(MimeReader.Read(octets.GetBuffer().AsMemory(0, (int)octets.Length)));
    }

    public void WriteText(TextWriter to)
    {
        foreach (var name in Shown)
        {
            foreach (var field in _mail.Headers.All(name))
            {
                to.WriteLine(Printable.Line($"{name}: {field.Decoded}"));
            }
        }

        to.WriteLine();
        to.WriteLine(Printable.Lines(Text(out _)).TrimEnd('\n'));
        foreach (var attachment in MimeBodies.Attachments(_mail))
        {
            to.WriteLine(Printable.Line($"[{(attachment.IsInline ? "inline" : "attached")}: {FileNames.Safe(attachment.Name)}, {attachment.MediaType}, {ProgressLine.Size(attachment.Size)}]"));
        }
    }

    public object ToDocument(MailboxMessage message) => new
    {
        message.Key,
        message.Id,
        message.Octets,
        message.DeliveredAt,
        message.Flags,
        headers = _mail.Headers.Select(h => new { name = h.Name, value = h.Decoded }),
        text = MimeBodies.Text(_mail),
        html = MimeBodies.Html(_mail),
        attachments = MimeBodies.Attachments(_mail).Select(a => new { name = a.Name, mediaType = a.MediaType, octets = a.Size, inline = a.IsInline }),
    };

    private string Text(out bool isHtml)
    {
        isHtml = false;
        if (MimeBodies.Text(_mail) is { } text)
        {
            return text;
        }

        isHtml = true;
        return MimeBodies.Html(_mail) is { } html ? PlainOf(html) : "(no text)";
    }

    /// <summary>HTML without its tags: enough to read what is in it, nothing is fetched or run.</summary>
    private static string PlainOf(string html)
    {
        var text = Hidden().Replace(html, "");
        text = Breaks().Replace(text, "\n");
        text = Tags().Replace(text, "");
        return Blank().Replace(System.Net.WebUtility.HtmlDecode(text), "\n\n").Trim();
    }

    [GeneratedRegex(@"<(style|script|head)\b.*?</\1\s*>|<!--.*?-->", RegexOptions.Singleline | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Hidden();

    [GeneratedRegex(@"<(br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Breaks();

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 2000)]
    private static partial Regex Tags();

    [GeneratedRegex(@"\s*\n\s*\n\s*", RegexOptions.None, 2000)]
    private static partial Regex Blank();
}
