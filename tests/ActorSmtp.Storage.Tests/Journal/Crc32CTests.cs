using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>The sum of records: in lanes, by eights, and by single octets it is one sum.</summary>
public sealed class Crc32CTests
{
    [Fact]
    public void The_sum_is_the_one_that_everybody_has() => Assert.Equal(0xE3069283, Crc32C.Of("123456789"u8));   // the check value of CRC-32C

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(12_287)]
    [InlineData(12_288)]
    [InlineData(12_289)]
    [InlineData(65_448)]
    [InlineData(1_048_579)]
    public void Large_content_has_the_sum_of_its_bits_wherever_it_is_parted(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var expected = ~0u;
        foreach (var octet in bytes)
        {
            expected ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                expected = (expected >> 1) ^ ((expected & 1) * 0x82F63B78);
            }
        }

        var part = length / 3;
        Assert.Equal(~expected, Crc32C.Of(bytes));
        Assert.Equal(~expected, ~Crc32C.Add(Crc32C.Add(~0u, bytes.AsSpan(0, part)), bytes.AsSpan(part)));
    }
}
