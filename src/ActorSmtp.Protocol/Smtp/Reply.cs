using System.Buffers;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// What a server answers: the basic code, the enhanced code's subject and detail (RFC 3463), and the text. The enhanced code's
/// class digit is derived from <see cref="Code"/>, so the two cannot disagree. Whatever text it is made of, a reply can only ever be
/// printable ASCII without line breaks: anything else becomes <c>?</c>, and lines are cut so that they fit in the 512 octets of
/// RFC 5321 §4.5.3.1.5. All replies of the server are made in <see cref="Replies"/>.
/// </summary>
public readonly record struct Reply
{
    /// <summary>Longest text of one line, in octets: 512 less code, enhanced code, separators and CRLF.</summary>
    public const int MaxLineText = 480;

    private static readonly SearchValues<char> Printable =
        SearchValues.Create(string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)));

    private readonly string? _text;      // lines joined by LF, which no line can contain
    private readonly byte[]? _encoded;   // whole reply as it goes out, for constants

    /// <summary>A reply of one line. <paramref name="subject"/> null: no enhanced code (greeting, HELO, EHLO, 3xx).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is not one of 200 to 599, or the enhanced code's parts not 0 to 999.</exception>
    public Reply(int code, int? subject, int detail, string text)
        : this(code, subject, detail, Clean(text), encoded: null)
    {
    }

    private Reply(int code, int? subject, int detail, string cleanText, byte[]? encoded)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 599);
        if (subject is < 0 or > 999)
        {
            throw new ArgumentOutOfRangeException(nameof(subject), subject, "An enhanced code's subject is 0 to 999 (RFC 3463 §2).");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(detail);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(detail, 999);
        Code = code;
        Subject = subject;
        Detail = detail;
        _text = cleanText;
        _encoded = encoded;
    }

    /// <summary>The basic code, 200 to 599 (RFC 5321 §4.2).</summary>
    public int Code { get; }

    /// <summary>The enhanced code's second number, or null when this reply carries none.</summary>
    public int? Subject { get; }

    /// <summary>The enhanced code's third number; 0 when there is none.</summary>
    public int Detail { get; }

    /// <summary>The text without codes; the lines of a multi-line reply are separated by LF.</summary>
    public string Text => _text ?? "";

    /// <summary>The first digit of both codes.</summary>
    public int Class => Code / 100;

    /// <summary>2xx or 3xx: the command was taken.</summary>
    public bool IsPositive => Class is 2 or 3;

    /// <summary>4xx: the same may work later.</summary>
    public bool IsTransient => Class == 4;

    /// <summary>5xx: the same will not work later.</summary>
    public bool IsPermanent => Class == 5;

    /// <summary>221 or 421: the connection is closed after it (RFC 5321 §3.8).</summary>
    public bool Closes => Code is 221 or 421;

    /// <summary>"5.7.1", or null where the reply has none.</summary>
    public string? EnhancedCode => Subject is { } s ? $"{Class}.{s}.{Detail}" : null;

    internal byte[]? Encoded => _encoded;

    /// <summary>A reply of several lines (EHLO, HELP); each is cleaned by itself, so a line can never become two.</summary>
    /// <exception cref="ArgumentException">There is no line.</exception>
    public static Reply Multiline(int code, int? subject, int detail, params IEnumerable<string> lines)
    {
        var clean = lines.Select(Clean).ToArray();
        return clean.Length > 0
            ? new Reply(code, subject, detail, string.Join('\n', clean), encoded: null)
            : throw new ArgumentException("A reply has at least one line.", nameof(lines));
    }

    /// <summary>The same reply with its bytes made beforehand; for constants, so that saying them is one copy.</summary>
    internal Reply Precoded()
    {
        var bytes = new byte[ReplyWriter.Length(this)];
        _ = ReplyWriter.TryWrite(bytes, this, out _);
        return new Reply(Code, Subject, Detail, Text, bytes);
    }

    /// <summary>Equal when codes and text are; how the bytes are kept does not count.</summary>
    public bool Equals(Reply other) =>
        Code == other.Code && Subject == other.Subject && Detail == other.Detail && Text == other.Text;

    public override int GetHashCode() => HashCode.Combine(Code, Subject, Detail, Text);

    /// <summary>As on the wire without CRLF, lines separated by " / ": for logs.</summary>
    public override string ToString()
    {
        var text = Text.Contains('\n') ? Text.Replace("\n", " / ") : Text;
        return Subject is { } s ? $"{Code} {Class}.{s}.{Detail} {text}" : $"{Code} {text}";
    }

    /// <summary>Printable ASCII, at most <see cref="MaxLineText"/>; everything else is a question mark.</summary>
    internal static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        if (text.Length > MaxLineText)
        {
            text = text[..MaxLineText];
        }

        if (!text.AsSpan().ContainsAnyExcept(Printable))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return clean.ToString();
    }
}
