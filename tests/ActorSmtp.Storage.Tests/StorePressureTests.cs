namespace ActorSmtp.Storage.Tests;

/// <summary>How a growing backlog is told to those who bring mail.</summary>
public sealed class StorePressureTests
{
    private static readonly StorageSettings s_limits = TestMail.Settings("/data") with { BacklogMessages = 1_000_000, BacklogOctets = 4L << 30 };

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(100_000, 1L << 30, 0)]
    [InlineData(100_001, 0, 1)]
    [InlineData(200_000, 0, 2)]
    [InlineData(550_001, 0, 64)]
    [InlineData(999_999, 0, 2048)]
    [InlineData(1, (2L << 30) + 1, 1)]
    [InlineData(200_000, 3L << 30, 64)]
    public void Replies_wait_the_longer_the_more_is_not_delivered(long messages, long octets, int milliseconds)
    {
        var pressure = StorePressure.Of(s_limits, messages, octets);

        Assert.Equal(milliseconds, pressure.Delay.TotalMilliseconds);
        Assert.Equal(milliseconds == 0 ? PressureLevel.Normal : PressureLevel.Slow, pressure.Level);
    }
}
