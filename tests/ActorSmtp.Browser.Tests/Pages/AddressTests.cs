using System.Text.RegularExpressions;
using ActorSmtp.Browser.Tests.Running;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class AddressTests(ConsoleFixture console)
{
    /// <summary>Chromium takes two hundred addresses in ten seconds and leaves out the rest without a word; a key held down makes more.</summary>
    [SkippableFact]
    public async Task Where_the_browser_takes_no_more_addresses_the_page_goes_on_and_the_address_follows()
    {
        var mailbox = ConsoleFixture.Mailbox("addresses");
        await console.Send(mailbox, "one");
        await console.Send(mailbox, "two");
        await using var watched = await console.Open("/inbox?mailbox=" + Uri.EscapeDataString(mailbox));
        var page = watched.Page;
        await Expect(page.Locator(".list .row .subject")).ToHaveCountAsync(2);
        Assert.True(await page.EvaluateAsync<bool>(
            """
            () => {
              for (let i = 0; i < 2000; i++) {
                const where = new URL(location);
                where.searchParams.set('n', i);
                history.replaceState(null, '', where);
                if (location.href !== where.href) return true;
              }
              return false;
            }
            """), "the browser took two thousand addresses: this test tests nothing");

        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("two");
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("one");
        await page.Locator("[role=tab][data-tab=raw]").ClickAsync();
        await Expect(page.Locator(".view-raw:visible")).ToContainTextAsync("Subject: one");

        await Expect(page).ToHaveURLAsync(new Regex("message=.*&tab=raw"), new() { Timeout = 60_000 });
        await page.ReloadAsync();
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("one");
        await Expect(page.Locator(".view-raw:visible")).ToContainTextAsync("Subject: one");
        await page.GoBackAsync();
        await Expect(page.Locator(".reading h1.subject")).ToHaveCountAsync(0);
        Assert.Empty(watched.Errors);
    }
}
