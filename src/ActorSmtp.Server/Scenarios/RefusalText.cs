using System.Globalization;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Scenarios;

/// <summary>Refusals as tests write them.</summary>
public static class RefusalText
{
    /// <summary>What is taken, for a message about what is not.</summary>
    public const string Expected = "a refusal such as '452 4.2.2 Mailbox full': 400 to 599, maybe an enhanced code of the same class, a text";

    private const int Longest = 400;                        // the line is 512 at most (RFC 5321 §4.5.3.1.5)

    /// <summary>A code of 400 to 599, maybe an enhanced code of its class (RFC 3463), maybe a text; null: it is none.</summary>
    public static Reply? Parse(string text)
    {
        var words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (text.Length > Longest || text.Any(char.IsControl) || words.Length == 0 || !TryNumber(words[0], out var code) || code is < 400 or > 599)
        {
            return null;
        }

        if (words.Length > 1 && words[1].Split('.') is [var kind, var subject, var detail])
        {
            return kind == words[0][..1] && TryNumber(subject, out var s) && TryNumber(detail, out var d) && s < 1000 && d < 1000
                ? words.Length > 2 ? Replies.AsAsked(code, s, d, words[2]) : Replies.AsAsked(code, s, d)
                : null;
        }

        return words.Length > 1 ? Replies.AsAsked(code, 0, 0, string.Join(' ', words.Skip(1))) : Replies.AsAsked(code, 0, 0);
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
