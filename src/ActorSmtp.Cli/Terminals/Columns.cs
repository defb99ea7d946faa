namespace ActorSmtp.Cli.Terminals;

/// <summary>Columns of text, as wide as they need to be; what is in them cannot leave its line.</summary>
internal static class Columns
{
    private const int Widest = 60;

    public static void Write(TextWriter to, string[] heads, IEnumerable<string[]> rows)
    {
        var all = rows.Select(r => r.Select(Printable.Line).ToArray()).Prepend(heads).ToList();
        var widths = heads.Select((_, column) => Math.Min(Widest, all.Max(r => r[column].Length))).ToArray();
        foreach (var row in all)
        {
            to.WriteLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
