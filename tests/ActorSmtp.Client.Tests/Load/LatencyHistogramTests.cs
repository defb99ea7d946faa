using ActorSmtp.Client.Load;

namespace ActorSmtp.Client.Tests.Load;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Quantiles_are_within_one_per_cent_of_the_sorted_list()
    {
        var random = new Random(7);
        var histogram = new LatencyHistogram();
        var all = new long[50_000];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = (long)Math.Exp(random.NextDouble() * 20);      // from a microsecond to minutes
            histogram.Add(all[i]);
        }

        Array.Sort(all);
        foreach (var share in new[] { .01, .5, .9, .95, .99, .999 })
        {
            var exact = all[(int)Math.Ceiling(share * all.Length) - 1];
            Assert.InRange(histogram.Quantile(share), exact, exact + 1 + (exact / 100));
        }

        Assert.Equal(all[^1], histogram.Max);
        Assert.Equal(all[^1], histogram.Quantile(1));
        Assert.Equal(all.Average(), histogram.Mean, 3);
    }

    [Fact]
    public void Nothing_and_the_impossible_have_their_place()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Quantile(.99));
        histogram.Add(-5);
        Assert.Equal(0, histogram.Max);
        histogram.Add(long.MaxValue);
        Assert.Equal((1L << 32) - 1, histogram.Quantile(1));
    }
}
