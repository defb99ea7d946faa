namespace ActorSmtp.Protocol.Mime;

/// <summary>What the fields mean. Where a field stands twice, address lists are joined and of others the first counts.</summary>
public sealed partial class HeaderList
{
    /// <summary>The subject, decoded; empty when there is none.</summary>
    public string Subject => Text("Subject") ?? "";

    public IReadOnlyList<HeaderAddress> From => Addresses("From");

    public IReadOnlyList<HeaderAddress> To => Addresses("To");

    public IReadOnlyList<HeaderAddress> Cc => Addresses("Cc");

    public IReadOnlyList<HeaderAddress> ReplyTo => Addresses("Reply-To");

    /// <summary>The Sender field, or null.</summary>
    public MailboxAddress? Sender => AddressParser.Flatten(Addresses("Sender")).FirstOrDefault();

    /// <summary>The Date field, or null when there is none that can be read.</summary>
    public DateTimeOffset? Date => First("Date") is { } date ? MailDates.Parse(date.Value) : null;

    /// <summary>The id without angle brackets, or null.</summary>
    public string? MessageId => First("Message-ID") is { } id ? MessageIds.Parse(id.Value).FirstOrDefault() : null;

    public IReadOnlyList<string> InReplyTo => Ids("In-Reply-To");

    public IReadOnlyList<string> References => Ids("References");

    /// <summary>The addresses of every field of that name.</summary>
    public IReadOnlyList<HeaderAddress> Addresses(string name) => All(name).SelectMany(f => AddressParser.Parse(f.Value)).ToList();

    private List<string> Ids(string name) => All(name).SelectMany(f => MessageIds.Parse(f.Value)).ToList();
}
