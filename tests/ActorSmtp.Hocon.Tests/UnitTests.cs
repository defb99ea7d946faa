namespace ActorSmtp.Hocon.Tests;

/// <summary>Durations and sizes.</summary>
public sealed class UnitTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250", 250 * TimeSpan.TicksPerMillisecond)]
    [InlineData("10ms", 10 * TimeSpan.TicksPerMillisecond)]
    [InlineData("1.5 s", 15_000_000)]
    [InlineData("5m", 5 * TimeSpan.TicksPerMinute)]
    [InlineData("5 minutes", 5 * TimeSpan.TicksPerMinute)]
    [InlineData("4h", 4 * TimeSpan.TicksPerHour)]
    [InlineData("5d", 5 * TimeSpan.TicksPerDay)]
    [InlineData("2w", 14 * TimeSpan.TicksPerDay)]
    [InlineData("50us", 500)]
    [InlineData("200 ns", 2)]
    public void A_duration_is_a_number_and_a_unit(string text, long ticks)
    {
        Assert.True(HoconUnits.TryDuration(text, out var duration));
        Assert.Equal(ticks, duration.Ticks);
        Assert.True(HoconUnits.TryDuration(HoconUnits.FormatDuration(duration), out var again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-5s")]
    [InlineData("5 M")]
    [InlineData("5 fortnights")]
    [InlineData("1e3s")]
    [InlineData("99999999999999d")]
    [InlineData("5m 3s")]
    public void Nothing_else_is_a_duration(string text) => Assert.False(HoconUnits.TryDuration(text, out _));

    [Fact]
    public void A_unit_may_be_insisted_on()
    {
        Assert.False(HoconUnits.TryDuration("5", out _, needsUnit: true));
        Assert.True(HoconUnits.TryDuration("0", out _, needsUnit: true));
    }

    [Theory]
    [InlineData("512", 512L)]
    [InlineData("512B", 512L)]
    [InlineData("64kB", 64_000L)]
    [InlineData("64K", 65_536L)]
    [InlineData("64 KiB", 65_536L)]
    [InlineData("25MiB", 26_214_400L)]
    [InlineData("25m", 26_214_400L)]
    [InlineData("25MB", 25_000_000L)]
    [InlineData("1.5GiB", 1_610_612_736L)]
    [InlineData("2 mebibytes", 2_097_152L)]
    [InlineData("7EiB", 7L << 60)]
    public void A_size_counts_in_1000s_or_1024s_by_its_unit(string text, long bytes)
    {
        Assert.True(HoconUnits.TryBytes(text, out var read));
        Assert.Equal(bytes, read);
        Assert.True(HoconUnits.TryBytes(HoconUnits.FormatBytes(read), out var again));
        Assert.Equal(read, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("64KB")]
    [InlineData("1kb")]
    [InlineData("0.3B")]
    [InlineData("8EiB")]
    [InlineData("1ZiB")]
    public void Nothing_else_is_a_size(string text) => Assert.False(HoconUnits.TryBytes(text, out _));
}
