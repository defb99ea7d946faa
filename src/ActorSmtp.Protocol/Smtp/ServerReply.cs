using System.Collections.Immutable;
using System.Globalization;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>An enhanced status code (RFC 3463 §2): class 2, 4 or 5, subject and detail 0 to 999.</summary>
public readonly record struct EnhancedCode(int Class, int Subject, int Detail)
{
    /// <summary>
    /// Reads <c>class "." subject "." detail</c> from the front of a text; <paramref name="length"/> is what it took. The code must be
    /// followed by a blank or the end.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedCode code, out int length)
    {
        code = default;
        length = 0;
        if (text.Length < 5 || text[0] is not ('2' or '4' or '5') || text[1] != '.')
        {
            return false;
        }

        var at = 2;
        if (!Number(text, ref at, out var subject) || at >= text.Length || text[at++] != '.' || !Number(text, ref at, out var detail)
            || (at < text.Length && text[at] is not (' ' or '\t')))
        {
            return false;
        }

        code = new EnhancedCode(text[0] - '0', subject, detail);
        length = at;
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    private static bool Number(ReadOnlySpan<char> text, ref int at, out int number)
    {
        var start = at;
        number = 0;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at]))
        {
            number = (number * 10) + text[at++] - '0';
        }

        return at > start;
    }
}

/// <summary>What another server answered, read by <see cref="ReplyParser"/>.</summary>
/// <param name="Code">The basic code, 200 to 599.</param>
/// <param name="Enhanced">The enhanced code, when there is one whose class is that of the code.</param>
/// <param name="Lines">The texts without codes, at least one (it may be empty), printable, the enhanced code taken off.</param>
public sealed record ServerReply(int Code, EnhancedCode? Enhanced, ImmutableArray<string> Lines)
{
    /// <summary>2xx.</summary>
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>3xx: the server waits for more.</summary>
    public bool IsIntermediate => Code is >= 300 and < 400;

    /// <summary>4xx.</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <summary>5xx.</summary>
    public bool IsPermanent => Code >= 500;

    /// <summary>All lines in one, separated by blanks.</summary>
    public string Text => string.Join(' ', Lines);

    /// <summary>The extensions, when this answers EHLO or LHLO: the first line, the server's name, is left out.</summary>
    public Extensions ToExtensions() => Extensions.Parse(Lines.Skip(1));

    public bool Equals(ServerReply? other) =>
        other is not null && Code == other.Code && Enhanced == other.Enhanced && Lines.AsSpan().SequenceEqual(other.Lines.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Code, Enhanced, Lines.Length, Lines[0]);

    /// <summary>As on the wire, on one line.</summary>
    public override string ToString() =>
        Enhanced is { } e ? $"{Code} {e} {string.Join(" / ", Lines)}" : $"{Code} {string.Join(" / ", Lines)}";
}
