using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class LeasesTests(ConsoleFixture console)
{
    [SkippableFact]
    public async Task A_lease_made_by_hand_takes_mail_and_is_ended()
    {
        await using var watched = await console.Open("/leases");
        var page = watched.Page;
        await page.GetByLabel("Begins with").FillAsync("byhand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Lease an inbox" }).ClickAsync();
        await Expect(page.Locator(".notice.good .copyable")).ToHaveCountAsync(3);
        var address = await page.Locator(".notice.good .copyable code").First.InnerTextAsync();
        Assert.StartsWith("byhand", address, StringComparison.Ordinal);
        var row = page.Locator("tr", new() { HasText = address });
        await console.Send(address, "for the lease");
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("1");
        await row.GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End it" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task A_scenario_made_by_hand_is_what_the_next_client_meets()
    {
        var address = ConsoleFixture.Mailbox("scenario");
        await using var watched = await console.Open("/leases");
        var page = watched.Page;
        await page.GetByLabel("Which").FillAsync(address);
        await page.GetByLabel("With what").FillAsync("451 4.2.1 Come back later");
        await page.GetByRole(AriaRole.Button, new() { Name = "Arrange it" }).ClickAsync();
        var row = page.Locator("tr", new() { HasText = address });
        await Expect(row).ToContainTextAsync("451 4.2.1 Come back later");
        using (var talk = await SmtpTalk.Greeted(console.SmtpPort))
        {
            await talk.Say("MAIL FROM:<ann@client.test>", "250");
            await talk.Say($"RCPT TO:<{address}>", "451 4.2.1 Come back later");
            await talk.Say($"RCPT TO:<{address}>", "250");
        }

        await Expect(row).ToContainTextAsync("1 time");
        await row.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task On_a_phone_leases_and_scenarios_stand_below_each_other_and_nothing_scrolls_sideways()
    {
        await using var watched = await console.Open("/leases", width: 390);
        var page = watched.Page;
        await page.GetByLabel("Begins with").FillAsync("a-long-name-for-a-telephone");
        await page.GetByRole(AriaRole.Button, new() { Name = "Lease an inbox" }).ClickAsync();
        await page.GetByLabel("Which").FillAsync("somebody.with.a.very.long.name@an-even-longer-domain.example.com");
        await page.GetByLabel("With what").FillAsync("451 4.2.1 Come back later");
        await page.GetByRole(AriaRole.Button, new() { Name = "Arrange it" }).ClickAsync();
        await Expect(page.Locator(".leases")).ToHaveCountAsync(2);
        await Expect(page.Locator("tr", new() { HasText = "a-long-name" })).ToContainTextAsync("Another hour");
        Assert.Empty(await page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('.table-wrap')].filter((w) => w.scrollWidth > w.clientWidth).map((w) => `${w.textContent}: ${w.scrollWidth} > ${w.clientWidth}`)"));
        await page.Locator("tr", new() { HasText = "an-even-longer" }).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(page.Locator("tr", new() { HasText = "an-even-longer" })).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task A_reply_that_is_none_is_refused_in_place()
    {
        await using var watched = await console.Open("/leases");
        var page = watched.Page;
        await page.GetByLabel("Which").FillAsync("ann@example.com");
        await page.GetByLabel("With what").FillAsync("what?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Arrange it" }).ClickAsync();
        await Expect(page.Locator(".scenario-form .mistake")).ToBeVisibleAsync();
    }
}
