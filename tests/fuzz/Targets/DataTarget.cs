using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// Where a message ends: the decoder of DATA, cut in any way, against a slow and plain one that reads a list of octets from its beginning
/// (RFC 5321 §4.1.1.4, §4.5.2), and what it counts against counting again.
/// </summary>
internal sealed class DataTarget : FuzzTarget
{
    public override string Name => "data";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "Subject: a\r\n\r\nb\r\n.\r\nQUIT\r\n", ".\r\n", "..\r\n.\r\n", "a\r\n..b\r\n...\r\n.\r\n", "a\n.\nb\r\n.\r\n", "a\r.\rb\n.\r\nc\r\n.\nd\r\n.\re\r\n.\r\n", "\r\n\0.\r\n.\0\r\n.\r\n", "a\r\n.\r\r\n.\r\n", "no end\r\n", "\r\n.\r");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("\r\n.", ".\r", "\r\r\n", "\n\r", "\r\n..", "Received: x\r\n", "\r\n.\r\n\r\n.\r\n", "text")];

    public override void Try(byte[] input, Dice dice)
    {
        var mode = dice.OneIn(2) ? BareNewlines.Report : BareNewlines.Normalize;
        var expected = Reference(input, out var end);
        var decoder = new BodyDecoder(mode);
        var content = new List<byte>();
        var (at, ended, report) = (0, false, default(ContentReport));
        while (!ended && at < input.Length)
        {
            var piece = input.AsSpan(at, Piece(dice, input.Length - at));
            while (true)
            {
                var status = decoder.Decode(piece, out var consumed, out var slice);
                Hold(consumed <= piece.Length && (status != BodyStatus.Content || slice.Length > 0), "no progress");
                content.AddRange(slice);
                at += consumed;
                piece = piece[consumed..];
                ended = status == BodyStatus.End;
                if (status != BodyStatus.Content)
                {
                    Hold(ended || piece.IsEmpty, "more is asked for while there is some");
                    break;
                }
            }
        }

        Hold(ended == (end >= 0), ended ? $"ended at {at}, and should not" : $"not ended, the end is at {end}");
        Hold(!ended || at == end, $"ended at {at}, the end is at {end}");
        if (!ended)
        {
            return;                                     // what is held back at the end of an input that goes on is nobody's content yet
        }

        report = decoder.Report;
        Hold(content.SequenceEqual(mode == BareNewlines.Report ? expected : Normal(expected)), "the content is another");
        Hold(report.Octets == content.Count, $"{report.Octets} octets counted, there are {content.Count}");
        var (crs, lfs) = Bare(expected);
        Hold(report.BareCrs == crs && report.BareLfs == lfs, $"{report.BareCrs} and {report.BareLfs} bare CR and LF counted, there are {crs} and {lfs}");
        Hold(report.Nuls == expected.Count(o => o == 0), "NULs counted wrong");
        Hold(report.Has8Bit == expected.Exists(o => o > 127), "8-bit octets missed");
    }

    /// <summary>The plain one: the content as sent, and where it ends in the input, or -1.</summary>
    private static List<byte> Reference(byte[] input, out int end)
    {
        var content = new List<byte>();
        var isLineStart = true;
        for (var i = 0; i < input.Length; i++)
        {
            if (isLineStart && input[i] == '.')
            {
                if (i + 2 < input.Length && input[i + 1] == '\r' && input[i + 2] == '\n')
                {
                    end = i + 3;
                    return content;
                }

                isLineStart = false;                    // the stuffed dot goes, whatever stands behind it is text
                continue;
            }

            content.Add(input[i]);
            isLineStart = input[i] == '\n' && i > 0 && input[i - 1] == '\r';
        }

        end = -1;
        return content;
    }

    private static List<byte> Normal(List<byte> content)
    {
        var normal = new List<byte>();
        for (var i = 0; i < content.Count; i++)
        {
            var isPair = content[i] == '\r' && i + 1 < content.Count && content[i + 1] == '\n';
            normal.AddRange(content[i] is (byte)'\r' or (byte)'\n' ? "\r\n"u8.ToArray() : [content[i]]);
            i += isPair ? 1 : 0;
        }

        return normal;
    }

    private static (int Crs, int Lfs) Bare(List<byte> content)
    {
        var (crs, lfs) = (0, 0);
        for (var i = 0; i < content.Count; i++)
        {
            crs += content[i] == '\r' && (i + 1 == content.Count || content[i + 1] != '\n') ? 1 : 0;
            lfs += content[i] == '\n' && (i == 0 || content[i - 1] != '\r') ? 1 : 0;
        }

        return (crs, lfs);
    }
}
