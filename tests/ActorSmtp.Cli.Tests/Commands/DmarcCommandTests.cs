using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Web.Tests;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>actorsmtp dmarc</c> against a running server.</summary>
public sealed class DmarcCommandTests : IDmarcCounts
{
    private static readonly ImmutableArray<DmarcDay> s_days =
    [
        new(new DateOnly(2026, 11, 22), "far.test", "reject", 13, 3, 0,
        [
            new(10, IPAddress.Parse("203.0.113.9"), "reject", false, false, "", "far.test", "", "none", ""),
            new(3, IPAddress.Parse("2001:db8::1"), "none", true, false, "", "far.test", "news.far.test", "fail", "far.test/s1/pass"),
        ]),
        new(new DateOnly(2026, 11, 21), "near.test", "none", 1, 0, 1, []),
    ];

    private (string? Domain, int Most) _asked;

    public (ImmutableArray<DmarcDay> Days, int All) List(string? domain, int most)
    {
        _asked = (domain, most);
        return (s_days, 7);
    }

    [Fact]
    public async Task List_shows_who_sent_in_whose_name_and_what_was_done()
    {
        await using var server = await RunningConsole.StartWithAsync(parts => parts with { Dmarc = this }, null);

        var shown = await Ask(server, "list");

        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        var lines = shown.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(
            [
                "2026-11-22  far.test (p=reject): 13 messages, 3 its own",
                "        10  203.0.113.9          neither      reject     from far.test, sent by <> (spf none)",
                "         3  2001:db8::1          signed       none       from far.test, sent by news.far.test (spf fail), dkim far.test/s1/pass",
                "2026-11-21  near.test (p=none): 1 message, 0 its own",
                "         1  without a row of their own: there is no room for more",
                "2 of 7 shown",
            ],
            lines);
        Assert.Equal((null, 50), _asked);
    }

    [Fact]
    public async Task List_asks_for_a_domain_and_writes_one_document()
    {
        await using var server = await RunningConsole.StartWithAsync(parts => parts with { Dmarc = this }, null);

        var all = (await Ask(server, "list", "--domain", "Far.test", "--limit", "3", "--json")).Json;

        Assert.Equal(("far.test", 3), _asked);
        Assert.Equal((7, 2, "203.0.113.9"), (
            all.GetProperty("total").GetInt32(), all.GetProperty("items").GetArrayLength(), all.GetProperty("items")[0].GetProperty("rows")[0].GetProperty("source").GetString()));
    }

    [Fact]
    public async Task What_cannot_be_meant_is_64_and_a_server_that_does_not_count_says_so()
    {
        await using var server = await RunningConsole.StartAsync();

        Assert.Equal(ExitCodes.Usage, (await Ask(server, "list", "--limit", "0")).ExitCode);
        var typed = await Ask(server, "list");
        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("asks dmarc", typed.Complaint);
    }

    private static Task<Typed> Ask(RunningConsole server, params string[] words) => Typed.Run(["dmarc", .. words, "--set", $"data-dir={server.Data}"]);
}
