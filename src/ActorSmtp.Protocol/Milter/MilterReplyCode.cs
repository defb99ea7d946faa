using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Milter;

/// <summary>
/// The reply that a filter wants a peer to hear: <c>550 5.7.1 text</c>, of several lines as in SMTP (<c>550-…</c>), ended by a NUL. Sendmail took it for a format, so a
/// percent sign is written twice.
/// </summary>
internal static class MilterReplyCode
{
    private const int MostLines = 32;                           // as many as smfi_setmlreply takes

    public static bool TryRead(ReadOnlySpan<byte> data, out Reply reply)
    {
        reply = default;
        if (data.IndexOf((byte)0) is var nul && nul >= 0 && nul < data.Length - 1)
        {
            return false;
        }

        var lines = Encoding.UTF8.GetString(nul < 0 ? data : data[..nul]).Split('\n');
        if (lines.Length > 1 && lines[^1].Length == 0)
        {
            lines = lines[..^1];
        }

        if (lines.Length > MostLines)
        {
            return false;
        }

        var (code, enhanced) = (0, (Subject: 7, Detail: 1));
        var texts = new string[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length < 3 || line[0] is not ('4' or '5') || !char.IsAsciiDigit(line[1]) || !char.IsAsciiDigit(line[2]))
            {
                return false;
            }

            var said = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0';
            if ((line.Length > 3 && line[3] is not (' ' or '-')) || (i > 0 && said != code))
            {
                return false;
            }

            code = said;
            var text = line.Length > 4 ? line[4..] : "";
            if (Enhanced(text, line[0]) is { } own)
            {
                enhanced = i == 0 ? (own.Subject, own.Detail) : enhanced;
                text = text[own.Length..].TrimStart(' ');
            }

            texts[i] = WithoutDoubledPercents(text);
        }

        reply = Reply.Multiline(code, enhanced.Subject, enhanced.Detail, texts);
        return true;
    }

    /// <summary>"5.7.1" at the front, of the class that the code has.</summary>
    private static (int Subject, int Detail, int Length)? Enhanced(string text, char digit)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var word = end < 0 ? text : text[..end];
        var parts = word.Split('.');
        return parts.Length == 3 && parts[0].Length == 1 && parts[0][0] == digit && Number(parts[1]) is { } subject && Number(parts[2]) is { } detail
            ? (subject, detail, word.Length)
            : null;
    }

    private static int? Number(string digits) =>
        digits.Length is > 0 and <= 3 && digits.All(char.IsAsciiDigit) ? int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) : null;

    private static string WithoutDoubledPercents(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                clean.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == '%')
            {
                clean.Append('%');
                i++;
            }
        }

        return clean.ToString();
    }
}
