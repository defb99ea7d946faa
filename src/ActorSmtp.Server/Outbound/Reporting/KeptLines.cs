using System.Globalization;
using System.Text;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>Documents of lines, their fields with tabs between; times as seconds of Unix, days as numbers.</summary>
internal static class KeptLines
{
    /// <summary>One line, if it has room and its fields are such that it can be read again.</summary>
    public static void Line(StringBuilder text, int most, params ReadOnlySpan<string> fields)
    {
        var before = text.Length;
        foreach (var field in fields)
        {
            if (field.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            {
                text.Length = before;
                return;
            }

            text.Append(text.Length == before ? "" : "\t").Append(field);
        }

        text.Append('\n');
        if (text.Length > most)
        {
            text.Length = before;
        }
    }

    public static string Seconds(DateTimeOffset time) => Number(time.ToUnixTimeSeconds());

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static long? Whole(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static DateTimeOffset? Time(string text) => Whole(text) is < 1L << 36 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    public static DateOnly? Day(string text) => Whole(text) is < 3_000_000 and var day ? DateOnly.FromDayNumber((int)day) : null;
}
