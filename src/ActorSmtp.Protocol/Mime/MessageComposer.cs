namespace ActorSmtp.Protocol.Mime;

/// <summary>What the way to the receiver allows; known after EHLO.</summary>
/// <param name="EightBit">8BITMIME (RFC 6152): text may go as it is.</param>
/// <param name="Utf8Headers">SMTPUTF8 (RFC 6531): headers may hold UTF-8, local parts may be beyond ASCII.</param>
public readonly record struct WireAbilities(bool EightBit, bool Utf8Headers)
{
    /// <summary>What every server takes.</summary>
    public static WireAbilities Plain => default;
}

/// <summary>
/// Gathers what a message is to say and composes it (RFC 5322, 2045-2047, 2231). Every value is checked when it is given;
/// a <see cref="ComposeException"/> says in one sentence what is wrong. Line breaks and other control characters are
/// refused everywhere but in the texts, so no value can make a header of its own. Date, id and seed come from outside: the
/// same input gives the same bytes.
/// </summary>
public sealed partial class MessageComposer
{
    private readonly List<HeaderAddress> _from = [];
    private readonly List<HeaderAddress> _replyTo = [];
    private readonly List<HeaderAddress> _to = [];
    private readonly List<HeaderAddress> _cc = [];
    private readonly List<HeaderAddress> _bcc = [];
    private readonly List<(string Name, string Value)> _own = [];
    private readonly List<AttachedFile> _attachments = [];
    private readonly List<AttachedFile> _inline = [];
    private readonly string _boundarySeed;
    private MailboxAddress? _sender;
    private DateTimeOffset _date;
    private string _messageId;
    private string? _subject;
    private string? _text;
    private string? _html;

    /// <param name="date">The Date field.</param>
    /// <param name="messageId">The Message-ID, without angle brackets.</param>
    /// <param name="boundarySeed">Anything; boundaries are made from it. The message id will do.</param>
    public MessageComposer(DateTimeOffset date, string messageId, string boundarySeed)
    {
        _date = date;
        _messageId = CheckedId(messageId);
        _boundarySeed = boundarySeed;
    }

    /// <summary>Adds authors: one address or several with commas between.</summary>
    public MessageComposer From(string addresses) => Add(_from, addresses);

    public MessageComposer From(HeaderAddress address) => Add(_from, address);

    public MessageComposer ReplyTo(string addresses) => Add(_replyTo, addresses);

    public MessageComposer ReplyTo(HeaderAddress address) => Add(_replyTo, address);

    public MessageComposer To(string addresses) => Add(_to, addresses);

    public MessageComposer To(HeaderAddress address) => Add(_to, address);

    public MessageComposer Cc(string addresses) => Add(_cc, addresses);

    public MessageComposer Cc(HeaderAddress address) => Add(_cc, address);

    /// <summary>Adds to <see cref="Recipients"/> alone: Bcc is never written.</summary>
    public MessageComposer Bcc(string addresses) => Add(_bcc, addresses);

    public MessageComposer Bcc(HeaderAddress address) => Add(_bcc, address);

    /// <summary>The one who sends for the authors. Without it, and with several authors, the first is named.</summary>
    public MessageComposer Sender(string address)
    {
        if (!MailboxAddress.TryParse(address, out var mailbox, out var problem))
        {
            throw new ComposeException(problem);
        }
        _sender = mailbox;
        return this;
    }

    public MessageComposer Subject(string subject)
    {
        CheckLine("Subject", subject);
        _subject = subject;
        return this;
    }

    /// <summary>The plain text. Line ends of any kind become CRLF; the last line is ended.</summary>
    public MessageComposer Text(string text)
    {
        _text = text;
        return this;
    }

    /// <summary>The HTML. With a text too, the text comes first and the HTML is its richer alternative.</summary>
    public MessageComposer Html(string html)
    {
        _html = html;
        return this;
    }

    /// <summary>Adds a file to keep.</summary>
    public MessageComposer Attach(AttachedFile file)
    {
        _attachments.Add(Checked(file));
        return this;
    }

    /// <summary>Adds a picture or the like that the HTML shows by <c>cid:</c>; it needs a Content-ID.</summary>
    public MessageComposer Inline(AttachedFile file)
    {
        if (file.ContentId is null)
        {
            throw new ComposeException($"the inline file '{MailboxAddress.Shown(file.FileName)}' needs a Content-ID");
        }
        _inline.Add(Checked(file));
        return this;
    }

    /// <summary>Everyone the message goes to: To, Cc and Bcc, each address once (domains compared without case).</summary>
    public IReadOnlyList<MailboxAddress> Recipients =>
        AddressParser.Flatten([.. _to, .. _cc, .. _bcc])
            .DistinctBy(m => (m.LocalPart, m.Domain.ToLowerInvariant()))
            .ToList();

    /// <summary>The first author, for the envelope; null when none was given.</summary>
    public MailboxAddress? Author => AddressParser.Flatten(_from).FirstOrDefault();

    private MessageComposer Add(List<HeaderAddress> list, string addresses)
    {
        if (!AddressParser.TryParseStrict(addresses, out var parsed, out var problem))
        {
            throw new ComposeException(problem);
        }
        list.AddRange(parsed);
        return this;
    }

    private MessageComposer Add(List<HeaderAddress> list, HeaderAddress address)
    {
        foreach (var mailbox in AddressParser.Flatten([address]))
        {
            if (AddressParser.WhatIsWrong(mailbox) is { } wrong)
            {
                throw new ComposeException($"'{MailboxAddress.Shown(mailbox.ToString())}' is not an address: {wrong}");
            }
        }
        if (address is GroupAddress group)
        {
            CheckLine("group name", group.Name);
        }
        list.Add(address);
        return this;
    }

    private static AttachedFile Checked(AttachedFile file)
    {
        if (string.IsNullOrWhiteSpace(file.FileName))
        {
            throw new ComposeException("an attachment needs a file name");
        }
        CheckLine("file name", file.FileName);
        if (file.MediaType is { } type)
        {
            var slash = type.IndexOf('/');
            if (slash <= 0 || type.Length > 127 || !Tokens.IsToken(type.AsSpan(0, slash)) || !Tokens.IsToken(type.AsSpan(slash + 1)))
            {
                throw new ComposeException($"'{MailboxAddress.Shown(type)}' is not a media type such as application/pdf");
            }
            if (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            {
                throw new ComposeException("a file cannot be a multipart");
            }
        }
        if (file.ContentId is { } id && (id.Length is 0 or > 200 || !Tokens.IsAscii(id) || Tokens.IndexOfControl(id) >= 0 || id.AsSpan().IndexOfAny(" \t<>") >= 0))
        {
            throw new ComposeException($"'{MailboxAddress.Shown(id)}' is not a Content-ID");
        }
        return file;
    }

    private static void CheckLine(string what, string value)
    {
        if (Tokens.IndexOfControl(value) >= 0)
        {
            throw new ComposeException(
                $"the value for '{what}' has a line break or control character in it: '{MailboxAddress.Shown(value)}'");
        }
    }

    private static string CheckedId(string id) => MessageIds.IsValid(id)
        ? id
        : throw new ComposeException($"'{MailboxAddress.Shown(id)}' is not a message id such as <unique@host>");
}
