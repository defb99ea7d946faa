namespace ActorSmtp.Protocol.Mime;

/// <summary>The header of the composed message: own fields, and the order of all.</summary>
public sealed partial class MessageComposer
{
    private const int MaxNameLength = 76;

    /// <summary>
    /// Adds a field as a user gives it: <c>Name: value</c>. Fields that the composer writes itself (Subject, To, Date,
    /// Message-ID…) are checked and take the place of its own; those that describe the body, and Bcc, are refused.
    /// </summary>
    public MessageComposer Header(string line)
    {
        var colon = line.IndexOf(':');
        if (colon <= 0)
        {
            throw new ComposeException($"'{MailboxAddress.Shown(line)}' is not a header such as 'X-Name: value'");
        }
        return Header(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
    }

    /// <summary>Adds a field by name and value, as above.</summary>
    public MessageComposer Header(string name, string value)
    {
        // field-name = 1*ftext (RFC 5322 §3.6.8)
        if (name.Length is 0 or > MaxNameLength || !name.All(c => c is > ' ' and < '\x7F' and not ':'))
        {
            throw new ComposeException($"'{MailboxAddress.Shown(name)}' is not a header name");
        }
        CheckLine(name, value);
        switch (name.ToLowerInvariant())
        {
            case "from":
                return Replace(_from, value);
            case "to":
                return Replace(_to, value);
            case "cc":
                return Replace(_cc, value);
            case "reply-to":
                return Replace(_replyTo, value);
            case "sender":
                return Sender(value);
            case "subject":
                return Subject(value);
            case "date":
                _date = MailDates.Parse(value) ?? throw new ComposeException($"'{MailboxAddress.Shown(value)}' is not a date");
                return this;
            case "message-id":
                _messageId = CheckedId(value.StartsWith('<') && value.EndsWith('>') ? value[1..^1] : value);
                return this;
            case "bcc":
                throw new ComposeException("Bcc is never written into a message; name its recipients apart");
            case "mime-version":
                throw new ComposeException("the header 'MIME-Version' is written by the composer");
            case var key when key.StartsWith("content-", StringComparison.Ordinal):
                throw new ComposeException($"the header '{name}' describes the body and is written by the composer");
        }
        _own.Add((name, value));
        return this;
    }

    private MessageComposer Replace(List<HeaderAddress> list, string value)
    {
        list.Clear();
        return Add(list, value);
    }

    private HeaderWriter WriteHeader(WireAbilities abilities)
    {
        var header = new HeaderWriter(abilities.Utf8Headers);
        header.Tokens("Date", MailDates.Format(_date).Split(' '));
        header.Addresses("From", _from);
        var sender = _sender ?? (AddressParser.Flatten(_from).Count() > 1 ? Author : null);
        if (sender is not null)
        {
            header.Addresses("Sender", [sender]); // RFC 5322 §3.6.2: needed with several authors
        }
        WriteAddresses(header, "Reply-To", _replyTo);
        WriteAddresses(header, "To", _to);
        WriteAddresses(header, "Cc", _cc);
        if (_subject is not null)
        {
            header.Unstructured("Subject", _subject);
        }
        header.Tokens("Message-ID", $"<{AsciiOr(abilities, "Message-ID", _messageId)}>");
        foreach (var (name, value) in _own)
        {
            if (name.ToLowerInvariant() is "in-reply-to" or "references")
            {
                header.Tokens(name, AsciiOr(abilities, name, value).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
            }
            else
            {
                header.Unstructured(name, value);
            }
        }
        header.Tokens("MIME-Version", "1.0");
        return header;
    }

    private static void WriteAddresses(HeaderWriter header, string name, List<HeaderAddress> list)
    {
        if (list.Count > 0)
        {
            header.Addresses(name, list);
        }
    }

    // Ids have no encoded form.
    private static string AsciiOr(WireAbilities abilities, string name, string value) =>
        abilities.Utf8Headers || Tokens.IsAscii(value)
            ? value
            : throw new ComposeException($"the value for '{name}' needs SMTPUTF8, which may not be used here");
}
