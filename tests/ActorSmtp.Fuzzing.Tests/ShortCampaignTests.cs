using System.Text;

namespace ActorSmtp.Fuzzing.Tests;

/// <summary>The short form of <c>tests/fuzz/run</c>: every target with some thousand inputs, always the same.</summary>
public class ShortCampaignTests
{
    private const ulong Seed = 20261122;

    public static TheoryData<string, int> Targets => new()
    {
        { "framer", 20_000 },
        { "command", 50_000 },
        { "pop3", 20_000 },
        { "data", 50_000 },
        { "chunk", 10_000 },
        { "sasl", 5_000 },
        { "mime", 10_000 },
        { "hocon", 10_000 },
        { "proxy", 20_000 },
        { "users", 20_000 },
        { "journal", 2_000 },
        { "dns", 20_000 },
        { "milter", 20_000 },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void Whatever_comes_what_is_promised_holds(string target, int inputs) => FuzzRun.Run(FuzzTargets.All.Single(t => t.Name == target), inputs, Seed);

    [Fact]
    public void No_target_is_left_out() => Assert.Equal(FuzzTargets.All.Select(t => t.Name), Targets.Select(t => (string)((object[])t)[0]));

    [Fact]
    public void The_corpus_itself_holds() => Assert.All(FuzzTargets.All, t => Assert.All(t.Corpus, input => t.Try(input, new Dice(1))));

    [Fact]
    public void What_fails_is_shown_as_small_as_it_can_be_with_what_it_takes_to_see_it_again()
    {
        var failed = Assert.Throws<FuzzFailedException>(() => FuzzRun.Run(new Planted(), 100_000, 5));
        Assert.Equal("!?", Encoding.ASCII.GetString(failed.Input));
        Assert.Contains("tests/fuzz/run planted 1 5 ", failed.Message, StringComparison.Ordinal);
        var number = long.Parse(failed.Message.Split("tests/fuzz/run planted 1 5 ")[1].Split(')')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(failed.Message, Assert.Throws<FuzzFailedException>(() => FuzzRun.Run(new Planted(), 1, 5, number)).Message);
    }

    /// <summary>Breaks where ! stands before ?, whatever is around.</summary>
    private sealed class Planted : FuzzTarget
    {
        public override string Name => "planted";

        public override IReadOnlyList<byte[]> Corpus { get; } = Octets("a!b", "?c");

        public override void Try(byte[] input, Dice dice) =>
            Hold(input.AsSpan().IndexOf((byte)'!') is var at && (at < 0 || input.AsSpan(at).IndexOf((byte)'?') < 0), "! before ?");
    }
}
