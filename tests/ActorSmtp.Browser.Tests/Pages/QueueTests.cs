using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

/// <summary>The page of the outbound queue, shown a queue of this test's own.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class QueueTests(ConsoleFixture console)
{
    private const string One = "0N825T96800C5ZN1";
    private const string Two = "0N825T96800C5ZN2";
    private const string Three = "0N825T96800C5ZN3";

    private readonly PretendedQueue _queue = new PretendedQueue()
        .With(One, "ann@here.example", "bob@far.example")
        .With(Two, "", "eve@far.example", failures: 0, why: null, node: "mx2")
        .With(Three, "news@here.example", "joe@other.example", state: "held", why: "connection timed out");

    [SkippableFact]
    public async Task It_shows_what_waits_and_why_and_finds_it_by_filter()
    {
        await using var watched = await OpenAsync("/queue");
        var page = watched.Page;
        await Expect(Rows(page)).ToHaveCountAsync(3);
        await Expect(Row(page, One)).ToContainTextAsync("ann@here.example → bob@far.example");
        await Expect(Row(page, One)).ToContainTextAsync("mx1.far.example [192.0.2.25]:25: 450 4.2.0 Greylisted");
        await Expect(Row(page, Two)).ToContainTextAsync("<> → eve@far.example");
        await Expect(Row(page, Two)).ToContainTextAsync("not tried yet");
        await Expect(Row(page, Two)).ToContainTextAsync("on mx2");
        await Expect(page.Locator(".tile").First).ToContainTextAsync("3");
        await Expect(page.Locator(".destinations tbody tr").First).ToContainTextAsync("far.example");

        await page.Locator(".destinations a", new() { HasText = "other.example" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(1);
        await Expect(page.GetByLabel("Destination", new() { Exact = true })).ToHaveValueAsync("other.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(3);
        await page.GetByLabel("Reason").FillAsync("greylist");
        await Expect(Rows(page)).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Reason")).ToHaveValueAsync("greylist");
        await Expect(Rows(page)).ToHaveCountAsync(1);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task What_is_held_can_be_taken_back_and_what_is_removed_as_well()
    {
        await using var watched = await OpenAsync("/queue");
        var page = watched.Page;
        await page.GetByLabel($"Select {One} for far.example").CheckAsync();
        await page.GetByLabel($"Select {Two} for far.example").CheckAsync();
        await page.Locator(".queue-bar").GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
        await Expect(Row(page, One).Locator(".badge")).ToHaveTextAsync("held");
        await page.Locator(".toast", new() { HasText = "2 messages held" }).GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(Row(page, One).Locator(".badge")).ToHaveTextAsync("waiting");

        await page.GetByLabel($"Select {Three} for other.example").CheckAsync();
        await page.Locator(".queue-bar").GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(2);
        await page.Locator(".toast", new() { HasText = "1 message removed" }).GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(3);
        Assert.Equal([$"hold {One},{Two} far.example", $"release {One},{Two} far.example"], _queue.Orders);

        await page.GetByLabel($"Select {Three} for other.example").CheckAsync();
        await page.Locator(".queue-bar").GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.Locator("#menu a", new() { HasText = "Live" }).ClickAsync();           // who leaves cannot take it back: it is done
        await Eventually.True(() => _queue.Orders.Contains($"remove {Three} other.example"), "the removal", console.Server);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task All_that_matches_is_changed_after_a_question()
    {
        await using var watched = await OpenAsync("/queue?destination=far.example");
        var page = watched.Page;
        await Expect(Rows(page)).ToHaveCountAsync(2);
        await page.GetByLabel("All that matches").SelectOptionAsync("return");
        await page.GetByRole(AriaRole.Button, new() { Name = "Do it…" }).ClickAsync();
        await Expect(page.Locator("dialog")).ToContainTextAsync("Mail for far.example is given up now, and the senders are told");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Empty(_queue.Orders);
        await page.GetByRole(AriaRole.Button, new() { Name = "Do it…" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Return all" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(0);
        Assert.Equal(["return far.example"], _queue.Orders);
    }

    [SkippableFact]
    public async Task A_message_tells_every_attempt_and_can_be_ordered_from_there()
    {
        await using var watched = await OpenAsync($"/queue?message={One}");
        var page = watched.Page;
        var dialog = page.Locator("dialog");
        await Expect(dialog.Locator(".attempts > li")).ToHaveCountAsync(2);
        await Expect(dialog.Locator(".attempts > li").First).ToContainTextAsync("TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (opportunistic, certificate not trusted: the certificate is for mail.other.example)");
        await Expect(dialog.Locator(".attempts > li").First).ToContainTextAsync("450 4.2.0 Greylisted");
        await Expect(dialog.Locator(".attempts > li").Last).ToContainTextAsync("connection refused");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Retry now" }).ClickAsync();
        await Eventually.True(() => _queue.Orders.Contains($"retry {One} far.example"), "the order", console.Server);
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        Assert.DoesNotContain("message=", page.Url, StringComparison.Ordinal);

        await page.GotoAsync(console.Origin + "/queue?message=0N825T96800C5ZN9");
        await Expect(dialog).ToContainTextAsync("It is no longer in the queue");
    }

    [SkippableFact]
    public async Task The_keyboard_is_enough()
    {
        await using var watched = await OpenAsync("/queue");
        var page = watched.Page;
        await Expect(Rows(page)).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(Row(page, Two).Locator("a")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("h");
        await Expect(Row(page, Two).Locator(".badge")).ToHaveTextAsync("held");
        await page.Keyboard.PressAsync("z");
        await Expect(Row(page, Two).Locator(".badge")).ToHaveTextAsync("waiting");
        await Expect(Row(page, Two).Locator("a")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("x");
        await page.Keyboard.PressAsync("k");
        await page.Keyboard.PressAsync("x");
        await Expect(page.Locator(".queue-bar")).ToContainTextAsync("2 messages selected");
        await page.Keyboard.PressAsync("#");
        await Expect(Rows(page)).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("z");
        await Expect(Rows(page)).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("dialog .attempts")).ToBeVisibleAsync();
        Assert.Equal([$"hold {Two} far.example", $"release {Two} far.example"], _queue.Orders);
    }

    [SkippableFact]
    public async Task A_long_queue_is_pages_of_a_bounded_size()
    {
        for (var i = 0; i < 250; i++)
        {
            _queue.With(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"0N825T968000{i:0000}"), "ann@here.example", "bob@many.example");
        }

        await using var watched = await OpenAsync("/queue");
        var page = watched.Page;
        await Expect(Rows(page)).ToHaveCountAsync(100);
        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(53);
        await page.GetByRole(AriaRole.Button, new() { Name = "First page" }).ClickAsync();
        await Expect(Rows(page)).ToHaveCountAsync(100);
    }

    [SkippableTheory]
    [InlineData(390)]
    [InlineData(900)]
    [InlineData(1600)]
    public async Task It_fits_and_what_servers_say_is_text(int width)
    {
        _queue.With("0N825T96800C5ZN4", "\u202e<img src=x onerror=alert(1)>@x.example", $"{new string('w', 64)}@{new string('v', 60)}.example", why: $"450 <b>bold</b> {new string('x', 300)}");
        _queue.Pressure = "full";
        await using var watched = await OpenAsync("/queue", width, width == 900 ? ColorScheme.Dark : ColorScheme.Light);
        var page = watched.Page;
        await Expect(Rows(page)).ToHaveCountAsync(4);
        await Expect(Row(page, "0N825T96800C5ZN4")).ToContainTextAsync("<b>bold</b>");
        await Expect(page.Locator(".notice.warn")).ToContainTextAsync("The queue is full");
        Assert.Equal("", await page.EvaluateAsync<string>("() => { const p = document.querySelector('.page'); return p.scrollWidth > p.clientWidth + 1 ? `too wide by ${p.scrollWidth - p.clientWidth}` : ''; }"));
        Assert.Equal("", await page.EvaluateAsync<string>(
            "() => [...document.querySelectorAll('button, a[href], input, select')].filter((e) => e.checkVisibility() && !(e.getAttribute('aria-label') || e.labels?.length || e.textContent || e.title).toString().trim()).map((e) => e.outerHTML).join()"));
        Assert.Empty(watched.Errors);
        Assert.Empty(watched.Surprises);
    }

    private Task<WatchedPage> OpenAsync(string path, int width = 1600, ColorScheme scheme = ColorScheme.Light) => console.Open(path, width, scheme: scheme, prepare: _queue.Attach);

    private static ILocator Rows(IPage page) => page.Locator(".queue tbody tr");

    private static ILocator Row(IPage page, string id) => page.Locator($".queue tbody tr[data-key^='{id}/']");
}
