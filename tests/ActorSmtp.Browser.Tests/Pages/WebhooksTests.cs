using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class WebhooksTests(ConsoleFixture console)
{
    private const string Where = "/configuration?view=webhooks";

    [SkippableFact]
    public async Task A_webhook_is_shown_as_it_is_configured_and_a_test_reaches_it()
    {
        await using var watched = await console.Open(Where);
        var page = watched.Page;
        var row = page.Locator(".webhooks tbody tr", new() { HasText = "crm" });
        await Expect(row).ToContainTextAsync(console.Hook.Address);
        await Expect(row).ToContainTextAsync("message");
        await Expect(row).ToContainTextAsync("support@example.com");
        await Expect(row).ToContainTextAsync("nothing yet");
        await Expect(row).Not.ToContainTextAsync("not signed");

        await row.GetByRole(AriaRole.Button, new() { Name = "Test crm" }).ClickAsync();
        Assert.Contains("\"event\":\"test\"", await console.Hook.NextAsync(), StringComparison.Ordinal);
        await Expect(row).ToContainTextAsync("204");
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("1");
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Test crm" })).ToBeFocusedAsync();
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task What_is_not_in_the_configuration_cannot_be_made_here_and_the_page_says_where()
    {
        await using var watched = await console.Open(Where, prepare: page => page.RouteAsync("**/api/webhooks", route => route.FulfillAsync(new() { ContentType = "application/json", Body = """{"items":[]}""" })));
        await Expect(watched.Page.GetByText("They are named in the configuration")).ToBeVisibleAsync();
        await Expect(watched.Page.Locator(".configuration form, .configuration [role=tabpanel]:not([hidden]) button")).ToHaveCountAsync(0);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task One_that_fails_loses_and_was_never_signed_says_so()
    {
        const string Sick = """
            {"items":[{"name":"sick","url":"https://gone.example/<b>x</b>","events":["message","lease"],"mailboxes":[],"signed":false,"delivered":0,"failed":3,"dropped":1204,"waiting":1000,
            "lastAt":"2026-11-22T12:00:00Z","lastStatus":503,"lastError":"answered 503"}]}
            """;
        await using var watched = await console.Open(Where, width: 390, prepare: page => page.RouteAsync("**/api/webhooks", route => route.FulfillAsync(new() { ContentType = "application/json", Body = Sick })));
        var row = watched.Page.Locator(".webhooks tbody tr");
        foreach (var text in new[] { "https://gone.example/<b>x</b>", "not signed", "message, lease", "every", "1,204", "1,000", "answered 503" })
        {
            await Expect(row).ToContainTextAsync(text);
        }

        Assert.Empty(watched.Errors);
    }
}
