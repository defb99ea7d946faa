using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>What <see cref="ReplyParser.Next"/> found.</summary>
public enum ReplyStatus
{
    /// <summary>No whole reply yet: read more, keep what was not consumed.</summary>
    Incomplete = 0,

    /// <summary>A whole reply.</summary>
    Reply,

    /// <summary>This is no SMTP, or more than anybody sends: <see cref="ReplyParser.Problem"/> says what. Close the connection.</summary>
    Broken,
}

/// <summary>
/// Reads a server's replies (RFC 5321 §4.2) in any chunking. Forgiving where servers differ without harm: a bare LF ends a line, the text may
/// be missing, may be 8-bit, an enhanced code may stand on some lines only. Strict where the two sides could lose step: three digits from
/// 200 to 599, then blank, hyphen or the end of the line; the same code on each line; bounded lines, and a bounded number of them.
/// </summary>
public sealed class ReplyParser
{
    /// <summary>Lines of one reply.</summary>
    public const int MaxLines = 256;

    private readonly ImmutableArray<string>.Builder _lines = ImmutableArray.CreateBuilder<string>();
    private int _scanned;
    private int _code;
    private EnhancedCode? _enhanced;

    /// <summary>Why it is broken; null while it is not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether a reply has begun and not ended.</summary>
    public bool IsInReply => _lines.Count > 0 || _scanned > 0;

    /// <summary>Forgets everything: after a TLS handshake, or for a new connection.</summary>
    public void Reset()
    {
        _lines.Clear();
        _scanned = 0;
        _code = 0;
        _enhanced = null;
        Problem = null;
    }

    /// <summary>Looks for the next whole reply. Drop <paramref name="consumed"/> octets from the front of the input, also when more is needed.</summary>
    public ReplyStatus Next(ReadOnlySpan<byte> input, out int consumed, out ServerReply? reply)
    {
        consumed = 0;
        reply = null;
        if (Problem is not null)
        {
            return ReplyStatus.Broken;
        }

        while (true)
        {
            var rest = input[consumed..];
            var from = Math.Min(_scanned, rest.Length);
            var lf = rest[from..].IndexOf((byte)'\n');
            if (lf < 0 || from + lf >= LineLimits.Reply)
            {
                _scanned = rest.Length;
                return rest.Length >= LineLimits.Reply ? Break($"a line longer than {LineLimits.Reply} octets") : ReplyStatus.Incomplete;
            }

            var line = rest[..(from + lf)];
            consumed += line.Length + 1;
            _scanned = 0;
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            if (!TakeLine(line, out var isLast))
            {
                return ReplyStatus.Broken;
            }

            if (isLast)
            {
                reply = new ServerReply(_code, _enhanced, _lines.ToImmutable());
                _lines.Clear();
                _enhanced = null;
                return ReplyStatus.Reply;
            }
        }
    }

    /// <summary>Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF.</summary>
    private bool TakeLine(ReadOnlySpan<byte> line, out bool isLast)
    {
        isLast = false;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-')))
        {
            return Break("a line that is no reply: " + Show(line)) == ReplyStatus.Reply;
        }

        var code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0';
        if (_lines.Count > 0 && code != _code)
        {
            return Break($"a reply that begins with {_code} and goes on with {code}") == ReplyStatus.Reply;
        }

        if (_lines.Count == MaxLines)
        {
            return Break($"a reply of more than {MaxLines} lines") == ReplyStatus.Reply;
        }

        var text = line.Length > 4 ? Show(line[4..]) : "";
        if (EnhancedCode.TryParse(text, out var enhanced, out var length) && enhanced.Class == code / 100)
        {
            _enhanced ??= enhanced;
            text = text[length..].TrimStart(' ');
        }

        _code = code;
        _lines.Add(text);
        isLast = line.Length == 3 || line[3] == ' ';
        return true;
    }

    private ReplyStatus Break(string problem)
    {
        Problem = "The server sent " + problem;
        return ReplyStatus.Broken;
    }

    /// <summary>Text that is safe in logs and on terminals: UTF-8 where it is, Latin-1 otherwise, no controls.</summary>
    private static string Show(ReadOnlySpan<byte> octets)
    {
        var text = (System.Text.Unicode.Utf8.IsValid(octets) ? Encoding.UTF8 : Encoding.Latin1).GetString(octets);
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(c == '\t' ? ' ' : char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c);
        }

        return clean.ToString();
    }
}
