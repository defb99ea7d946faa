using System.Net;
using ActorSmtp.Storage;
using ActorSmtp.Web.Tests;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>actorsmtp greylist</c> against a running server.</summary>
public sealed class GreylistCommandTests : IGreylistObserver
{
    private static readonly GreylistRules s_rules = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24), TimeSpan.FromDays(36), NetworkPasses: 1, Size: 10_000);

    private readonly IGreylistStore _store = Stores.GreylistInMemory(TimeProvider.System);

    void IGreylistObserver.OnGreylistTrouble(string reason)
    {
    }

    void IGreylistObserver.OnGreylistKept()
    {
    }

    [Fact]
    public async Task List_shows_who_waits_and_who_came_back()
    {
        await using var server = await StartAsync();
        await PassAsync("192.0.2.0/24", "ann@x.test", "bob@mx.test");
        await AskAsync("2001:db8::/64", "", "eve\u202e@mx.test");

        var shown = await Ask(server, "list");

        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        var lines = shown.Out.TrimEnd('\n').Split('\n');
        Assert.Matches("^STATE +NETWORK +FIRST +LAST +PASSES  FROM > TO$", lines[0]);
        Assert.Contains(lines, l => System.Text.RegularExpressions.Regex.IsMatch(l, @"^passed +192\.0\.2\.0/24 +20\S+ \S+ +20\S+ \S+ +1  ann@x\.test > bob@mx\.test$"));
        Assert.Contains(lines, l => System.Text.RegularExpressions.Regex.IsMatch(l, @"^network +192\.0\.2\.0/24 +20\S+ \S+ +20\S+ \S+ +1$"));
        Assert.Contains(lines, l => System.Text.RegularExpressions.Regex.IsMatch(l, @"^waiting +2001:db8::/64 +20\S+ \S+ +- +0  <> > eve\\u202e@mx\.test$"));
        Assert.Equal("3 shown; in all 1 waiting, 1 passed, 1 networks of which 1 are known", lines[^1]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task List_takes_every_filter_and_pages_and_writes_one_document()
    {
        await using var server = await StartAsync();
        await PassAsync("192.0.2.0/24", "ann@x.test", "bob@mx.test");
        for (var n = 0; n < 1500; n++)
        {
            await AskAsync("198.51.100.0/24", $"x{n}@y.test", "eve@mx.test");
        }

        Assert.Equal(102, await CountAsync(server));            // one network has a hundredth of the room
        Assert.Equal(1, await CountAsync(server, "--state", "network"));
        Assert.Equal(2, await CountAsync(server, "-a", "192.0.2.99"));
        Assert.Equal(1, await CountAsync(server, "--sender", "ANN@"));
        Assert.Equal(100, await CountAsync(server, "--recipient", "eve"));
        Assert.Equal(7, await CountAsync(server, "--limit", "7"));
        Assert.Equal(100, (await Ask(server, "list", "--json", "-n", "1")).Json.GetProperty("totals").GetProperty("waiting").GetInt32());
    }

    [Fact]
    public async Task Clear_forgets_what_is_meant_and_nothing_else()
    {
        await using var server = await StartAsync();
        await PassAsync("192.0.2.0/24", "ann@x.test", "bob@mx.test");
        await AskAsync("198.51.100.0/24", "x@y.test", "bob@mx.test");

        Assert.Equal("2 entries forgotten\n", (await Ask(server, "clear", "--address", "192.0.2.1")).Out);
        Assert.Equal(1, await CountAsync(server));
        Assert.Equal(1, (await Ask(server, "clear", "--all", "--json")).Json.GetProperty("cleared").GetInt64());
        Assert.Equal(0, await CountAsync(server));
    }

    [Theory]
    [InlineData("say what is to be forgotten", "clear")]
    [InlineData("--all goes with nothing else", "clear", "--all", "--sender", "x")]
    [InlineData("expected an IPv4 or IPv6 address", "list", "--address", "mx.test")]
    [InlineData("expected a number from 1", "list", "--limit", "0")]
    public async Task What_cannot_be_meant_is_64(string why, params string[] words)
    {
        using var folder = new TemporaryFolder();

        var typed = await Typed.Run(["greylist", .. words, "--set", $"data-dir={folder.Path}"]);

        Assert.Equal(ExitCodes.Usage, typed.ExitCode);
        Assert.Contains(why, typed.Complaint);
    }

    [Fact]
    public async Task A_server_that_does_not_greylist_says_so()
    {
        await using var server = await RunningConsole.StartAsync();

        foreach (var words in new[] { ["list"], new[] { "clear", "--all" } })
        {
            var typed = await Ask(server, words);
            Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
            Assert.Contains("asks greylisting", typed.Complaint);
        }
    }

    private async Task<RunningConsole> StartAsync()
    {
        await _store.OpenAsync(s_rules, this, CancellationToken.None);
        return await RunningConsole.StartWithAsync(parts => parts with { Greylist = _store }, null);
    }

    private ValueTask<GreylistAnswer> AskAsync(string network, string sender, string recipient) =>
        _store.AskAsync(new GreylistTriplet(IPNetwork.Parse(network), sender, recipient), CancellationToken.None);

    private async Task PassAsync(string network, string sender, string recipient)
    {
        do
        {
            await Task.Delay(2);
        }
        while ((await AskAsync(network, sender, recipient)).Wait > TimeSpan.Zero);
    }

    private static async Task<int> CountAsync(RunningConsole server, params string[] filter) =>
        (await Ask(server, ["list", "--json", .. filter])).Json.GetProperty("items").GetArrayLength();

    private static Task<Typed> Ask(RunningConsole server, params string[] words) => Typed.Run(["greylist", .. words, "--set", $"data-dir={server.Data}"]);
}
