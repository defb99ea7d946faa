using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Web.Reading;

/// <summary>What a list shows of a message: read from its first 256 KiB.</summary>
internal sealed record Glance(Person? From, IReadOnlyList<Person> To, string Subject, DateTimeOffset? Date, int Attachments, string Snippet)
{
    /// <summary>Octets of a message that are looked at.</summary>
    public const int MostOctets = 256 * 1024;

    private const int MostRecipients = 20;
    private const int SnippetLength = 160;
    private const int LongestSubject = 1000;

    /// <summary>Memory it takes, about.</summary>
    public int Weight { get; } = 200 + (2 * (Subject.Length + Snippet.Length + (From is null ? 0 : From.Address.Length + (From.Name?.Length ?? 0)) + To.Sum(t => 40 + t.Address.Length + (t.Name?.Length ?? 0))));

    /// <summary>Of a message or its beginning; whatever it holds.</summary>
    public static Glance Of(ReadOnlyMemory<byte> beginning)
    {
        var mail = MimeReader.Read(beginning);
        var to = People(mail.Headers.To);
        return new Glance(
            People(mail.Headers.From).FirstOrDefault(),
            to.Count == 0 ? People(mail.Headers.Cc) : to,
            PlainLine.Of(mail.Headers.Subject, LongestSubject),
            mail.Headers.Date,
            MimeBodies.Attachments(mail).Count(a => !a.IsInline),
            Snippets.Of(mail, SnippetLength));
    }

    public static IReadOnlyList<Person> People(IEnumerable<HeaderAddress> addresses) =>
        [.. AddressParser.Flatten(addresses).Take(MostRecipients).Select(m => new Person(string.IsNullOrEmpty(m.Name) ? null : PlainLine.Of(m.Name, 200), PlainLine.Of(m.Address, 400)))];
}
