using System.Globalization;

namespace ActorSmtp.Storage.Greylist;

/// <summary>Puts entries into pages: by when they came first, and a cursor that says where the last page ended, whatever has come and gone since.</summary>
internal static class GreylistPages
{
    /// <summary>The page behind a cursor.</summary>
    /// <param name="entries">All that are meant, in any order.</param>
    public static GreylistPage Of(IEnumerable<GreylistEntry> entries, string? cursor, int limit)
    {
        var from = cursor is null ? (Ticks: long.MinValue, Name: "") : Parse(cursor);
        var page = entries
            .Select(e => (Ticks: e.First.UtcTicks, Name: NameOf(e), Entry: e))
            .Where(e => e.Ticks > from.Ticks || (e.Ticks == from.Ticks && string.CompareOrdinal(e.Name, from.Name) > 0))
            .OrderBy(e => e.Ticks).ThenBy(e => e.Name, StringComparer.Ordinal)
            .Take(limit + 1).ToList();
        var next = page.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{page[limit - 1].Ticks}|{page[limit - 1].Name}") : null;
        return new GreylistPage([.. page.Take(limit).Select(e => e.Entry)], next);
    }

    private static string NameOf(GreylistEntry e) => $"{e.Network} {e.Sender} {e.Recipient}";

    /// <summary>What is no cursor of ours begins at the first.</summary>
    private static (long Ticks, string Name) Parse(string cursor)
    {
        var bar = cursor.IndexOf('|', StringComparison.Ordinal);
        return bar > 0 && long.TryParse(cursor.AsSpan(0, bar), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ticks) ? (ticks, cursor[(bar + 1)..]) : (long.MinValue, "");
    }
}
