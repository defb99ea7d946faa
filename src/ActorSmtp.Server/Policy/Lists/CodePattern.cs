using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Server.Policy.Lists;

/// <summary>
/// Which of a list's answers are meant: an address of 127.0.0.0/8 whose parts are each a number, a range (<c>2-11</c>), <c>*</c>, or <c>&amp;4</c>: any number
/// with one of these bits.
/// </summary>
public sealed class CodePattern
{
    /// <summary>What one is, for messages.</summary>
    public const string Expected = "an address such as 127.0.0.2, with ranges (127.0.0.4-7), * or bits (127.0.0.&4) in place of the last three numbers";

    private readonly ImmutableArray<Part> _parts;
    private readonly string _text;

    private CodePattern(string text, ImmutableArray<Part> parts) => (_text, _parts) = (text, parts);

    private readonly record struct Part(byte From, byte To, byte Bits)
    {
        public bool Holds(byte value) => Bits != 0 ? (value & Bits) != 0 : value >= From && value <= To;
    }

    /// <summary>Reads a pattern; null: it is none.</summary>
    public static CodePattern? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('.').Select(PartOf).ToList();
        return parts.Count == 4 && parts.TrueForAll(p => p is not null) && text.StartsWith("127.", StringComparison.Ordinal)
            ? new CodePattern(text, [.. parts.Select(p => p!.Value)])
            : null;
    }

    /// <summary>Whether an answer is meant.</summary>
    public bool Matches(IPAddress answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Span<byte> octets = stackalloc byte[4];
        return answer.AddressFamily == AddressFamily.InterNetwork && answer.TryWriteBytes(octets, out _)
            && _parts[0].Holds(octets[0]) && _parts[1].Holds(octets[1]) && _parts[2].Holds(octets[2]) && _parts[3].Holds(octets[3]);
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => _text;

    private static Part? PartOf(string text)
    {
        if (text == "*")
        {
            return new Part(0, 255, 0);
        }

        if (text.StartsWith('&'))
        {
            return NumberOf(text[1..]) is { } bits and > 0 ? new Part(0, 0, bits) : null;
        }

        var ends = text.Split('-');
        return ends.Length <= 2 && NumberOf(ends[0]) is { } from && NumberOf(ends[^1]) is { } to && from <= to ? new Part(from, to, 0) : null;
    }

    private static byte? NumberOf(string text) =>
        byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
