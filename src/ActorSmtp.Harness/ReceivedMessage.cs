using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Harness;

/// <summary>
/// A message as it lies in a mailbox. A message for several recipients is as many of these, one for each. It stays readable after the server
/// has ended.
/// </summary>
public sealed class ReceivedMessage
{
    private readonly MimeEntity _mail;
    private readonly byte[] _raw;
    private readonly Lazy<IReadOnlyList<MailLink>> _links;
    private readonly Lazy<IReadOnlyList<string>> _codes;
    private readonly Lazy<IReadOnlyList<ReceivedAttachment>> _attachments;

    internal ReceivedMessage(string id, string recipient, DateTimeOffset receivedAt, byte[] raw)
    {
        (Id, Recipient, ReceivedAt, _raw) = (id, recipient, receivedAt, raw);
        _mail = MimeReader.Read(raw);
        Text = MimeBodies.Text(_mail);
        Html = MimeBodies.Html(_mail);
        _links = new(() => [.. LinkFinder.In(Html, Text).Select(l => new MailLink(l.Url, l.Text))]);
        _codes = new(() => [.. CodeFinder.In(Subject, Text, Html).Select(c => c.Code)]);
        _attachments = new(() => [.. MimeBodies.Attachments(_mail).Select(a => new ReceivedAttachment(a))]);
    }

    /// <summary>The server's id of it: what the 250 named that ended the message.</summary>
    public string Id { get; }

    /// <summary>Whose mailbox it is in: the recipient of the envelope (RCPT TO), in lower case, without what stands behind a <c>+</c>.</summary>
    public string Recipient { get; }

    /// <summary>The sender of the envelope (MAIL FROM); empty for a report that must not be answered.</summary>
    public string Sender => _mail.Headers.First("Return-Path")?.Value.Trim('<', '>', ' ') ?? "";

    /// <summary>When it was in the mailbox.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>The first author of the header; null: it names none.</summary>
    public Correspondent? From => People(_mail.Headers.From).FirstOrDefault();

    /// <summary>To of the header.</summary>
    public IReadOnlyList<Correspondent> To => People(_mail.Headers.To);

    /// <summary>Cc of the header.</summary>
    public IReadOnlyList<Correspondent> Cc => People(_mail.Headers.Cc);

    /// <summary>Reply-To of the header.</summary>
    public IReadOnlyList<Correspondent> ReplyTo => People(_mail.Headers.ReplyTo);

    /// <summary>The subject, decoded; empty where there is none.</summary>
    public string Subject => _mail.Headers.Subject;

    /// <summary>The plain text; null: there is none.</summary>
    public string? Text { get; }

    /// <summary>The HTML; null: there is none.</summary>
    public string? Html { get; }

    /// <summary>Links of the HTML, then bare ones of the text, each once.</summary>
    public IReadOnlyList<MailLink> Links => _links.Value;

    /// <summary>What looks like a one-time code, the likeliest first.</summary>
    public IReadOnlyList<string> Codes => _codes.Value;

    /// <summary>The attachments, and what the HTML shows of its own.</summary>
    public IReadOnlyList<ReceivedAttachment> Attachments => _attachments.Value;

    /// <summary>The message as it is stored, lines ended by CRLF, from Return-Path on.</summary>
    public ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>The likeliest one-time code.</summary>
    /// <exception cref="MailExpectationException">There is none; shows the text.</exception>
    public string Code => Codes.Count > 0 ? Codes[0] : throw new MailExpectationException($"There is no one-time code in {this}. {Words()}");

    /// <summary>A field of the header, decoded; null: there is none.</summary>
    public string? Header(string name) => _mail.Headers.Text(name);

    /// <summary>The first link with this in its address or in what it is called; case does not count.</summary>
    /// <exception cref="MailExpectationException">There is none; lists those there are.</exception>
    public MailLink Link(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return Links.FirstOrDefault(l => l.Url.Contains(part, StringComparison.OrdinalIgnoreCase) || l.Text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true)
            ?? throw new MailExpectationException($"There is no link with \"{part}\" in {this}. " + (Links.Count == 0
                ? $"It has no links. {Words()}"
                : "Its links:" + string.Concat(Links.Select(l => $"\n  {l}"))));
    }

    /// <summary>In one line: to whom, from whom, the subject.</summary>
    public override string ToString() => PlainLine.Of($"to {Recipient} from {From?.ToString() ?? (Sender.Length > 0 ? Sender : "<>")}: \"{Subject}\"", 300);

    internal string Words()
    {
        var text = Text ?? (Html is null ? null : HtmlText.Of(Html));
        return string.IsNullOrWhiteSpace(text) ? "It has no text." : $"Its text begins:\n{(text.Length <= 1000 ? text : text[..1000] + "…").Trim()}";
    }

    private static IReadOnlyList<Correspondent> People(IEnumerable<HeaderAddress> addresses) =>
        [.. AddressParser.Flatten(addresses).Select(m => new Correspondent(string.IsNullOrEmpty(m.Name) ? null : m.Name, m.Address))];
}

/// <summary>Somebody in a header.</summary>
/// <param name="Name">For people; null: none was given.</param>
/// <param name="Address">Such as <c>ann@example.com</c>.</param>
public sealed record Correspondent(string? Name, string Address)
{
    public override string ToString() => Name is null ? Address : $"{Name} <{Address}>";
}

/// <summary>A link in a message.</summary>
/// <param name="Url">Where it leads.</param>
/// <param name="Text">What it is called; null: a bare address.</param>
public sealed record MailLink(string Url, string? Text)
{
    public override string ToString() => Text is null ? Url : $"{Url} ({Text})";
}

/// <summary>A file that came with a message.</summary>
public sealed class ReceivedAttachment
{
    private readonly MimeAttachment _part;
    private readonly Lazy<byte[]> _content;

    internal ReceivedAttachment(MimeAttachment part) => (_part, _content) = (part, new(part.Content));

    /// <summary>Its file name, without any path; empty where it has none.</summary>
    public string Name => _part.Name is { } name ? FileNames.Safe(name) : "";

    /// <summary>Its media type, such as <c>application/pdf</c>.</summary>
    public string MediaType => _part.MediaType;

    /// <summary>By this the HTML names it (<c>cid:</c>); null: it does not.</summary>
    public string? ContentId => _part.ContentId;

    /// <summary>The HTML shows it.</summary>
    public bool IsInline => _part.IsInline;

    /// <summary>Its octets, decoded.</summary>
    public ReadOnlyMemory<byte> Content => _content.Value;

    /// <summary>Its octets as UTF-8.</summary>
    public string ContentAsText() => Encoding.UTF8.GetString(_content.Value);

    public override string ToString() => $"{Name} ({MediaType}, {_content.Value.Length} octets)";
}
