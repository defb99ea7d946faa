using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class ComposeTests(ConsoleFixture console)
{
    [SkippableFact]
    public async Task What_is_wrong_is_told_beside_its_field_and_nothing_is_sent()
    {
        await using var watched = await console.Open("/compose");
        var page = watched.Page;
        await page.GetByLabel("From", new() { Exact = true }).FillAsync("nobody");
        await Send(page);
        await Expect(page.Locator("#field-from-mistake")).ToHaveTextAsync("nobody is not an address");
        await Expect(page.Locator("#field-to-mistake")).ToHaveTextAsync("Whom should it reach?");
        await Expect(page.GetByLabel("From", new() { Exact = true })).ToBeFocusedAsync();
        await Expect(page.GetByLabel("From", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(page.Locator(".dialogue li")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task The_dialogue_is_shown_as_it_is_said_and_the_mail_arrives_with_its_file()
    {
        var to = ConsoleFixture.Mailbox("composed");
        await using var watched = await console.Open("/compose");
        var page = watched.Page;
        await page.GetByLabel("To", new() { Exact = true }).FillAsync($"{to}, Second <{to.Replace("composed", "second", StringComparison.Ordinal)}>");
        await page.GetByLabel("Subject").FillAsync("Grüße");
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Hello\n.\nfrom the console");
        await page.Locator("#files").SetInputFilesAsync(new FilePayload { Name = "a b.txt", MimeType = "text/plain", Buffer = "in the file"u8.ToArray() });
        await Send(page);
        await Expect(page.Locator(".notice.good")).ToContainTextAsync("Accepted");
        var said = await page.Locator(".dialogue li .said").AllInnerTextsAsync();
        Assert.Contains(said, line => line.StartsWith("220 ", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("EHLO ", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith($"RCPT TO:<{to}>", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("250 2.0.0", StringComparison.Ordinal));
        var mail = await Maildirs.Only(console.Server, to);
        Assert.Contains("filename", mail.Raw, StringComparison.Ordinal);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task A_server_that_is_not_there_is_told_as_such()
    {
        await using var watched = await console.Open("/compose");
        var page = watched.Page;
        await page.GetByLabel("To", new() { Exact = true }).FillAsync("ann@example.com");
        await page.GetByLabel("Another server").CheckAsync();
        await page.GetByLabel("Host").FillAsync("127.0.0.1");
        await page.GetByLabel("Port").FillAsync("1");
        await Send(page);
        await Expect(page.Locator(".compose-dialogue .notice.bad")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task What_was_written_is_kept_while_one_looks_at_another_page()
    {
        await using var watched = await console.Open("/compose");
        var page = watched.Page;
        await page.GetByLabel("Subject").FillAsync("half a thought");
        await page.Locator("#menu a[data-page=queue]").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Queue");
        await page.GoBackAsync();
        await Expect(page.GetByLabel("Subject")).ToHaveValueAsync("half a thought");
    }

    private static Task Send(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
}
