namespace ActorSmtp.Cli.Terminals;

/// <summary>Columns of text, as wide as they need to be; what is in them cannot leave its line.</summary>
internal static class Columns
{
    private const int Widest = 60;
    private const int Measured = 1000;

    public static void Write(TextWriter to, string[] heads, IEnumerable<string[]> rows) => Write(to, [.. rows.Select(Safe).Prepend(heads)]);

    /// <summary>The same for any number of rows: the first thousand say how wide the columns are, those behind them are written as they come.</summary>
    public static async Task WriteAsync(TextWriter to, string[] heads, IAsyncEnumerable<string[]> rows, CancellationToken cancellation)
    {
        var first = new List<string[]>(Measured) { heads };
        int[]? widths = null;
        await foreach (var row in rows.WithCancellation(cancellation).ConfigureAwait(false))
        {
            if (widths is not null)
            {
                WriteRow(to, Safe(row), widths);
                continue;
            }

            first.Add(Safe(row));
            if (first.Count > Measured)
            {
                widths = Write(to, first);
                first.Clear();
            }
        }

        if (widths is null)
        {
            Write(to, first);
        }
    }

    private static string[] Safe(string[] row) => Array.ConvertAll(row, Printable.Line);

    private static int[] Write(TextWriter to, List<string[]> rows)
    {
        var widths = rows[0].Select((_, column) => Math.Min(Widest, rows.Max(r => r[column].Length))).ToArray();
        foreach (var row in rows)
        {
            WriteRow(to, row, widths);
        }

        return widths;
    }

    private static void WriteRow(TextWriter to, string[] row, int[] widths) =>
        to.WriteLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
}
