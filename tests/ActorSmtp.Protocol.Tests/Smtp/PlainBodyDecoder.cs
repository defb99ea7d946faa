namespace ActorSmtp.Protocol.Tests.Smtp;

/// <summary>
/// The reference for "where does the message end": RFC 5321 §4.5.2 word for word, a line at a time, slow and obvious. A line ends at CRLF.
/// </summary>
internal static class PlainBodyDecoder
{
    public sealed record Result(byte[] Content, int Consumed, bool Ended, int BareCrs, int BareLfs, int Nuls, bool Has8Bit, int LongestLine, int Received, bool TlsNotRequired);

    public static Result Decode(byte[] input, bool normalize = false)
    {
        var content = new List<byte>();
        var at = 0;
        var ended = false;
        while (at < input.Length)
        {
            var end = EndOfLine(input, at);
            var line = input[at..end];
            if (line is [(byte)'.', (byte)'\r', (byte)'\n'])
            {
                at = end;
                ended = true;
                break;
            }

            content.AddRange(line is [(byte)'.', ..] ? line[1..] : line);
            at = end;
        }

        var raw = content.ToArray();
        var bareCrs = Enumerable.Range(0, raw.Length).Count(i => raw[i] == '\r' && (i + 1 == raw.Length || raw[i + 1] != '\n'));
        var bareLfs = Enumerable.Range(0, raw.Length).Count(i => raw[i] == '\n' && (i == 0 || raw[i - 1] != '\r'));
        var final = normalize ? Normalize(raw) : raw;
        return new Result(final, at, ended, bareCrs, bareLfs, raw.Count(c => c == 0), raw.Any(c => c > 127), Longest(final), CountReceived(final), IsTlsNotRequired(final));
    }

    private static int EndOfLine(byte[] s, int from)
    {
        for (var i = from; i + 1 < s.Length; i++)
        {
            if (s[i] == '\r' && s[i + 1] == '\n')
            {
                return i + 2;
            }
        }

        return s.Length;
    }

    private static byte[] Normalize(byte[] s)
    {
        var result = new List<byte>();
        for (var i = 0; i < s.Length; i++)
        {
            if (s[i] is (byte)'\r' or (byte)'\n')
            {
                result.AddRange("\r\n"u8.ToArray());
                i += s[i] == '\r' && i + 1 < s.Length && s[i + 1] == '\n' ? 1 : 0;
            }
            else
            {
                result.Add(s[i]);
            }
        }

        return [.. result];
    }

    private static int Longest(byte[] s) => Lines(s).Select(line => line.Length).DefaultIfEmpty(0).Max();

    private static int CountReceived(byte[] s) => Lines(s)
        .TakeWhile(line => Wire.Text(line) is not ("\n" or "\r\n"))
        .Count(line => System.Text.RegularExpressions.Regex.IsMatch(Wire.Text(line), "^received[ \t]*:", System.Text.RegularExpressions.RegexOptions.IgnoreCase));

    /// <summary>One TLS-Required field, whose value is No and nothing else (RFC 8689 §3).</summary>
    private static bool IsTlsNotRequired(byte[] s)
    {
        var fields = new List<string>();
        foreach (var line in Lines(s).Select(l => Wire.Text(l)).TakeWhile(line => line is not ("\n" or "\r\n")))
        {
            if (fields.Count > 0 && line[0] is ' ' or '\t')
            {
                fields[^1] += line;
            }
            else
            {
                fields.Add(line);
            }
        }

        const string Field = "^tls-required[ \t]*:";
        var ours = fields.Where(f => System.Text.RegularExpressions.Regex.IsMatch(f, Field, System.Text.RegularExpressions.RegexOptions.IgnoreCase)).ToList();
        return ours is [var one]
            && System.Text.RegularExpressions.Regex.IsMatch(one, Field + @"[ \t\r\n]*no[ \t\r]*\n\z", System.Text.RegularExpressions.RegexOptions.IgnoreCase);
    }

    private static IEnumerable<byte[]> Lines(byte[] s)
    {
        var start = 0;
        for (var i = 0; i < s.Length; i++)
        {
            if (s[i] == '\n')
            {
                yield return s[start..(i + 1)];
                start = i + 1;
            }
        }

        if (start < s.Length)
        {
            yield return s[start..];
        }
    }
}
