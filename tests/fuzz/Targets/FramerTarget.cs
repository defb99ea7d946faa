using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// Command lines: the same events for every way of cutting the input, each octet consumed once, and for lines within the limit the events of a
/// plain split at CRLF.
/// </summary>
internal sealed class FramerTarget : FuzzTarget
{
    private static readonly int[] Limits = [2, 3, 16, 512, 2048, LineFramer.FatalLength];

    public override string Name => "framer";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets("EHLO a\r\nMAIL FROM:<a@b>\r\nQUIT\r\n", "NOOP\nNOOP\r\n", "a\rb\r\nc\0d\r\n", "\r\n\r\n", "no end", "", new string('x', 3000) + "\r\nNOOP\r\n");

    public override int MaxLength => 70_000;

    public override void Try(byte[] input, Dice dice)
    {
        var limit = dice.Of(Limits);
        if (dice.OneIn(200))
        {
            input = [.. input, .. new byte[LineFramer.FatalLength].Select(_ => (byte)'e'), .. input];
        }

        var whole = Events(input, limit, _ => input.Length);
        var pieces = Events(input, limit, rest => Piece(dice, rest));
        Hold(whole.SequenceEqual(pieces), $"cut otherwise, it is otherwise: {string.Join(" | ", whole)} and {string.Join(" | ", pieces)}");
        if (limit > input.Length + 2)
        {
            var plain = Plain(Encoding.Latin1.GetString(input));
            Hold(whole.SequenceEqual(plain), $"expected {string.Join(" | ", plain)}, got {string.Join(" | ", whole)}");
        }
    }

    private static List<string> Events(byte[] input, int limit, Func<int, int> next)
    {
        var framer = new LineFramer(limit);
        var events = new List<string>();
        var (begin, end) = (0, 0);
        while (true)
        {
            var status = framer.Next(input.AsSpan(begin, end - begin), out var consumed, out var line);
            Hold(consumed >= 0 && consumed <= end - begin, $"consumed {consumed} of {end - begin}");
            begin += consumed;
            Hold(status == LineStatus.Incomplete || status == LineStatus.Fatal || consumed > 0, $"{status} without progress");
            switch (status)
            {
                case LineStatus.Incomplete:
                    Hold(end - begin <= limit, "more is held than a line may have");
                    if (end == input.Length)
                    {
                        return events;
                    }

                    end += next(input.Length - end);
                    break;
                case LineStatus.Fatal:
                    events.Add("fatal");
                    return events;
                case LineStatus.Line:
                    Hold(line.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) < 0 && line.Length + 2 <= limit, "a line that is none");
                    events.Add("line " + Encoding.Latin1.GetString(line));
                    break;
                default:
                    events.Add(status.ToString());
                    break;
            }
        }
    }

    private static List<string> Plain(string input)
    {
        var lines = input.Split("\r\n");
        var events = new List<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            var isTail = i == lines.Length - 1;
            var line = isTail && lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i];
            if (line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            {
                events.Add(LineStatus.BareControl.ToString());
            }
            else if (!isTail)
            {
                events.Add("line " + line);
            }
        }

        return events;
    }
}
