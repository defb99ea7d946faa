using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Finds one-time codes in a mail's words. A code is 4 to 8 digits, also as <c>123 456</c> or <c>123-456</c>, or 5 to 10 capitals and digits of which some are
/// digits, also in two groups with a hyphen. It counts when a word such as "code", "PIN" or "OTP" is near, the nearer the better; what stands alone on a line
/// counts more; prices, dates, telephone and order numbers, and what is part of a link do not count.
/// </summary>
/// <remarks>One pass over at most 16 KiB, whatever they hold. The rules in words: docs/testing-with-actorsmtp.md.</remarks>
public static class CodeFinder
{
    private const int Most = 5;
    private const int Looked = 16 * 1024;
    private const int Reach = 120;
    private const int Enough = 50;
    private const int LongestWord = 32;

    private static readonly HashSet<string> Hints = new(StringComparer.OrdinalIgnoreCase)
    {
        "code", "codes", "passcode", "passcodes", "otp", "totp", "pin", "2fa", "mfa", "tan", "código", "códigos", "codice", "kod", "код", "koodi", "kode", "κωδικός",
    };

    private static readonly HashSet<string> SecondWords = new(StringComparer.OrdinalIgnoreCase) { "password", "token", "key", "number", "passwort", "kennwort" };

    private static readonly HashSet<string> FirstWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "time", "verification", "security", "login", "confirmation", "activation", "access", "authentication", "authorization", "temporary", "in",
    };

    private static readonly string[] Signs = ["验证码", "驗證碼", "認証コード", "確認コード", "인증번호", "인증 번호", "인증코드", "인증 코드"];

    private static readonly HashSet<string> OtherNumbers = new(StringComparer.OrdinalIgnoreCase)
    {
        "order", "invoice", "ticket", "case", "ref", "reference", "customer", "account", "zip", "postal", "postcode", "phone", "tel", "fax", "call", "copyright", "c", "room", "suite", "box",
        "bestellung", "rechnung", "kundennummer", "usd", "eur", "gbp", "chf",
    };

    private static readonly HashSet<string> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        "usd", "eur", "gbp", "px", "pt", "minute", "minutes", "min", "mins", "hour", "hours", "day", "days", "second", "seconds", "minuten", "stunden", "characters", "char",
    };

    /// <summary>Those of the plain text, else those of the HTML: the likeliest first, each once; at most five.</summary>
    public static IReadOnlyList<FoundCode> In(string subject, string? text, string? html)
    {
        var codes = text is null ? [] : In(subject, text);
        return codes.Count > 0 || html is null ? codes : In(subject, HtmlText.Of(html));
    }

    /// <summary>The likeliest first, each once; at most five.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="text">The words of the mail, lines as they are shown.</param>
    public static IReadOnlyList<FoundCode> In(string subject, string text)
    {
        var head = subject.Length <= 500 ? subject : subject[..500];
        var all = head + "\n\n" + (text.Length <= Looked ? text : text[..Looked]);
        var words = Words(all);
        var hints = HintsOf(all, words);
        if (hints.Count == 0)
        {
            return [];
        }

        var found = new Dictionary<string, (int Score, int At)>(StringComparer.Ordinal);
        foreach (var candidate in Candidates(all, words))
        {
            var score = Score(all, words, candidate, hints, head.Length);
            if (score < Enough)
            {
                continue;
            }

            found[candidate.Code] = found.TryGetValue(candidate.Code, out var before)
                ? (Math.Max(before.Score, score) + 10, Math.Min(before.At, candidate.Start))
                : (score, candidate.Start);
        }

        return [.. found.OrderByDescending(f => f.Value.Score).ThenBy(f => f.Value.At).Take(Most).Select(f => new FoundCode(f.Key, Near(all, f.Value.At)))];
    }

    /// <summary>Runs of letters and digits; those in links are left out.</summary>
    private static List<Word> Words(string all)
    {
        var words = new List<Word>();
        for (var at = 0; at < all.Length;)
        {
            if (!char.IsLetterOrDigit(all[at]))
            {
                at++;
                continue;
            }

            var start = at;
            while (at < all.Length && char.IsLetterOrDigit(all[at]))
            {
                at++;
            }

            var isLink = all.AsSpan(start, at - start) is "http" or "https" or "mailto" or "www" or "HTTP" or "HTTPS" && at < all.Length && all[at] is ':' or '.';
            if (isLink)
            {
                while (at < all.Length && !char.IsWhiteSpace(all[at]) && all[at] is not ('<' or '>' or '"'))
                {
                    at++;
                }
            }
            else if (at - start <= LongestWord)
            {
                words.Add(new Word(start, at));
            }
        }

        return words;
    }

    private static List<Word> HintsOf(string all, List<Word> words)
    {
        var hints = new List<Word>();
        for (var i = 0; i < words.Count; i++)
        {
            var word = all[words[i].Start..words[i].End];
            if (Hints.Contains(word) || word.EndsWith("code", StringComparison.OrdinalIgnoreCase) || word.StartsWith("einmal", StringComparison.OrdinalIgnoreCase)
                || (i > 0 && SecondWords.Contains(word) && FirstWords.Contains(all[words[i - 1].Start..words[i - 1].End])))
            {
                hints.Add(words[i]);
            }
        }

        foreach (var sign in Signs)
        {
            for (var at = -1; (at = all.IndexOf(sign, at + 1, StringComparison.Ordinal)) >= 0;)
            {
                hints.Add(new Word(at, at + sign.Length));
            }
        }

        return hints.Count <= 200 ? hints : hints[..200];
    }

    private static IEnumerable<Candidate> Candidates(string all, List<Word> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            var (start, end) = words[i];
            if (!MayBegin(all, start))
            {
                continue;
            }

            if (i + 1 < words.Count && words[i + 1].Start == end + 1 && all[end] is '-' or ' ' or '\u00A0'
                && Pair(all.AsSpan(start, end - start), all[end], all.AsSpan(words[i + 1].Start, words[i + 1].End - words[i + 1].Start)) is { } pair
                && MayEnd(all, words[i + 1].End))
            {
                yield return new Candidate(pair, start, words[i + 1].End, i, i + 1);
                i++;
            }
            else if (IsCode(all.AsSpan(start, end - start)) && MayEnd(all, end))
            {
                yield return new Candidate(all[start..end], start, end, i, i);
            }
        }
    }

    private static bool MayBegin(string all, int start) => start == 0 || all[start - 1] is not ('.' or ',' or '/' or '@' or '+' or '&' or '=' or '-' or '_' or '%' or '#' or '$' or '€' or '£');

    private static bool MayEnd(string all, int end) =>
        end == all.Length || (all[end] is not ('/' or '@' or '&' or '=' or '%' or '_' or '-') && !(all[end] is '.' or ',' or ':' && end + 1 < all.Length && char.IsAsciiDigit(all[end + 1])));

    private static string? Pair(ReadOnlySpan<char> left, char between, ReadOnlySpan<char> right)
    {
        if (AreDigits(left) && AreDigits(right) && ((left.Length == 3 && right.Length is 3 or 4) || (left.Length == 4 && right.Length == 4)))
        {
            return string.Concat(left, right);
        }

        return between == '-' && left.Length is >= 3 and <= 5 && right.Length is >= 3 and <= 5 && AreCapitals(left) && AreCapitals(right)
            && (left.ContainsAnyInRange('0', '9') || right.ContainsAnyInRange('0', '9'))
                ? $"{left}-{right}"
                : null;
    }

    private static bool IsCode(ReadOnlySpan<char> word) =>
        AreDigits(word) ? word.Length is >= 4 and <= 8
        : word.Length is >= 5 and <= 10 && AreCapitals(word) && word.ContainsAnyInRange('0', '9') && word.ContainsAnyInRange('A', 'Z');

    private static bool AreDigits(ReadOnlySpan<char> word) => !word.ContainsAnyExceptInRange('0', '9');

    private static bool AreCapitals(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c))
            {
                return false;
            }
        }

        return true;
    }

    private static int Score(string all, List<Word> words, Candidate candidate, List<Word> hints, int subjectLength)
    {
        var near = 0;
        foreach (var hint in hints)
        {
            if (hint.Start < candidate.End && candidate.Start < hint.End)
            {
                continue;                                    // the candidate itself, as in 2FA
            }

            var (before, after) = (candidate.Start - hint.End, hint.Start - candidate.End);
            near = Math.Max(near, before is >= 0 and <= Reach ? 80 - (before / 3) : after is >= 0 and <= Reach / 2 ? 65 - after : 0);
        }

        if (near == 0)
        {
            return 0;
        }

        var lineStart = candidate.Start == 0 ? 0 : all.LastIndexOf('\n', candidate.Start - 1) + 1;
        var lineEnd = all.IndexOf('\n', candidate.End) is var end and >= 0 ? end : all.Length;
        var isAlone = all.AsSpan(lineStart, lineEnd - lineStart).Trim().Length <= candidate.End - candidate.Start + 4;
        var digits = candidate.Code.Count(char.IsAsciiDigit);
        var score = near + (isAlone ? 25 : 0) + (candidate.Start < subjectLength ? 10 : 0) + (digits == 6 ? 6 : digits is 4 or 8 ? 2 : 0);
        if (IsAnotherNumber(all, words, candidate))
        {
            score -= 60;
        }

        return candidate.Code is ['1', '9', _, _] or ['2', '0', _, _] && !isAlone ? score - 45 : score;      // a year, most likely
    }

    /// <summary>What the words right before and after it say it is.</summary>
    private static bool IsAnotherNumber(string all, List<Word> words, Candidate candidate)
    {
        var before = candidate.First;
        for (var steps = 0; before > 0 && steps < 2; steps++)
        {
            var word = words[--before];
            if (candidate.Start - word.End > 12 || all.AsSpan(word.End, candidate.Start - word.End).IndexOfAny('\n', ';', '!') >= 0)
            {
                break;
            }

            if (OtherNumbers.Contains(all[word.Start..word.End]))
            {
                return true;
            }

            if (all.AsSpan(word.Start, word.End - word.Start) is not ("no" or "nr" or "number" or "id" or "No" or "Nr" or "Number" or "ID"))
            {
                break;
            }
        }

        return candidate.Last + 1 < words.Count && words[candidate.Last + 1] is var next && next.Start - candidate.End <= 1 && Units.Contains(all[next.Start..next.End])
            || (candidate.End < all.Length && all[candidate.End] is '€' or '%')
            || (candidate.Start > 1 && all[candidate.Start - 1] == ' ' && all[candidate.Start - 2] is '$' or '€' or '£' or '#' or '©');
    }

    private static string Near(string all, int at)
    {
        var from = Math.Max(0, at - 60);
        var near = new StringBuilder(120);
        foreach (var c in all.AsSpan(from, Math.Min(all.Length - from, 120)))
        {
            if (!char.IsWhiteSpace(c))
            {
                near.Append(c);
            }
            else if (near.Length > 0 && near[^1] != ' ')
            {
                near.Append(' ');
            }
        }

        return PlainLine.Of(near.ToString().Trim(), 120);
    }

    private readonly record struct Word(int Start, int End);

    private readonly record struct Candidate(string Code, int Start, int End, int First, int Last);
}

/// <summary>What looks like a one-time code.</summary>
/// <param name="Near">The words around it.</param>
public sealed record FoundCode(string Code, string Near);
