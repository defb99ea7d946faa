using System.Net;
using ActorSmtp.Client;

namespace ActorSmtp.Web.Tests.Api;

/// <summary>Misbehaviour that tests ask for, as a client meets it.</summary>
public sealed class ScenarioTests
{
    private const string Mail = "Subject: x\n\nx\n";

    [Fact]
    public async Task The_second_RCPT_gets_452_once()
    {
        await using var console = await RunningConsole.StartAsync();
        var made = await console.PostAsync("/api/scenarios", new { @for = new { sender = "ann@client.test" }, at = "rcpt", nth = 2, then = new { reply = "452 4.2.2 Mailbox full" } });
        var outcome = await console.TrySubmitAsync("a@a.test,b@a.test,c@a.test", Mail);
        Assert.Equal([true, false, true], outcome.Results.Select(r => r.Accepted));
        Assert.Equal("452 4.2.2 Mailbox full", outcome.Results[1].Reply!.ToString());
        Assert.True((await console.TrySubmitAsync("a@a.test,b@a.test", Mail)).AllAccepted);

        var listed = Assert.Single((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
        Assert.Equal(1, listed.GetProperty("hits").GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, (await console.Http.DeleteAsync($"/api/scenarios/{made.GetProperty("id").GetString()}")).StatusCode);
        Assert.Empty((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Two_at_one_step_count_the_same_occurrences()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.PostAsync("/api/scenarios", new { @for = new { sender = "ann@client.test" }, at = "rcpt", nth = 1, then = new { reply = "452 4.2.2 Mailbox full" } });
        await console.PostAsync("/api/scenarios", new { @for = new { sender = "ann@client.test" }, at = "rcpt", nth = 2, then = new { reply = "550 5.1.1 Gone" } });
        var outcome = await console.TrySubmitAsync("a@a.test,b@a.test,c@a.test", Mail);
        Assert.Equal(["452", "550", "250"], outcome.Results.Select(r => r.Reply!.ToString()[..3]));
    }

    [Fact]
    public async Task Of_two_that_are_due_the_older_acts_and_the_other_with_the_next()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.PostAsync("/api/scenarios", new { @for = new { recipient = "fail-451@a.test" }, at = "rcpt", then = new { reply = "452 4.2.2 Mailbox full" } });
        await console.PostAsync("/api/scenarios", new { @for = new { recipient = "fail-451@a.test" }, at = "rcpt", then = new { reply = "550 5.1.1 Gone" } });
        foreach (var code in new[] { "452", "550", "451" })                                 // and behind both what the address itself wants
        {
            Assert.StartsWith(code, Assert.Single((await console.TrySubmitAsync("fail-451@a.test", Mail)).Results).Reply!.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("content", false)]
    [InlineData("stored", true)]
    public async Task The_link_is_dropped_after_the_final_dot(string at, bool isKept)
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        var (id, address) = (lease.GetProperty("id").GetString()!, lease.GetProperty("address").GetString()!);
        await console.PostAsync("/api/scenarios", new { @for = new { lease = id }, at, then = new { drop = true } });
        var outcome = await console.TrySubmitAsync(address, Mail);
        Assert.False(outcome.AllAccepted);
        Assert.Equal(ClientState.Deciding, outcome.Failure!.Phase);

        Assert.True((await console.TrySubmitAsync(address, Mail)).AllAccepted);              // it acts once
        var count = isKept ? 2 : 1;
        var found = await console.GetAsync($"/api/leases/{id}/messages?count={count}&wait=60s");
        Assert.Equal(count, found.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task A_lease_can_be_named_by_its_address_as_the_page_suggests_it()
    {
        await using var console = await RunningConsole.StartAsync();
        var lease = await console.PostAsync("/api/leases");
        var address = lease.GetProperty("address").GetString()!;
        var made = await console.PostAsync("/api/scenarios", new { @for = new { lease = address.ToUpperInvariant() }, at = "rcpt", then = new { reply = "452 4.2.2 Mailbox full" } });
        Assert.Equal(lease.GetProperty("id").GetString(), made.GetProperty("for").GetProperty("lease").GetString());
        Assert.Equal("452 4.2.2 Mailbox full", (await console.TrySubmitAsync(address, Mail)).Results[0].Reply!.ToString());
    }

    [Fact]
    public async Task An_answer_comes_late_and_is_the_usual_one()
    {
        await using var console = await RunningConsole.StartAsync();
        await console.PostAsync("/api/scenarios", new { @for = new { recipient = "slow@a.test" }, at = "rcpt", then = new { delay = "700ms" } });
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.True((await console.TrySubmitAsync("slow@a.test", Mail)).AllAccepted);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(600));
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("hello")]
    [InlineData("mail")]
    [InlineData("data")]
    public async Task A_refusal_can_be_had_at_every_step(string at)
    {
        await using var console = await RunningConsole.StartAsync();
        await console.PostAsync("/api/scenarios", new { @for = new { client = "127.0.0.1" }, at, times = (int?)null, then = new { reply = "451 4.3.2 Later" } });
        var outcome = await console.TrySubmitAsync("bob@a.test", Mail);
        Assert.False(outcome.AllAccepted);
        Assert.Contains("451", outcome.Failure?.Reply?.ToString() ?? outcome.Results[0].Reply?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenarios_of_a_lease_end_with_it()
    {
        await using var console = await RunningConsole.StartAsync();
        var id = (await console.PostAsync("/api/leases")).GetProperty("id").GetString()!;
        await console.PostAsync("/api/scenarios", new { @for = new { lease = id }, at = "rcpt", then = new { drop = true } });
        Assert.Single((await console.GetAsync($"/api/scenarios?lease={id}")).GetProperty("items").EnumerateArray());
        await console.Http.DeleteAsync($"/api/leases/{id}");
        Assert.Empty((await console.GetAsync("/api/scenarios")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("fail-450@a.test", "450")]
    [InlineData("fail-550+tag@a.test", "550")]
    [InlineData("fail-data-554@a.test", "554")]
    public async Task An_address_says_what_it_wants(string address, string code)
    {
        await using var console = await RunningConsole.StartAsync();
        var outcome = await console.TrySubmitAsync(address, Mail);
        Assert.StartsWith(code, Assert.Single(outcome.Results).Reply!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Greylist_refuses_an_address_the_first_time_only()
    {
        await using var console = await RunningConsole.StartAsync();
        Assert.False((await console.TrySubmitAsync("greylist@a.test", Mail)).AllAccepted);
        Assert.True((await console.TrySubmitAsync("greylist@a.test", Mail)).AllAccepted);
        Assert.False((await console.TrySubmitAsync("greylist+other@a.test", Mail)).AllAccepted);
    }

    [Fact]
    public async Task Where_they_are_off_such_addresses_are_ordinary_ones()
    {
        await using var console = await RunningConsole.StartAsync("test-inbox.magic-addresses=off");
        Assert.True((await console.TrySubmitAsync("fail-450@a.test", Mail)).AllAccepted);
    }

    [Theory]
    [InlineData("""{"at":"rcpt","then":{"drop":true}}""", "for")]
    [InlineData("""{"for":{"helo":"a","sender":"b@c"},"at":"rcpt","then":{"drop":true}}""", "for")]
    [InlineData("""{"for":{"helo":"a"},"then":{"drop":true}}""", "at")]
    [InlineData("""{"for":{"helo":"a"},"at":"rcpt"}""", "then")]
    [InlineData("""{"for":{"helo":"a"},"at":"rcpt","then":{"reply":"250 OK"}}""", "then.reply")]
    [InlineData("""{"for":{"helo":"a"},"at":"rcpt","then":{"reply":"450 5.1.1 no"}}""", "then.reply")]
    [InlineData("""{"for":{"helo":"a"},"at":"rcpt","then":{"failHandshake":true}}""", "then.failHandshake")]
    [InlineData("""{"for":{"lease":"none"},"at":"rcpt","then":{"drop":true}}""", "for.lease")]
    public async Task A_mistake_is_named(string body, string field)
    {
        await using var console = await RunningConsole.StartAsync();
        using var content = new StringContent(body, null, "application/json");
        var problem = await RunningConsole.ProblemAsync(await console.Http.PostAsync("/api/scenarios", content), 400, "invalid");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }
}
