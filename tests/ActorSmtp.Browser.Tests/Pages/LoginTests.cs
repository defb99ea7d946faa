using System.Text.RegularExpressions;
using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class LoginTests(ConsoleFixture console)
{
    [SkippableFact]
    public async Task Nothing_is_shown_before_the_login_and_everything_after_it()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var folder = new TemporaryFolder();
        var data = folder["data"];
        (await Tool.Run(BuiltProgram.Path, ["user", "add", "olga", "--admin", "--password-stdin", "--set", $"data-dir={data}"], "a long enough secret\n"u8.ToArray())).Succeeded();
        await using var server = await RunningServer.Laptop(data, "console.bind=127.0.0.1:0", "console.login=always");
        var origin = $"http://127.0.0.1:{server.Listeners["console"].Port}";
        var page = await console.Context.NewPageAsync();
        await page.GotoAsync(origin + "/live?view=actors");
        await Expect(page).ToHaveURLAsync(new Regex("/login\\?next="));
        await Expect(page.Locator("#menu a")).ToHaveCountAsync(0);
        await page.GetByLabel("Account").FillAsync("olga");
        await page.GetByLabel("Password").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Password")).ToHaveValueAsync("");
        await page.GetByLabel("Password").FillAsync("a long enough secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(origin + "/live?view=actors");
        await Expect(page.Locator(".actors")).ToContainTextAsync("listeners");

        // What changes something carries the session's token: a lease can be made.
        await page.GotoAsync(origin + "/leases");
        await page.GetByRole(AriaRole.Button, new() { Name = "Lease an inbox" }).ClickAsync();
        await Expect(page.Locator(".notice.good .copyable")).ToHaveCountAsync(3);

        await page.Locator("button[aria-label^='Log out']").ClickAsync();
        await Expect(page.GetByLabel("Account")).ToBeVisibleAsync();
        Assert.Equal(401, (await page.APIRequest.GetAsync(origin + "/api/mailboxes")).Status);
        await page.CloseAsync();
    }

    [SkippableFact]
    public async Task Where_the_login_is_over_the_page_asks_for_it_again_by_itself()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var folder = new TemporaryFolder();
        var data = folder["data"];
        (await Tool.Run(BuiltProgram.Path, ["user", "add", "olga", "--admin", "--password-stdin", "--set", $"data-dir={data}"], "a long enough secret\n"u8.ToArray())).Succeeded();
        var first = await RunningServer.Laptop(data, "console.bind=127.0.0.1:0", "console.login=always");
        var port = first.Listeners["console"].Port;
        var page = await console.Context.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{port}/inbox");
        await page.GetByLabel("Account").FillAsync("olga");
        await page.GetByLabel("Password").FillAsync("a long enough secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.Locator(".state")).ToHaveTextAsync("Live");
        await first.Stop();
        await first.DisposeAsync();
        await using var second = await RunningServer.Start(
            data, "--set", "listeners.smtp.bind=127.0.0.1:0", "--set", $"console.bind=127.0.0.1:{port}", "--set", "console.login=always");
        await Expect(page).ToHaveURLAsync(new Regex("/login\\?next=%2Finbox"), new() { Timeout = 60_000 });
        await Expect(page.GetByLabel("Account")).ToBeVisibleAsync();
        await page.CloseAsync();
    }

    [SkippableFact]
    public async Task The_login_leads_only_to_pages_of_the_console()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        foreach (var next in new[] { "//evil.hostile.test/", "https://evil.hostile.test/", "/\\evil.hostile.test", "javascript:ran(1)" })
        {
            await using var watched = await console.Open("/login?next=" + Uri.EscapeDataString(next));
            await Expect(watched.Page.Locator("#menu a").First).ToBeVisibleAsync();
            Assert.StartsWith(console.Origin + "/inbox", watched.Page.Url, StringComparison.Ordinal);
        }
    }
}
