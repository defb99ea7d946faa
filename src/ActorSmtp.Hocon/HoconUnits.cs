using System.Globalization;

namespace ActorSmtp.Hocon;

/// <summary>Durations and sizes as the HOCON specification writes them: a number, optional white space, a unit; case counts.</summary>
public static class HoconUnits
{
    /// <summary>
    /// Reads <c>5m</c>, <c>1.5 hours</c>, <c>250</c> (milliseconds). Units: ns, us, ms, s, m, h, d, w and their long names.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">What it says, to 100 ns; never negative.</param>
    /// <param name="needsUnit">A bare number other than 0 is refused.</param>
    public static bool TryDuration(string text, out TimeSpan duration, bool needsUnit = false)
    {
        duration = default;
        if (!TrySplit(text, out var value, out var unit) || (needsUnit && unit.Length == 0 && value != 0))
        {
            return false;
        }

        decimal ticks = unit switch
        {
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => 0.01m,
            "us" or "µs" or "micro" or "micros" or "microsecond" or "microseconds" => TimeSpan.TicksPerMicrosecond,
            "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => TimeSpan.TicksPerMillisecond,
            "s" or "second" or "seconds" => TimeSpan.TicksPerSecond,
            "m" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
            "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
            "d" or "day" or "days" => TimeSpan.TicksPerDay,
            "w" or "week" or "weeks" => TimeSpan.TicksPerDay * 7,
            _ => 0,
        };
        if (ticks == 0 || value > TimeSpan.MaxValue.Ticks / ticks)
        {
            return false;
        }

        duration = new TimeSpan((long)decimal.Round(value * ticks));
        return true;
    }

    /// <summary>
    /// Reads <c>25MiB</c>, <c>64 kB</c>, <c>1.5GiB</c>, <c>512</c> (bytes). kB, MB, GB, TB, PB, EB count in 1000s; KiB, MiB … and the bare
    /// letters in 1024s.
    /// </summary>
    public static bool TryBytes(string text, out long bytes)
    {
        bytes = 0;
        if (!TrySplit(text, out var value, out var unit) || Factor(unit) is not { } factor || value > long.MaxValue / (decimal)factor)
        {
            return false;
        }

        var exact = value * factor;
        bytes = (long)exact;
        return bytes == exact; // 0.3 bytes are none
    }

    /// <summary>A size in the largest binary unit which divides it: <c>25MiB</c>.</summary>
    public static string FormatBytes(long bytes)
    {
        string[] units = ["EiB", "PiB", "TiB", "GiB", "MiB", "KiB"];
        for (var i = 0; i < units.Length; i++)
        {
            var factor = 1L << (10 * (units.Length - i));
            if (bytes >= factor && bytes % factor == 0)
            {
                return (bytes / factor).ToString(CultureInfo.InvariantCulture) + units[i];
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + "B";
    }

    /// <summary>A duration in the largest unit which divides it: <c>5m</c>.</summary>
    public static string FormatDuration(TimeSpan duration)
    {
        (long Ticks, string Unit)[] units =
        [
            (TimeSpan.TicksPerDay, "d"), (TimeSpan.TicksPerHour, "h"), (TimeSpan.TicksPerMinute, "m"), (TimeSpan.TicksPerSecond, "s"),
            (TimeSpan.TicksPerMillisecond, "ms"), (TimeSpan.TicksPerMicrosecond, "us"),
        ];
        foreach (var (ticks, unit) in units)
        {
            if (duration.Ticks != 0 && duration.Ticks % ticks == 0)
            {
                return (duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return (duration.Ticks * 100).ToString(CultureInfo.InvariantCulture) + "ns";
    }

    private static long? Factor(string unit)
    {
        switch (unit)
        {
            case "" or "B" or "b" or "byte" or "bytes":
                return 1;
            case "kB" or "kilobyte" or "kilobytes":
                return 1000;
            case "k" or "K" or "Ki" or "KiB" or "kibibyte" or "kibibytes":
                return 1024;
        }

        (char Letter, string Thousands, string Binaries)[] larger =
            [('M', "mega", "mebi"), ('G', "giga", "gibi"), ('T', "tera", "tebi"), ('P', "peta", "pebi"), ('E', "exa", "exbi")];
        var thousands = 1000L;
        var binaries = 1024L;
        foreach (var (letter, deci, bin) in larger)
        {
            thousands *= 1000;
            binaries *= 1024;
            if (unit == $"{letter}B" || unit == deci + "byte" || unit == deci + "bytes")
            {
                return thousands;
            }

            if (unit == $"{letter}" || unit == $"{char.ToLowerInvariant(letter)}" || unit == $"{letter}i" || unit == $"{letter}iB"
                || unit == bin + "byte" || unit == bin + "bytes")
            {
                return binaries;
            }
        }

        return null;
    }

    private static bool TrySplit(string text, out decimal value, out string unit)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        var end = text.Length;
        while (end > 0 && char.IsLetter(text[end - 1]))
        {
            end--;
        }

        unit = text[end..];
        return decimal.TryParse(text.AsSpan(0, end).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }
}
