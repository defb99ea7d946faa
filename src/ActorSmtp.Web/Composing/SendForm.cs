namespace ActorSmtp.Web.Composing;

/// <summary>A message as it is written in a form.</summary>
internal sealed record SendForm
{
    public string? From { get; init; }

    public string?[]? To { get; init; }

    public string?[]? Cc { get; init; }

    public string?[]? Bcc { get; init; }

    public string? Subject { get; init; }

    public string? Text { get; init; }

    public string? Html { get; init; }

    public SendHeader?[]? Headers { get; init; }

    public SendAttachment?[]? Attachments { get; init; }

    /// <summary>Through which server; absent: this one.</summary>
    public SendServer? Server { get; init; }
}

internal sealed record SendHeader
{
    public string? Name { get; init; }

    public string? Value { get; init; }
}

internal sealed record SendAttachment
{
    public string? Name { get; init; }

    /// <summary>Absent: by the name's ending.</summary>
    public string? Type { get; init; }

    public string? Base64 { get; init; }
}

internal sealed record SendServer
{
    public string? Host { get; init; }

    public int? Port { get; init; }

    public SendTls? Tls { get; init; }

    public bool? Insecure { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append("Host = ").Append(Host).Append(", Port = ").Append(Port).Append(", User = ").Append(User).Append(", Password = ***");
        return true;
    }
}

/// <summary>When TLS is used.</summary>
internal enum SendTls
{
    Auto,

    [System.Text.Json.Serialization.JsonStringEnumMemberName("starttls")]
    StartTls,
    Implicit,
    Off,
}

/// <summary>One line of the dialogue.</summary>
/// <param name="From"><c>client</c>, <c>server</c> or <c>note</c>.</param>
internal sealed record DialogueLine(DateTimeOffset At, string From, string Text);

/// <summary>What became of it.</summary>
/// <param name="Accepted">By the server, for every recipient.</param>
/// <param name="Id">What the server calls it, where it said so.</param>
/// <param name="Error">Why it ended early; null: it did not.</param>
/// <param name="Tls">Version and cipher; null: in clear text.</param>
internal sealed record SendResult(
    bool Accepted,
    string? Id,
    string MessageId,
    IReadOnlyList<SentRecipient> Recipients,
    string? Error,
    string? Tls,
    long ElapsedMs,
    IReadOnlyList<DialogueLine> Transcript);

internal sealed record SentRecipient(string Address, bool Accepted, string Reply);
