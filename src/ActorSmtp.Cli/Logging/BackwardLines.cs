using System.Globalization;

namespace ActorSmtp.Cli.Logging;

/// <summary>Reads the log files from the newest line to the oldest, a piece at a time.</summary>
internal static class BackwardLines
{
    private const int Piece = 64 * 1024;
    private const int LongestLine = 1 << 20;

    /// <summary>Lines without their ends, each with the place of its first octet, from which older ones go on.</summary>
    /// <param name="before">A place as this gave it: only what is older; null: from the end.</param>
    public static IEnumerable<(ReadOnlyMemory<byte> Line, string Place)> Read(string dataDirectory, string? before)
    {
        var (fromFile, fromOffset) = Parse(before);
        foreach (var path in LogFolder.Files(dataDirectory).Reverse())
        {
            var number = LogFolder.NumberOf(path);
            if (number > fromFile)
            {
                continue;
            }

            foreach (var (line, offset) in InFile(path, number == fromFile ? fromOffset : long.MaxValue))
            {
                yield return (line, string.Create(CultureInfo.InvariantCulture, $"{number}-{offset}"));
            }
        }
    }

    private static IEnumerable<(ReadOnlyMemory<byte> Line, long Offset)> InFile(string path, long end)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            yield break;                                            // removed as the oldest since it was listed
        }

        using (file)
        {
            var position = Math.Min(end, file.Length);
            byte[] rest = [];                                       // the end of a line whose beginning is not read yet
            while (position > 0)
            {
                var length = (int)Math.Min(Piece, position);
                position -= length;
                var piece = new byte[length + rest.Length];
                file.Position = position;
                file.ReadExactly(piece, 0, length);
                rest.CopyTo(piece, length);
                var to = piece.Length;
                for (int newline; (newline = piece.AsSpan(0, to).LastIndexOf((byte)'\n')) >= 0; to = newline)
                {
                    if (newline + 1 < to)
                    {
                        yield return (piece.AsMemory((newline + 1)..to), position + newline + 1);
                    }
                }

                rest = to > LongestLine ? [] : piece[..to];
            }

            if (rest.Length > 0)
            {
                yield return (rest, 0);
            }
        }
    }

    private static (int File, long Offset) Parse(string? place) =>
        place?.Split('-') is [var file, var offset] && int.TryParse(file, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? (number, at)
            : (int.MaxValue, long.MaxValue);
}
