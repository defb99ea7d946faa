using System.Text.Json;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>The nodes as the API shows them.</summary>
public sealed class NodesTests
{
    [Fact]
    public async Task A_server_that_keeps_mail_in_files_is_one_node()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.SendAsync("ann@example.com", "Subject: x\r\n\r\nx\r\n");
        var list = await console.GetAsync("/api/nodes");
        Assert.Equal("maildir", list.GetProperty("storage").GetString());
        var node = Assert.Single(list.GetProperty("nodes").EnumerateArray());
        Assert.Equal(
            ("localhost", "0.0-test", "up", 1, true),
            (Text(node, "name"), Text(node, "version"), Text(node, "state"), node.GetProperty("stored").GetInt32(), node.GetProperty("this").GetBoolean()));
        Assert.Empty(list.GetProperty("differences").EnumerateArray());
    }

    [Fact]
    public async Task Nodes_that_share_a_database_are_listed_with_what_they_were_told_otherwise()
    {
        var at = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var given = new GivenNodes(new NodeList(
            "postgres",
            [new NodeView("mx1/1", "mx1", "1.0", "up", at, 0.2, 3, 100, This: true), new NodeView("mx2/1", "mx2", "1.1", "draining", at, 0.9, 0, 7, This: false)],
            [new NodeDifference("actorsmtp.outbound.retry", [new NodeValue("mx1", "1m"), new NodeValue("mx2", "5m")])]));
        await using var console = await RunningConsole.StartAsync(new Inspection { Nodes = given }, null);
        var list = await console.GetAsync("/api/nodes");
        Assert.Equal(["mx1", "mx2"], list.GetProperty("nodes").EnumerateArray().Select(n => Text(n, "name")));
        Assert.Equal("draining", Text(list.GetProperty("nodes")[1], "state"));
        var differs = Assert.Single(list.GetProperty("differences").EnumerateArray());
        Assert.Equal(("actorsmtp.outbound.retry", "5m"), (Text(differs, "key"), Text(differs.GetProperty("values")[1], "value")));
    }

    [Fact]
    public async Task Where_they_cannot_be_asked_for_now_it_says_so()
    {
        await using var console = await RunningConsole.StartAsync(new Inspection { Nodes = new GivenNodes(null) }, null);
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/nodes"), 503, "busy");
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private sealed class GivenNodes(NodeList? list) : INodes
    {
        public Task<NodeList> ListAsync(CancellationToken cancellation) => list is null ? throw new StoreException("the database is away") : Task.FromResult(list);
    }
}
