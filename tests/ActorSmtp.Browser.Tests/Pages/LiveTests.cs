using System.Text.RegularExpressions;
using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class LiveTests(ConsoleFixture console)
{
    [SkippableFact]
    public async Task The_overview_draws_what_the_server_measures()
    {
        await using var watched = await console.Open("/live");
        var page = watched.Page;
        await Expect(page.Locator(".chart-card")).Not.ToHaveCountAsync(0);
        await Expect(page.Locator(".chart .line").First).ToHaveAttributeAsync("d", new Regex("^M"));
        for (var i = 0; i < 20; i++)
        {
            await console.Send(ConsoleFixture.Mailbox("live"), "count me");
        }

        await page.GetByText("All figures as a table").ClickAsync();
        await Expect(page.Locator(".other-series tr", new() { HasText = "actorsmtp.messages.accepted" }).Locator("td.num").Nth(1)).Not.ToHaveTextAsync("0");
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task An_open_session_is_seen_with_its_state_and_what_it_says()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var talk = await SmtpTalk.Greeted(console.SmtpPort);
        await talk.Say("MAIL FROM:<watched@client.test>", "250");
        await using var watched = await console.Open("/live?view=sessions");
        var page = watched.Page;
        var row = page.Locator(".sessions tbody tr", new() { HasText = "client.test" }).First;
        await Expect(row).ToContainTextAsync("mail");
        await talk.Say("RCPT TO:<ann@example.com>", "250");
        await Expect(row).ToContainTextAsync("rcpt");
        await row.Locator("a").ClickAsync();
        await Expect(page.Locator("dialog")).ToContainTextAsync("MAIL FROM:<watched@client.test>");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task A_server_that_does_not_sync_says_so_at_its_start_in_its_health_and_on_the_page()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.Laptop(folder["data"], "console.bind=127.0.0.1:0", "storage.sync=never", "logging.level=warning");
        var origin = $"http://127.0.0.1:{server.Listeners["console"].Port}";
        await Eventually.True(() => server.Output.Contains("storage.sync = never: mail that was acknowledged can be lost in a power cut", StringComparison.Ordinal), "the warning", server);
        var page = await console.Context.NewPageAsync();
        Assert.Contains("\"sync\":\"never\"", await (await page.APIRequest.GetAsync(origin + "/health")).TextAsync(), StringComparison.Ordinal);
        await page.GotoAsync(origin + "/live");
        await Expect(page.Locator(".tile small.bad")).ToHaveTextAsync("sync is off: a power cut loses mail");
        await page.CloseAsync();

        await using var usual = await console.Open("/live");
        await Expect(usual.Page.Locator(".tile").Last).ToContainTextAsync("every 250 is synced");
        await Expect(usual.Page.Locator(".tile small.bad")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task Nodes_that_share_a_database_are_shown_with_what_they_were_told_otherwise()
    {
        await using var watched = await console.Open("/live", prepare: new PretendedNodes().Attach);
        var page = watched.Page;
        await page.GetByRole(AriaRole.Tab, new() { Name = "Nodes" }).ClickAsync();
        var rows = page.Locator(".nodes tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Nth(0)).ToContainTextAsync("mx1 (asked here)");
        await Expect(rows.Nth(1).Locator(".badge")).ToHaveTextAsync("draining");
        await Expect(rows.Nth(2).Locator("td").Nth(3)).ToHaveTextAsync("4 min 31 s ago");
        await Expect(rows.Nth(0).Locator("td").Last).ToHaveTextAsync(new Regex("^[0-9]"));       // read again, so that a rate is known
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Differences" })).ToContainTextAsync("5m, <b>30m</b>");
        Assert.Equal("", await page.EvaluateAsync<string>("() => { const p = document.querySelector('.page'); return p.scrollWidth > p.clientWidth + 1 ? `too wide by ${p.scrollWidth - p.clientWidth}` : ''; }"));
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task The_tree_of_actors_is_the_servers()
    {
        await using var watched = await console.Open("/live?view=actors");
        var table = watched.Page.Locator(".actors");
        await Expect(table).ToContainTextAsync("listeners");
        await Expect(table).ToContainTextAsync("mailboxes");
        await Expect(table).ToContainTextAsync("auth");
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "Close /user/listeners", Exact = true }).ClickAsync();
        await Expect(watched.Page.GetByRole(AriaRole.Button, new() { Name = "Open /user/listeners", Exact = true })).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task The_log_follows_and_is_filtered_by_session()
    {
        await using var watched = await console.Open("/live?view=log");
        var page = watched.Page;
        await Expect(page.Locator(".state")).ToHaveTextAsync("Live");
        var id = await console.Send(ConsoleFixture.Mailbox("logged"), "log me");
        var line = page.Locator(".log li", new() { HasText = id }).Filter(new() { HasText = "accepted" }).First;
        await Expect(line).ToBeVisibleAsync();
        await line.Locator("a[href*='session-id']").ClickAsync();
        await Expect(page.Locator(".log li", new() { HasText = "EHLO client.test" }).First).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex("session-id="));
        Assert.Empty(watched.Errors);
    }
}
