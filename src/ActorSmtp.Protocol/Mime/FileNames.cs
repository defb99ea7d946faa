using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>Makes a name from a mail fit to be a file's name on this machine or a name in a download.</summary>
public static class FileNames
{
    private const int MaxLength = 120;
    private static readonly string[] DeviceNames =
        ["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2", "lpt3"];

    /// <summary>
    /// The last piece of the path, without control and direction-changing characters, characters that Windows forbids,
    /// leading dots and trailing dots and blanks; at most 120 characters with the ending kept; never empty.
    /// </summary>
    public static string Safe(string? name, string fallback = "attachment")
    {
        var last = (name ?? "").Split('/', '\\')[^1];
        var clean = new StringBuilder();
        foreach (var rune in last.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator)
            {
                continue;
            }
            clean.Append(rune.IsAscii && "<>:\"|?*".Contains((char)rune.Value) ? "_" : rune.ToString());
        }
        var safe = clean.ToString().TrimStart('.', ' ').TrimEnd('.', ' ');
        if (safe.Length > MaxLength)
        {
            var dot = safe.LastIndexOf('.');
            var ending = dot > 0 && safe.Length - dot <= 20 ? safe[dot..] : "";
            safe = Cut(safe, MaxLength - ending.Length) + ending;
        }
        if (safe.Length == 0)
        {
            return fallback;
        }
        var stem = safe.Split('.')[0];
        return DeviceNames.Contains(stem, StringComparer.OrdinalIgnoreCase) ? "_" + safe : safe;
    }

    private static string Cut(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
