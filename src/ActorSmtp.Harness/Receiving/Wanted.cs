namespace ActorSmtp.Harness.Receiving;

/// <summary>Which message is waited for; null: any. Texts are parts, case does not count.</summary>
internal sealed record Wanted(string? To, string? From, string? Subject, string? Text, Func<ReceivedMessage, bool>? Where)
{
    public bool Matches(ReceivedMessage message) =>
        (To is null || Holds(message.Recipient, To) || message.To.Concat(message.Cc).Any(c => Holds(c, To)))
        && (From is null || Holds(message.Sender, From) || (message.From is { } from && Holds(from, From)))
        && (Subject is null || Holds(message.Subject, Subject))
        && (Text is null || Holds(message.Text ?? "", Text) || (message.Html is { } html && Holds(Protocol.Mime.HtmlText.Of(html), Text)))
        && Where?.Invoke(message) != false;

    /// <summary>In words: <c>to "bob@x.test" with "Confirm" in the subject</c>; empty where any message is meant.</summary>
    public override string ToString()
    {
        string?[] parts =
        [
            To is null ? null : $"to \"{To}\"",
            From is null ? null : $"from \"{From}\"",
            Subject is null ? null : $"with \"{Subject}\" in the subject",
            Text is null ? null : $"with \"{Text}\" in the text",
            Where is null ? null : "for which the test's condition holds",
        ];
        return string.Join(", ", parts.Where(p => p is not null));
    }

    private static bool Holds(Correspondent who, string part) => Holds(who.Address, part) || Holds(who.Name ?? "", part);

    private static bool Holds(string all, string part) => all.Contains(part, StringComparison.OrdinalIgnoreCase);
}
