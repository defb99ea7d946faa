using System.Globalization;
using System.Text;
using ActorSmtp.Testing.Peers;
using ActorSmtp.Testing.Simulation;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.Peers;

/// <summary>The table of bad next hops: the class of each recipient, a bound of time and one of memory. In three chunkings each, in virtual time.</summary>
public sealed class PeerTableTests(ITestOutputHelper output)
{
    private const string Page = "docs/outbound-peers.md";

    public static TheoryData<string> Areas => [.. PeerTable.All.Select(c => c.Area).Distinct()];

    [Fact]
    public void There_are_at_least_two_hundred_cases_and_none_is_there_twice()
    {
        Assert.InRange(PeerTable.All.Length, 200, 2000);
        Assert.Empty(PeerTable.All.GroupBy(c => (c.Text, c.InRealTime, c.Recipients)).Where(g => g.Count() > 1).Select(g => g.Key.Text));
    }

    [Theory]
    [MemberData(nameof(Areas))]
    public Task Of_every_peer_comes_the_class_that_is_right(string area) => Check(PeerTable.All.Where(c => c.Area == area), byRelay: false);

    [Theory]
    [MemberData(nameof(Areas))]
    public Task The_relay_makes_of_every_peer_what_is_right(string area) =>
        Check(PeerTable.All.Where(c => c.Area == area), byRelay: true);

    [Fact]
    public void The_page_shows_the_table_as_it_is()
    {
        var file = PeerTable.Find(Page);
        var now = Written();
        if (Environment.GetEnvironmentVariable("ACTORSMTP_WRITE_DOCS") == "1")
        {
            File.WriteAllText(file, now);
        }

        Assert.True(now == File.ReadAllText(file), $"{Page} is not what the table says; ACTORSMTP_WRITE_DOCS=1 makes this test write it");
    }

    private async Task Check(IEnumerable<PeerCase> cases, bool byRelay)
    {
        var wrong = new List<string>();
        var outcomes = await Task.WhenAll(cases.Where(c => c.InRealTime).Select(c => PeerRuns.Really(c, byRelay)));
        foreach (var outcome in outcomes.Concat(cases.Where(c => !c.InRealTime).SelectMany(of => Simulated.Seeds(3).Select(seed => PeerRuns.Virtually(of, seed, byRelay)))))
        {
            output.WriteLine($"{outcome.Took} {outcome.Allocated >> 10} KiB: {outcome.Case}");
            wrong.AddRange(outcome.Faults.Take(1).Select(_ => $"{outcome.Case}\n  {string.Join("\n  ", outcome.Faults)}"));
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} wrong\n{string.Join("\n\n", wrong)}");
    }

    private static string Written()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Bad next hops

            What becomes of mail when the next server misbehaves: {PeerTable.All.Length} scripted peers, and the class of each recipient that must come of it. The tests play each
            against the client alone and against the relay, in three ways of cutting the octets, on a clock of their own; peers with TLS in real handshakes. Beside the class they check that
            a peer has whatever was told as delivered, octet for octet, and has nothing that was told as not; that no dialogue outlasts its bound or holds a connection
            afterwards; and that the client keeps to the rules itself. This page is written by the test (`ACTORSMTP_WRITE_DOCS=1`), from `tests/peers/*.peers`; a line
            there is a case, with no C# to add.

            | class | means | cases in which some recipient has it |
            |---|---|--:|

            """);
        foreach (var (name, means) in _meanings)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name.ToString().ToLowerInvariant()} | {means} | {PeerTable.All.Count(c => c.Expected.Concat(c.ByRelay).Contains(name))} |\n");
        }

        text.Append("""

            A peer does `POINT N: ACTION; ACTION` and is a textbook server otherwise: at that point of the dialogue (the N-th time), these things. `ok` is what a good
            server says there; `hang` reads and says nothing more, `silent` says nothing and goes on, `deaf` stops reading, `take` keeps the message without a word. `x*300`
            is 300 times x. Rules that begin with `b` are a second host's, further away. Where the relay can do more than one dialogue (another host, a try without TLS), what it makes of it
            stands behind the dash.

            """);
        foreach (var area in PeerTable.All.GroupBy(c => c.Area))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {area.Key}\n\n| the peer | recipients |\n|---|---|\n");
            foreach (var of in area)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{of.Text.Replace("|", "\\|", StringComparison.Ordinal)}` | {Classes(of.Expected)}{(of.ByRelay.SequenceEqual(of.Expected) ? "" : " – " + Classes(of.ByRelay))} |\n");
            }
        }

        return text.ToString();
    }

    private static readonly (PeerClass Class, string Means)[] _meanings =
    [
        (PeerClass.Delivered, "the next hop has it, and sends what notices there are to send"),
        (PeerClass.Relayed, "the next hop has it, and knows nothing of notices (RFC 3461 §5.2.2)"),
        (PeerClass.Later, "tried again; the next hop does not have it"),
        (PeerClass.Maybe, "tried again; the next hop may have it all the same (RFC 1047)"),
        (PeerClass.Never, "goes back to the sender"),
    ];

    private static string Classes(IEnumerable<PeerClass> classes)
    {
        var words = new List<(PeerClass Class, int Times)>();
        foreach (var one in classes)
        {
            if (words.Count > 0 && words[^1].Class == one)
            {
                words[^1] = (one, words[^1].Times + 1);
            }
            else
            {
                words.Add((one, 1));
            }
        }

        return string.Join(", ", words.SelectMany(w => w.Times > 5 ? [$"{w.Class} × {w.Times}"] : Enumerable.Repeat(w.Class.ToString(), w.Times))).ToLowerInvariant();
    }
}
