using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Hocon;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// What is looked for: <c>from: to: subject: text: tag: mailbox: has:attachment is:seen|unseen|flagged before: after: larger: smaller:</c> and bare words,
/// each may be negated by <c>-</c>; all have to be so. Asked in the order of what they cost: names, then sizes, then headers, then the whole text.
/// </summary>
internal sealed class MailQuery
{
    private const int MostTerms = 20;

    private readonly ImmutableArray<Term> _terms;

    private MailQuery(ImmutableArray<Term> terms) => _terms = terms;

    public static MailQuery Everything { get; } = new([]);

    public bool IsEverything => _terms.IsEmpty;

    /// <summary>Whether the message's beginning has to be read.</summary>
    public bool NeedsGlance => _terms.Any(t => t.Field is Field.From or Field.To or Field.Subject or Field.HasAttachment or Field.Word);

    /// <summary>Whether the size has to be known.</summary>
    public bool NeedsLook => _terms.Any(t => t.Field is Field.Before or Field.After or Field.Larger or Field.Smaller);

    /// <summary>Reads a query as it was typed.</summary>
    /// <param name="problem">One sentence where the answer is null.</param>
    public static MailQuery? Parse(string? text, out string problem)
    {
        problem = "";
        var terms = ImmutableArray.CreateBuilder<Term>();
        foreach (var (word, isQuoted) in Words(text ?? ""))
        {
            if (terms.Count == MostTerms)
            {
                problem = $"more than {MostTerms} terms";
                return null;
            }

            if (TermOf(word, isQuoted, out problem) is not { } term)
            {
                return null;
            }

            terms.Add(term);
        }

        return terms.Count == 0 ? Everything : new MailQuery(terms.ToImmutable());
    }

    /// <summary>Whether a mailbox can have any at all.</summary>
    public bool MayBeIn(string account) => _terms.All(t => t.Field != Field.Mailbox || Holds(account, t));

    /// <summary>What can be told by the name and the tags.</summary>
    public bool Passes(MailboxName name, ImmutableArray<string> tags) => _terms.All(t => t.Field switch
    {
        Field.Seen => name.Seen != t.Not,
        Field.Flagged => name.Flagged != t.Not,
        Field.Tag => tags.Any(tag => tag.Equals(t.Text, StringComparison.OrdinalIgnoreCase)) != t.Not,
        _ => true,
    });

    /// <summary>What can be told by size and time.</summary>
    public bool Passes(MailboxMessage message) => _terms.All(t => t.Field switch
    {
        Field.Before => message.DeliveredAt < t.Time != t.Not,
        Field.After => message.DeliveredAt >= t.Time != t.Not,
        Field.Larger => message.Octets > t.Number != t.Not,
        Field.Smaller => message.Octets < t.Number != t.Not,
        _ => true,
    });

    /// <summary>What can be told by the header. Null: the text decides.</summary>
    public bool? Passes(Glance glance)
    {
        var isOpen = false;
        foreach (var term in _terms)
        {
            var holds = term.Field switch
            {
                Field.From => glance.From is { } from && Holds(from, term.Text) != term.Not || (glance.From is null && term.Not),
                Field.To => glance.To.Any(to => Holds(to, term.Text)) != term.Not,
                Field.Subject => Holds(glance.Subject, term),
                Field.HasAttachment => glance.Attachments > 0 != term.Not,
                Field.Text => null,
                Field.Word => InHeader(glance, term.Text) ? !term.Not : null,
                _ => (bool?)true,
            };
            if (holds == false)
            {
                return false;
            }

            isOpen |= holds is null;
        }

        return isOpen ? null : true;
    }

    /// <summary>The last word, with the whole text.</summary>
    public bool Passes(Glance glance, string text) => _terms.All(t => t.Field switch
    {
        Field.Text => Holds(text, t),
        Field.Word => (InHeader(glance, t.Text) || text.Contains(t.Text, StringComparison.OrdinalIgnoreCase)) != t.Not,
        _ => true,
    });

    private static bool InHeader(Glance glance, string word) =>
        glance.Subject.Contains(word, StringComparison.OrdinalIgnoreCase) || (glance.From is { } from && Holds(from, word)) || glance.To.Any(to => Holds(to, word));

    private static bool Holds(Person person, string text) =>
        person.Address.Contains(text, StringComparison.OrdinalIgnoreCase) || person.Name?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;

    private static bool Holds(string all, Term term) => all.Contains(term.Text, StringComparison.OrdinalIgnoreCase) != term.Not;

    private static Term? TermOf(string word, bool isQuoted, out string problem)
    {
        problem = "";
        var not = word.Length > 1 && word[0] == '-';
        var rest = not ? word[1..] : word;
        var colon = isQuoted ? -1 : rest.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            return new Term(Field.Word, not, rest);
        }

        var (name, value) = (rest[..colon].ToLowerInvariant(), rest[(colon + 1)..]);
        if (value.Length == 0)
        {
            problem = $"{name}: needs something behind it";
            return null;
        }

        switch (name)
        {
            case "from" or "to" or "subject" or "text" or "tag" or "mailbox":
                return new Term(Enum.Parse<Field>(name, ignoreCase: true), not, value);
            case "has" when value.Equals("attachment", StringComparison.OrdinalIgnoreCase):
                return new Term(Field.HasAttachment, not, value);
            case "is" when value.ToLowerInvariant() is "seen" or "unseen" or "flagged" or "read" or "unread":
                return new Term(value.Equals("flagged", StringComparison.OrdinalIgnoreCase) ? Field.Flagged : Field.Seen, not != value.StartsWith("un", StringComparison.OrdinalIgnoreCase), value);
            case "before" or "after":
                if (DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
                {
                    return new Term(name == "before" ? Field.Before : Field.After, not, value) { Time = time };
                }

                problem = $"{name}:{value}: expected a day such as 2026-11-22, or a time such as 2026-11-22T10:00Z";
                return null;
            case "larger" or "smaller":
                if (HoconUnits.TryBytes(value, out var octets))
                {
                    return new Term(name == "larger" ? Field.Larger : Field.Smaller, not, value) { Number = octets };
                }

                problem = $"{name}:{value}: expected a size such as 10k or 1M";
                return null;
            case "has" or "is":
                problem = $"{name}:{value}: expected has:attachment, is:seen, is:unseen or is:flagged";
                return null;
            default:
                return new Term(Field.Word, not, rest);             // 10:30, http://…
        }
    }

    /// <summary>Cuts at blanks; quotes hold together, also behind a colon.</summary>
    private static IEnumerable<(string Word, bool IsQuoted)> Words(string text)
    {
        var word = new StringBuilder();
        var (inQuotes, isQuoted) = (false, false);
        foreach (var c in text)
        {
            if (c == '"')
            {
                inQuotes = !inQuotes;
                isQuoted |= word.Length == 0 || (word.Length == 1 && word[0] == '-');
            }
            else if (char.IsWhiteSpace(c) && !inQuotes)
            {
                if (word.Length > 0)
                {
                    yield return (word.ToString(), isQuoted);
                }

                word.Clear();
                isQuoted = false;
            }
            else
            {
                word.Append(c);
            }
        }

        if (word.Length > 0)
        {
            yield return (word.ToString(), isQuoted);
        }
    }

    private enum Field
    {
        Word,
        From,
        To,
        Subject,
        Text,
        Tag,
        Mailbox,
        HasAttachment,
        Seen,
        Flagged,
        Before,
        After,
        Larger,
        Smaller,
    }

    private sealed record Term(Field Field, bool Not, string Text)
    {
        public DateTimeOffset Time { get; init; }

        public long Number { get; init; }
    }
}
