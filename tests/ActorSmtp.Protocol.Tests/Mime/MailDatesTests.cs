using System.Globalization;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class MailDatesTests
{
    [Theory]
    [InlineData("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00")]
    [InlineData("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00")]
    [InlineData("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00")]
    [InlineData("Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30")]
    [InlineData("Thu,\t13 (thirteen)\tFeb 1969 23 :32", null)]
    [InlineData("1 Jan 49 00:00 EST", "2049-01-01T00:00:00-05:00")]
    [InlineData("1 Jan 50 00:00 PDT", "1950-01-01T00:00:00-07:00")]
    [InlineData("1 Jan 103 00:00 Z", "2003-01-01T00:00:00+00:00")]
    [InlineData("1 January 2020 5:06:07 A", "2020-01-01T05:06:07+00:00")]
    [InlineData("Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05+00:00")]
    [InlineData("Mon Jan  2 15:04:05 EST 2006", "2006-01-02T15:04:05-05:00")]
    [InlineData("Monday, 02-Jan-06 15:04:05 GMT", "2006-01-02T15:04:05+00:00")]
    [InlineData("2 Jan 2006", "2006-01-02T00:00:00+00:00")]
    [InlineData("2 Jan 2006 23:59:60 +0000", "2006-01-02T23:59:59+00:00")]
    [InlineData("2 Jan 2006 10:00:00.123 +0100", "2006-01-02T10:00:00+01:00")]
    [InlineData("2 Jan 2006 10:00:00 GMT+0100", "2006-01-02T10:00:00+01:00")]
    [InlineData("2 Jan 2006 10:00:00 +9900", "2005-12-29T07:00:00+00:00")]
    [InlineData("2 Jan 2006 10:00:00 -0000", "2006-01-02T10:00:00+00:00")]
    [InlineData("29 Feb 2023 10:00:00 +0000", null)]
    [InlineData("31 Apr 2023 10:00:00 +0000", null)]
    [InlineData("0 Jan 2023 10:00:00 +0000", null)]
    [InlineData("1 Jan 2023 24:00:00 +0000", null)]
    [InlineData("1 Jan 2023 10:61:00 +0000", null)]
    [InlineData("1 Jan 0001 00:00:00 +1400", null)]
    [InlineData("31 Dec 9999 23:59:59 -1400", null)]
    [InlineData("1 Jan 99999 00:00:00", null)]
    [InlineData("1 Foo 2023", null)]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    [InlineData("((((", null)]
    [InlineData("1 Jan 2023 1:2:3:4:5", null)]
    [InlineData("99999999999999999999 Jan 2023", null)]
    public void Dates_are_read(string text, string? expected) =>
        Assert.Equal(expected, MailDates.Parse(text)?.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("2026-11-02T06:30:00+01:00", "Mon, 2 Nov 2026 06:30:00 +0100")]
    [InlineData("1997-11-21T09:55:06-03:30", "Fri, 21 Nov 1997 09:55:06 -0330")]
    [InlineData("2000-01-01T00:00:00+00:00", "Sat, 1 Jan 2000 00:00:00 +0000")]
    public void Dates_are_written_and_read_back(string date, string expected)
    {
        var value = DateTimeOffset.Parse(date, CultureInfo.InvariantCulture);
        Assert.Equal(expected, MailDates.Format(value));
        Assert.Equal(value, MailDates.Parse(expected));
    }
}
