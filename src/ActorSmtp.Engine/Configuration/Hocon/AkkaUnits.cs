using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>Durations and sizes with exactly the units which Akka 1.5 knows; case counts.</summary>
internal static class AkkaUnits
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;

    /// <summary>Reads <c>10s</c>, <c>1.5 minutes</c>, <c>250</c> (milliseconds), <c>infinite</c>.</summary>
    public static TimeSpan Duration(string text, bool allowInfinite)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (allowInfinite && text == "infinite")
        {
            return Timeout.InfiniteTimeSpan;
        }

        var (number, unit) = Split(text);
        var value = double.Parse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, NumberFormatInfo.InvariantInfo);
        var ticks = unit switch
        {
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => value * TicksPerMicrosecond / 1000,
            "micro" or "micros" or "microsecond" or "microseconds" => value * TicksPerMicrosecond,
            "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => value * TimeSpan.TicksPerMillisecond,
            "s" or "second" or "seconds" => value * TimeSpan.TicksPerSecond,
            "m" or "minute" or "minutes" => value * TimeSpan.TicksPerMinute,
            "h" or "hour" or "hours" => value * TimeSpan.TicksPerHour,
            "d" or "day" or "days" => value * TimeSpan.TicksPerDay,
            _ => throw new FormatException($"\"{text}\" is no duration; expected a number with one of the units ns, ms, s, m, h, d"),
        };
        return ticks < TimeSpan.MaxValue.Ticks
            ? new TimeSpan((long)Math.Round(ticks))
            : throw new OverflowException($"\"{text}\" is too long a duration");
    }

    /// <summary>Reads <c>64KiB</c>, <c>10 MB</c>, <c>512</c>. Too large a product wraps around, as it does in Akka.</summary>
    public static long Bytes(string text)
    {
        var (number, unit) = Split(text);
        var value = long.Parse(number, NumberStyles.AllowLeadingSign, NumberFormatInfo.InvariantInfo);
        return unchecked(value * Factor(unit, text));
    }

    private static long Factor(string unit, string text)
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

        (string Letter, string Decimal, string Binary)[] larger =
            [("M", "mega", "mebi"), ("G", "giga", "gibi"), ("T", "tera", "tebi"), ("P", "peta", "pebi"), ("E", "exa", "exbi")];
        long thousands = 1000;
        long binaries = 1024;
        foreach (var (letter, deci, bin) in larger)
        {
            thousands *= 1000;
            binaries *= 1024;
            if (unit == letter + "B" || unit == deci + "byte" || unit == deci + "bytes")
            {
                return thousands;
            }

            if (unit == letter || unit == letter.ToLowerInvariant() || unit == letter + "i" || unit == letter + "iB"
                || unit == bin + "byte" || unit == bin + "bytes")
            {
                return binaries;
            }
        }

        throw new FormatException($"\"{text}\" is no size; expected a whole number with one of the units B, kB, KiB, MB, MiB, GB, GiB…");
    }

    private static (string Number, string Unit) Split(string text)
    {
        var end = text.Length;
        while (end > 0 && char.IsLetter(text[end - 1]))
        {
            end--;
        }

        return (text[..end].Trim(), text[end..]);
    }
}
