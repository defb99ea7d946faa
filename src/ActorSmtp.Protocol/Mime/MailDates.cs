using System.Globalization;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Dates of mail headers (RFC 5322 §3.3). Reading takes the obsolete forms of §4.3 and what mailers send besides: years of
/// two or three digits, zones by name, missing seconds or zone, comments, long month names, "Mon Jan  2 10:00:00 2006".
/// </summary>
public static class MailDates
{
    private const string Months = "janfebmaraprmayjunjulaugsepoctnovdec";

    /// <summary>The form that is written: <c>Fri, 21 Nov 1997 09:55:06 -0600</c>. Fractions of a second are dropped.</summary>
    public static string Format(DateTimeOffset date)
    {
        var offset = date.Offset;
        var minutes = (int)Math.Abs(offset.TotalMinutes);
        return string.Create(CultureInfo.InvariantCulture,
            $"{date:ddd, d MMM yyyy HH:mm:ss} {(offset < TimeSpan.Zero ? '-' : '+')}{minutes / 60:00}{minutes % 60:00}");
    }

    /// <summary>The date, or null when the text is none. Never throws.</summary>
    public static DateTimeOffset? Parse(string text)
    {
        var parts = new DateParts();
        var span = text.AsSpan(0, Math.Min(text.Length, 256));
        var i = 0;
        while (i < span.Length)
        {
            var c = span[i];
            var start = i;
            if (c == '(')
            {
                i = SkipComment(span, i);
            }
            else if (char.IsAsciiDigit(c) || (c is '+' or '-' && i + 1 < span.Length && char.IsAsciiDigit(span[i + 1])))
            {
                // A "-" inside 2-Jan-2006 is a separator, one after the time begins the zone.
                if (c is '+' or '-')
                {
                    i++;
                }
                while (i < span.Length && (char.IsAsciiDigit(span[i]) || (span[i] == ':' && c is not ('+' or '-'))))
                {
                    i++;
                }
                parts.AddNumber(span[start..i]);
                // Fractions of a second.
                if (parts.HasTime && i < span.Length && span[i] == '.')
                {
                    i++;
                    while (i < span.Length && char.IsAsciiDigit(span[i]))
                    {
                        i++;
                    }
                }
            }
            else if (char.IsAsciiLetter(c))
            {
                while (i < span.Length && char.IsAsciiLetter(span[i]))
                {
                    i++;
                }
                parts.AddWord(span[start..i]);
            }
            else
            {
                i++;
            }
        }
        return parts.ToDate();
    }

    private static int SkipComment(ReadOnlySpan<char> text, int i)
    {
        var depth = 0;
        for (; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0)
            {
                return i + 1;
            }
        }
        return i;
    }

    private struct DateParts
    {
        private int _day;
        private int _month;
        private int _year = -1;
        private int _hour = -1;
        private int _minute;
        private int _second;
        private int? _zoneMinutes;
        private bool _bad;

        public DateParts()
        {
        }

        public readonly bool HasTime => _hour >= 0;

        public void AddNumber(ReadOnlySpan<char> digits)
        {
            if (digits.Contains(':'))
            {
                AddTime(digits);
                return;
            }
            if (digits[0] is '+' or '-' && HasTime)
            {
                AddOffset(digits);
                return;
            }
            digits = digits.TrimStart("+-");
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                _bad = true;
            }
            else if (_day == 0 && digits.Length <= 2)
            {
                _day = number;
                _bad |= number == 0;
            }
            else if (_year < 0 && digits.Length >= 2)
            {
                // RFC 5322 §4.3: two digits 00-49 are 20xx, 50-99 and three digits count from 1900.
                _year = digits.Length switch { 2 => number < 50 ? 2000 + number : 1900 + number, 3 => 1900 + number, _ => number };
            }
            else if (!HasTime)
            {
                _bad = true;
            }
        }

        public void AddWord(ReadOnlySpan<char> word)
        {
            if (_month == 0 && word.Length >= 3)
            {
                Span<char> key = stackalloc char[3];
                word[..3].ToLowerInvariant(key);
                var at = Months.AsSpan().IndexOf(key);
                if (at >= 0 && at % 3 == 0)
                {
                    _month = (at / 3) + 1;
                    return;
                }
            }
            if (HasTime && _zoneMinutes is null)
            {
                AddZoneName(word);
            }
        }

        public readonly DateTimeOffset? ToDate()
        {
            if (_bad || _day == 0 || _month == 0 || _year is < 1 or > 9999 || _hour > 23 || _minute > 59 || _second > 60
                || _day > DateTime.DaysInMonth(_year, _month))
            {
                return null;
            }
            // A leap second has no place in a DateTime: it is the second before.
            var local = new DateTime(_year, _month, _day, Math.Max(_hour, 0), _minute, Math.Min(_second, 59), DateTimeKind.Unspecified);
            var offset = TimeSpan.FromMinutes(_zoneMinutes ?? 0);
            var utcTicks = local.Ticks - offset.Ticks;
            if (utcTicks < DateTime.MinValue.Ticks || utcTicks > DateTime.MaxValue.Ticks)
            {
                return null;
            }
            // Beyond what DateTimeOffset can say the instant is kept and the zone dropped.
            return offset.Duration() <= TimeSpan.FromHours(14)
                ? new DateTimeOffset(local, offset)
                : new DateTimeOffset(utcTicks, TimeSpan.Zero);
        }

        private void AddTime(ReadOnlySpan<char> digits)
        {
            Span<Range> ranges = stackalloc Range[4];
            var count = digits.Split(ranges, ':');
            if (HasTime || count is < 2 or > 3
                || !TryTwoDigits(digits[ranges[0]], out _hour) || !TryTwoDigits(digits[ranges[1]], out _minute)
                || (count == 3 && !TryTwoDigits(digits[ranges[2]], out _second)))
            {
                _bad = true;
            }
        }

        private void AddOffset(ReadOnlySpan<char> digits)
        {
            if (_zoneMinutes is not null && _zoneMinutes != 0)
            {
                return;
            }
            var value = digits[1..];
            if (value.Length > 4 || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return; // an unknown zone is UTC (§4.3)
            }
            var minutes = value.Length <= 2 ? number * 60 : (number / 100 * 60) + (number % 100);
            _zoneMinutes = digits[0] == '-' ? -minutes : minutes;
        }

        private void AddZoneName(ReadOnlySpan<char> name)
        {
            Span<char> upper = stackalloc char[4];
            if (name.Length > 4)
            {
                return;
            }
            upper = upper[..name.ToUpperInvariant(upper)];
            // RFC 5322 §4.3; single letters were defined wrongly once and count as -0000.
            _zoneMinutes = upper switch
            {
                "EDT" => -240,
                "EST" or "CDT" => -300,
                "CST" or "MDT" => -360,
                "MST" or "PDT" => -420,
                "PST" => -480,
                "CET" or "MEZ" => 60,
                "CEST" or "MESZ" or "EET" => 120,
                "JST" or "KST" => 540,
                "UT" or "UTC" or "GMT" or "Z" => 0,
                "AM" or "PM" => null,
                _ => 0,
            };
        }

        private static bool TryTwoDigits(ReadOnlySpan<char> digits, out int value)
        {
            value = 0;
            return digits.Length is 1 or 2 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
    }
}
