using System.Text.RegularExpressions;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// Finds one-time codes in a mail's words. A code is 4 to 8 digits, also as <c>123 456</c> or <c>123-456</c>, or 5 to 10 capitals and digits of which some are digits,
/// also in two groups. It counts when a word such as "code", "PIN" or "OTP" is near, the nearer the better; what stands alone on a line or in
/// bold counts more; prices, dates, telephone and order numbers, and what is part of a link do not count.
/// </summary>
/// <remarks>The rules and the mails they were tried on: docs/testing-with-actorsmtp.md.</remarks>
internal static partial class CodeFinder
{
    private const int Most = 5;
    private const int Looked = 64 * 1024;
    private const int Reach = 120;
    private const int Enough = 50;

    /// <summary>The likeliest first, each once; at most five.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="text">The words of the mail, lines as they are shown.</param>
    public static IReadOnlyList<FoundCode> In(string subject, string text)
    {
        var all = subject + "\n\n" + (text.Length <= Looked ? text : text[..Looked]);
        var hints = Hint().Matches(all);
        if (hints.Count == 0)
        {
            return [];
        }

        var links = Link().Matches(all);
        return [.. Candidate().Matches(all)
            .Where(m => !links.Any(l => m.Index >= l.Index && m.Index < l.Index + l.Length))
            .Select(m => (Code: Plain(m.Value), Score: Score(all, m, hints, subject.Length), m.Index))
            .Where(c => c.Score >= Enough)
            .GroupBy(c => c.Code, StringComparer.Ordinal)
            .Select(g => g.MaxBy(c => c.Score) is var best ? (best.Code, Score: best.Score + (g.Count() > 1 ? 10 : 0), best.Index) : default)
            .OrderByDescending(c => c.Score).ThenBy(c => c.Index)
            .Take(Most)
            .Select(c => new FoundCode(c.Code, Near(all, c.Index)))];
    }

    private static string Plain(string candidate) => candidate.Any(char.IsAsciiLetter) ? candidate : candidate.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal);

    private static int Score(string all, Match candidate, MatchCollection hints, int subjectLength)
    {
        var (start, end) = (candidate.Index, candidate.Index + candidate.Length);
        var near = 0;
        foreach (Match hint in hints)
        {
            var before = start - (hint.Index + hint.Length);
            var after = hint.Index - end;
            if (before >= 0 && before <= Reach)
            {
                near = Math.Max(near, 80 - (before / 3));                // "your code is 1234"
            }
            else if (after >= 0 && after <= Reach / 2)
            {
                near = Math.Max(near, 65 - after);                       // "1234 is your code"
            }
        }

        if (near == 0)
        {
            return 0;
        }

        var (lineStart, lineEnd) = Line(all, start, end);
        var line = all.AsSpan(lineStart, lineEnd - lineStart).Trim();
        var isAlone = line.Length <= candidate.Length + 4;
        var before8 = all.AsSpan(Math.Max(0, start - 14), start - Math.Max(0, start - 14)).TrimEnd().ToString();
        var after8 = all.AsSpan(end, Math.Min(10, all.Length - end)).ToString();
        var score = near + (isAlone ? 25 : 0) + (start < subjectLength ? 10 : 0);
        var digits = candidate.Value.Count(char.IsAsciiDigit);
        score += digits == 6 ? 6 : digits is 4 or 8 ? 2 : 0;
        if (NotACodeBefore().IsMatch(before8) || NotACodeAfter().IsMatch(after8))
        {
            score -= 60;
        }

        if (candidate.Value is ['1', '9', _, _] or ['2', '0', _, _])
        {
            score -= isAlone ? 0 : 45;                                   // a year, most likely
        }

        return score;
    }

    private static (int Start, int End) Line(string all, int start, int end)
    {
        var from = start == 0 ? 0 : all.LastIndexOf('\n', start - 1) + 1;
        var to = all.IndexOf('\n', end);
        return (from, to < 0 ? all.Length : to);
    }

    private static string Near(string all, int at)
    {
        var from = Math.Max(0, at - 60);
        var near = all.AsSpan(from, Math.Min(all.Length - from, 120)).ToString();
        return Spaces().Replace(near, " ").Trim();
    }

    [GeneratedRegex(@"(?<![\w.,:/@#+&=-])(?:\d{4,8}|\d{3}[ \u00A0-]\d{3,4}|\d{4}[ \u00A0-]\d{4}|(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,10}|(?=[A-Z0-9-]*\d)[A-Z0-9]{3,5}-[A-Z0-9]{3,5})(?![\w/@&=%]|[.,:-]\d|-\w)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Candidate();

    [GeneratedRegex(@"\b(?:one[- ]?time|verification|security|login|log-in|sign[- ]?in|confirmation|activation|access|auth(?:entication|orization)?)[ -]?(?:code|pin|password|passcode|number|token|key)s?\b|\bpass ?codes?\b|\bcodes?\b|\bOTP\b|\bPIN\b|\b2FA\b|\bTAN\b|\bEinmal(?:code|passwort|kennwort)\b|\w*[cC]ode\b|\bcódigo\b|\bcodice\b|\bcódigos?\b|\bкод\b|验证码|驗證碼|認証コード|確認コード|인증 ?(?:번호|코드)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hint();

    [GeneratedRegex(@"(?:https?://|www\.|mailto:)[^\s<>""']+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"(?:[$€£¥#]|USD|EUR|GBP|\b(?:order|invoice|ticket|case|ref(?:erence)?|customer|account|zip|postal|postcode|phone|tel|fax|call|copyright|©|\(c\)|room|suite|box|ending(?: in)?|Bestellung|Rechnung|Kundennummer)\b[.: #-]*(?:no\.?|nr\.?|number|id|code)?[.: #-]*)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotACodeBefore();

    [GeneratedRegex(@"^\s?(?:€|%|USD|EUR|GBP|px|pt|minutes?\b|mins?\b|hours?\b|days?\b|seconds?\b|Minuten\b|Stunden\b|characters?\b)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotACodeAfter();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Spaces();
}
