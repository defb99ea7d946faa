using System.Net;
using System.Text.Json;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Tests;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>Inboxes that two nodes of one database lend together: whatever is asked of one holds at the other when it is answered.</summary>
public sealed class SharedLeaseTests : IAsyncLifetime
{
    private const string Mail = "From: app@client.test\nTo: x@a.test\nSubject: Confirm\n\nYour code is 493817.\n";

    private readonly List<(RunningConsole Console, PostgresStores Stores)> _nodes = [];
    private string? _database;

    [SkippableFact]
    public async Task One_that_a_node_lent_takes_mail_and_is_waited_for_at_another()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var lease = await one.PostAsync("/api/leases", new { ttl = "5m", prefix = "Signup" });
        Assert.False((await other.TrySubmitAsync("nobody@mx.test", Mail)).AllAccepted);
        await other.SubmitAsync(Address(lease), Mail);                          // at once, whichever node has the connection

        var found = await one.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s&subject=confirm");
        Assert.Equal("493817", Assert.Single(found.GetProperty("messages").EnumerateArray()).GetProperty("codes")[0].GetProperty("code").GetString());
        var there = await other.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s");
        Assert.Equal(found.GetProperty("cursor").GetString(), there.GetProperty("cursor").GetString());
        Assert.Equal(1, (await other.GetAsync($"/api/leases/{Id(lease)}")).GetProperty("messages").GetInt32());
        Assert.Equal(Address(lease), Assert.Single((await other.GetAsync("/api/leases")).GetProperty("items").EnumerateArray()).GetProperty("address").GetString());
        Assert.True((await other.Server.VerifyAsync(new Credentials(Address(lease), lease.GetProperty("password").GetString()!), null)) is Server.Auth.AuthMessages.Granted);
    }

    [SkippableFact]
    public async Task A_wait_at_one_node_ends_when_another_delivered_and_a_cursor_goes_on_at_either()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var lease = await one.PostAsync("/api/leases");
        var waiting = other.GetAsync($"/api/leases/{Id(lease)}/messages?wait=120s");
        await one.SubmitAsync(Address(lease), Mail);
        var first = await waiting;
        Assert.Single(first.GetProperty("messages").EnumerateArray());

        var next = one.GetAsync($"/api/leases/{Id(lease)}/messages?wait=120s&after={first.GetProperty("cursor").GetString()}&count=2");
        await other.SubmitAsync(Address(lease), Mail.Replace("Confirm", "2", StringComparison.Ordinal));
        await one.SubmitAsync(Address(lease), Mail.Replace("Confirm", "3", StringComparison.Ordinal));
        Assert.Equal(["2", "3"], (await next).GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("subject").GetString()).Order());
        Assert.True((await one.GetAsync($"/api/leases/{Id(lease)}/messages?wait=100ms&after={(await next).GetProperty("cursor").GetString()}")).GetProperty("timedOut").GetBoolean());
    }

    [SkippableFact]
    public async Task What_is_to_go_wrong_for_it_goes_wrong_so_often_at_all_nodes_together()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var lease = await one.PostAsync("/api/leases", new { scenarios = new object[] { new { at = "rcpt", then = new { reply = "452 4.2.2 Mailbox full" } } } });
        Assert.Equal("452 4.2.2 Mailbox full", (await other.TrySubmitAsync(Address(lease), Mail)).Results[0].Reply?.ToString());
        await one.SubmitAsync(Address(lease), Mail);
        await other.SubmitAsync(Address(lease), Mail);
        Assert.Equal(1, Assert.Single((await one.GetAsync($"/api/scenarios?lease={Id(lease)}")).GetProperty("items").EnumerateArray()).GetProperty("hits").GetInt32());

        var asked = await other.PostAsync("/api/scenarios", new { @for = new { lease = Id(lease) }, at = "content", nth = 2, times = (int?)null, then = new { reply = "554 5.7.1 No" } });
        await one.SubmitAsync(Address(lease), Mail);
        Assert.False((await other.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
        Assert.False((await one.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
        (await one.Http.DeleteAsync($"/api/scenarios/{asked.GetProperty("id").GetString()}")).EnsureSuccessStatusCode();
        await other.SubmitAsync(Address(lease), Mail);
        (await other.Http.DeleteAsync($"/api/leases/{Id(lease)}/scenarios")).EnsureSuccessStatusCode();
        Assert.Empty((await one.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
    }

    [SkippableFact]
    public async Task Given_back_at_one_node_it_is_over_at_all_and_its_mail_is_gone()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var lease = await one.PostAsync("/api/leases");
        await one.SubmitAsync(Address(lease), Mail);
        await one.GetAsync($"/api/leases/{Id(lease)}/messages?wait=60s");
        var waiting = one.Http.GetAsync($"/api/leases/{Id(lease)}/messages?wait=120s&count=2");
        (await other.Http.DeleteAsync($"/api/leases/{Id(lease)}")).EnsureSuccessStatusCode();
        Assert.True((await waiting).StatusCode is HttpStatusCode.OK or HttpStatusCode.Gone);    // it does not wait on for what cannot come

        foreach (var node in new[] { one, other })
        {
            await RunningConsole.ProblemAsync(await node.Http.GetAsync($"/api/leases/{Id(lease)}"), 410, "gone");
            Assert.False((await node.TrySubmitAsync(Address(lease), Mail)).AllAccepted);
            Assert.Empty((await node.GetAsync("/api/leases")).GetProperty("items").EnumerateArray());
        }

        Assert.Equal(0L, Cluster.Shared.Ask<long>(Database, "SELECT count(*) FROM mail"));
    }

    [SkippableFact]
    public async Task When_its_time_is_over_any_node_ends_it_and_a_node_that_starts_knows_those_that_are_left()
    {
        var one = await StartAsync();
        var (over, stays) = (await one.PostAsync("/api/leases"), await one.PostAsync("/api/leases"));
        await one.SubmitAsync(Address(over), Mail);
        await one.GetAsync($"/api/leases/{Id(over)}/messages?wait=60s");
        var other = await StartAsync();
        await StopAsync(one);
        Cluster.Shared.Execute(Database, $"UPDATE leases SET expires = now() WHERE id = '{Id(over)}'");
        await RunningConsole.UntilAsync(async () => (await other.Http.GetAsync($"/api/leases/{Id(over)}")).StatusCode == HttpStatusCode.Gone ? "over" : null);
        await RunningConsole.UntilAsync(() => Task.FromResult(Cluster.Shared.Ask<long>(Database, "SELECT count(*) FROM mailboxes") == 0 ? "its mailbox is gone" : null));
        await other.SubmitAsync(Address(stays), Mail);
        Assert.Single((await other.GetAsync($"/api/leases/{Id(stays)}/messages?wait=60s")).GetProperty("messages").EnumerateArray());
    }

    private string Database => _database ??= Cluster.Shared.NewDatabase();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var (console, _) in _nodes.ToArray())
        {
            await StopAsync(console);
        }
    }

    private static string Id(JsonElement lease) => lease.GetProperty("id").GetString()!;

    private static string Address(JsonElement lease) => lease.GetProperty("address").GetString()!;

    private async Task<RunningConsole> StartAsync()
    {
        var settings = new DatabaseSettings(
            Cluster.Shared.ConnectionTo(Database), $"n{_nodes.Count}", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50), Connections: 20, TimeSpan.FromSeconds(60));
        var node = await RunningConsole.StartSharedAsync(settings, "unknown-recipients=reject", "domains=[mx.test]");
        _nodes.Add(node);
        return node.Console;
    }

    private async Task StopAsync(RunningConsole console)
    {
        var node = _nodes.Single(n => n.Console == console);
        _nodes.Remove(node);
        await console.DisposeAsync();
        await node.Stores.DisposeAsync();
    }
}
