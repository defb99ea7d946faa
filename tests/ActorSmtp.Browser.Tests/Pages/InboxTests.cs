using System.Text.RegularExpressions;
using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

[Collection(ConsoleCollection.Name)]
public sealed class InboxTests(ConsoleFixture console)
{
    [SkippableFact]
    public async Task An_empty_mailbox_shows_how_to_send_to_this_very_server()
    {
        var mailbox = ConsoleFixture.Mailbox("empty");
        await using var watched = await console.Open("/inbox?mailbox=" + Uri.EscapeDataString(mailbox));
        await Expect(watched.Page.Locator(".welcome")).ToContainTextAsync($"swaks --server 127.0.0.1:{console.SmtpPort} --to {mailbox}");
        await Expect(watched.Page.Locator(".welcome")).ToContainTextAsync("Nothing leaves this machine");
    }

    [SkippableFact]
    public async Task The_test_message_arrives_by_one_click()
    {
        var mailbox = ConsoleFixture.Mailbox("click");
        await using var watched = await Box(mailbox);
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "Send a test message" }).ClickAsync();
        await Expect(watched.Page.Locator(".list .row .subject")).ToHaveTextAsync("It works");
    }

    [SkippableFact]
    public async Task Mail_appears_on_top_while_one_looks()
    {
        var mailbox = ConsoleFixture.Mailbox();
        await console.Send(mailbox, "first");
        await using var watched = await Box(mailbox);
        await Expect(Subjects(watched)).ToHaveTextAsync(["first"]);
        await console.Send(mailbox, "second");
        await Expect(Subjects(watched)).ToHaveTextAsync(["second", "first"], new() { UseInnerText = true });
        await Expect(watched.Page.Locator(".mailbox[aria-current] .count")).ToHaveTextAsync("2");
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task A_message_is_read_in_all_its_views()
    {
        var mailbox = ConsoleFixture.Mailbox();
        await console.Send(mailbox, "=?utf-8?q?caf=C3=A9?=", """
            --b
            Content-Type: multipart/alternative; boundary="c"

            --c
            Content-Type: text/plain; charset=utf-8

            Plain words. Your code is 482913.
            --c
            Content-Type: text/html; charset=utf-8

            <h1>Big words</h1><a href="https://example.com/confirm?x=1">Confirm</a>
            --c--
            --b
            Content-Type: text/csv; name="table.csv"
            Content-Disposition: attachment; filename="table.csv"

            a,b
            --b--

            """.ReplaceLineEndings("\r\n"), more: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n");
        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await Subjects(watched).ClickAsync();
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("café");
        await Expect(page.FrameLocator("iframe.mail").Locator("h1")).ToHaveTextAsync("Big words");
        await Expect(page.Locator(".found .code code")).ToHaveTextAsync("482913");
        await Expect(page.Locator(".attachment")).ToContainTextAsync("table.csv");
        await View(page, "text", "Plain words");
        await View(page, "headers", "bob@example.org");
        await View(page, "mime", "multipart/alternative");
        await View(page, "raw", "Subject: =?utf-8?q?caf=C3=A9?=");
        await View(page, "transcript", $"RCPT TO:<{mailbox}>");
        await View(page, "story", "accepted");
        Assert.Empty(watched.Errors);
        Assert.Empty(watched.Elsewhere);
    }

    [SkippableFact]
    public async Task A_link_in_mail_opens_a_window_that_knows_nothing_of_the_console()
    {
        var mailbox = ConsoleFixture.Mailbox();
        await console.Send(mailbox, "link", $"<a href=\"http://127.0.0.1:{console.Trap.Port}/followed\">follow</a>\r\n", more: "MIME-Version: 1.0\r\nContent-Type: text/html\r\n");
        await using var watched = await Box(mailbox);
        await Subjects(watched).ClickAsync();
        var opened = await watched.Page.RunAndWaitForPopupAsync(() => watched.Page.FrameLocator("iframe.mail").Locator("a").ClickAsync());
        Assert.True(await opened.EvaluateAsync<bool>("() => window.opener === null"));
        await opened.CloseAsync();
        Assert.StartsWith(console.Origin, watched.Page.Url, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_keyboard_moves_opens_and_deletes_with_a_way_back()
    {
        var mailbox = ConsoleFixture.Mailbox();
        foreach (var subject in new[] { "one", "two", "three" })
        {
            await console.Send(mailbox, subject);
        }

        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await Expect(Subjects(watched)).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("three");
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("two");
        await page.Keyboard.PressAsync("k");
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("three");
        await page.Keyboard.PressAsync("#");
        await Expect(Subjects(watched)).ToHaveCountAsync(2);
        await Expect(page.Locator(".reading h1.subject")).ToHaveTextAsync("two");
        await page.Keyboard.PressAsync("z");
        await Expect(Subjects(watched)).ToHaveCountAsync(3);
        Assert.Equal(3, console.Server.Mail.Count(mailbox));
        await page.Keyboard.PressAsync("#");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close this notice" }).Or(page.Locator(".toast button").First).First.WaitForAsync();
        await page.Keyboard.PressAsync("u");
        await Expect(page).Not.ToHaveURLAsync(new Regex("message="));
        // Going to another page makes the deletion real.
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("q");
        await Eventually.True(() => console.Server.Mail.Count(mailbox) == 2, "the deletion", console.Server);
    }

    [SkippableFact]
    public async Task Who_leaves_the_inbox_is_offered_no_undo_that_comes_too_late()
    {
        var mailbox = ConsoleFixture.Mailbox("leaving");
        await console.Send(mailbox, "one");
        await console.Send(mailbox, "two");
        await using var watched = await Box(mailbox);
        await Expect(Subjects(watched)).ToHaveCountAsync(2);
        await Delete(watched);
        await watched.Page.Locator("#menu a[data-page=leases]").ClickAsync();
        await Expect(watched.Page.GetByRole(AriaRole.Button, new() { Name = "Lease an inbox" })).ToBeVisibleAsync();
        await Expect(watched.Page.Locator(".toast")).ToHaveCountAsync(0);
        await Eventually.True(() => console.Server.Mail.Count(mailbox) == 1, "the deletion", console.Server);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task Undo_brings_a_message_back_to_its_own_mailbox_alone()
    {
        var mailbox = ConsoleFixture.Mailbox("undo-here");
        var other = ConsoleFixture.Mailbox("undo-there");
        await console.Send(mailbox, "here");
        await console.Send(other, "there");
        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await Expect(Subjects(watched)).ToHaveTextAsync(["here"]);
        await Delete(watched);
        await Expect(Subjects(watched)).ToHaveCountAsync(0);
        await page.Locator(".mailbox", new() { HasText = other }).First.ClickAsync();
        await Expect(Subjects(watched)).ToHaveTextAsync(["there"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo", Exact = true }).ClickAsync();
        await Expect(page.Locator(".toast")).ToHaveCountAsync(0);
        await Expect(Subjects(watched)).ToHaveTextAsync(["there"]);
        await page.Locator(".mailbox", new() { HasText = mailbox }).First.ClickAsync();
        await Expect(Subjects(watched)).ToHaveTextAsync(["here"]);
        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task When_too_many_watch_the_page_says_so_and_watches_when_it_can()
    {
        var mailbox = ConsoleFixture.Mailbox("full");
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 100 });
        var others = new List<HttpResponseMessage>();
        try
        {
            while (await http.GetAsync(console.Origin + "/api/events", HttpCompletionOption.ResponseHeadersRead) is { IsSuccessStatusCode: true } stream)
            {
                others.Add(stream);
            }

            await using var watched = await Box(mailbox);
            await Expect(watched.Page.Locator(".state")).ToHaveTextAsync("Too many pages watch", new() { Timeout = 60_000 });
            await console.Send(mailbox, "meanwhile");
            others.ForEach(o => o.Dispose());
            await Expect(watched.Page.Locator(".state")).ToHaveTextAsync("Live", new() { Timeout = 60_000 });
            await Expect(Subjects(watched)).ToHaveTextAsync(["meanwhile"], new() { Timeout = 60_000 });
        }
        finally
        {
            others.ForEach(o => o.Dispose());
        }
    }

    [SkippableFact]
    public async Task Buttons_over_a_message_s_HTML_keep_the_focus()
    {
        var mailbox = ConsoleFixture.Mailbox("html");
        await console.Send(mailbox, "html", "<p>Hello</p>\r\n", more: "MIME-Version: 1.0\r\nContent-Type: text/html\r\n");
        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await Subjects(watched).ClickAsync();
        var narrow = page.GetByRole(AriaRole.Button, new() { Name = "375", Exact = true });
        await narrow.ClickAsync();
        await Expect(narrow).ToBeFocusedAsync();
        await Expect(narrow).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByRole(AriaRole.Button, new() { Name = "Load remote images" }).ClickAsync();
        var block = page.GetByRole(AriaRole.Button, new() { Name = "Block again" });
        await Expect(block).ToBeFocusedAsync();
        await Expect(page.Locator("iframe.mail")).ToHaveAttributeAsync("src", new Regex("remote=1"));
        await Expect(page.Locator("iframe.mail")).ToHaveAttributeAsync("style", new Regex("375px"));
    }

    [SkippableFact]
    public async Task Search_finds_by_the_servers_own_terms_and_says_what_is_wrong_with_them()
    {
        var mailbox = ConsoleFixture.Mailbox();
        await console.Send(mailbox, "invoice for June", from: "Shop <shop@example.org>");
        await console.Send(mailbox, "lunch", from: "Eve <eve@example.org>");
        await using var watched = await Box(mailbox);
        var search = watched.Page.GetByLabel("Search mail");
        await Expect(Subjects(watched)).ToHaveCountAsync(2);
        await watched.Page.Keyboard.PressAsync("/");
        await Expect(search).ToBeFocusedAsync();
        await search.FillAsync("from:shop");
        await Expect(Subjects(watched)).ToHaveTextAsync(["invoice for June"]);
        await search.FillAsync("before:yesterday-ish");
        await Expect(watched.Page.Locator(".search .mistake")).ToBeVisibleAsync();
        await search.PressAsync("Escape");
        await Expect(Subjects(watched)).ToHaveCountAsync(2);
    }

    [SkippableFact]
    public async Task Tags_and_being_read_are_still_there_after_a_reload()
    {
        var mailbox = ConsoleFixture.Mailbox();
        await console.Send(mailbox, "tag me");
        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await Expect(page.Locator(".row.unseen")).ToHaveCountAsync(1);
        await Subjects(watched).ClickAsync();
        await Expect(page.Locator(".row.unseen")).ToHaveCountAsync(0);
        await page.Locator(".tag-add").ClickAsync();
        await page.GetByLabel("New tag").FillAsync("todo");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".tag-line .chip")).ToContainTextAsync("todo");
        await page.ReloadAsync();
        await Expect(page.Locator(".tag-line .chip")).ToContainTextAsync("todo");
        await Expect(page.Locator(".row.unseen")).ToHaveCountAsync(0);
        await page.GetByLabel("Take the tag todo away").ClickAsync();
        await Expect(page.Locator(".tag-line .chip")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task A_long_list_is_a_bounded_number_of_elements_and_loses_no_message()
    {
        var mailbox = ConsoleFixture.Mailbox("long");
        const int many = 350;
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using (var talk = await SmtpTalk.Greeted(console.SmtpPort))
        {
            for (var i = 0; i < many; i++)
            {
                await talk.Mail(mailbox, $"Subject: number {i}\r\n\r\nx\r\n");
            }
        }

        await Eventually.True(() => console.Server.Mail.Count(mailbox) == many, "all of it", console.Server);
        await using var watched = await Box(mailbox);
        var page = watched.Page;
        await page.Locator(".list .row").First.WaitForAsync();
        var seen = await page.EvaluateAsync<int>(
            """
            async (many) => {
              const seen = new Set();
              const list = document.querySelector('.list');
              let most = 0;
              for (let i = 0; i < 3000 && seen.size < many; i++) {
                for (const row of list.querySelectorAll('.row')) seen.add(row.querySelector('.subject').textContent);
                most = Math.max(most, list.querySelectorAll('*').length);
                const before = list.scrollTop;
                list.scrollTop += 300;
                if (list.scrollTop === before) list.scrollTop = 0;      // a slow browser may not have drawn them all: once more
                await new Promise((r) => requestAnimationFrame(() => setTimeout(r, 20)));
              }
              return most < 1500 ? seen.size : -most;
            }
            """, many);
        Assert.Equal(many, seen);
    }

    [SkippableFact]
    public async Task When_the_server_comes_back_the_page_does_too_and_shows_what_came_meanwhile()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        using var folder = new TemporaryFolder();
        var mailbox = ConsoleFixture.Mailbox("again");
        var first = await RunningServer.Laptop(folder["data"], "console.bind=127.0.0.1:0");
        var consolePort = first.Listeners["console"].Port;
        var page = await console.Context.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{consolePort}/inbox?mailbox={Uri.EscapeDataString(mailbox)}");
        await Expect(page.Locator(".state")).ToHaveTextAsync("Live");
        await first.Stop();
        await first.DisposeAsync();
        await Expect(page.Locator(".state")).ToHaveTextAsync("Reconnecting…");
        await using var second = await RunningServer.Start(folder["data"], "--set", "listeners.smtp.bind=127.0.0.1:0", "--set", $"console.bind=127.0.0.1:{consolePort}");
        using (var talk = await SmtpTalk.Greeted(second.Port("smtp")))
        {
            await talk.Mail(mailbox, "Subject: meanwhile\r\n\r\nx\r\n");
        }

        await Expect(page.Locator(".list .row .subject")).ToHaveTextAsync("meanwhile", new() { Timeout = 60_000 });
        await Expect(page.Locator(".state")).ToHaveTextAsync("Live");
        await page.CloseAsync();
    }

    /// <summary>Virtual time, and a stream of events that the test speaks for.</summary>
    [SkippableFact]
    public async Task In_a_flood_lists_are_read_every_ten_seconds_and_soon_after_it()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        await using var context = await console.Context.Browser!.NewContextAsync();      // its clock is the context's
        var page = await context.NewPageAsync();
        await page.Clock.InstallAsync();
        await page.AddInitScriptAsync("window.EventSource = class { constructor() { window.stream = this; this.heard = {}; } addEventListener(type, f) { this.heard[type] = f; } close() { } };");
        await page.GotoAsync(console.Origin + "/inbox");
        await Expect(page.Locator(".inbox")).ToBeVisibleAsync();        // whatever is in it: other tests send mail too
        for (var looks = 0; !await page.EvaluateAsync<bool>("() => !!window.stream?.heard.lost"); looks++)
        {
            Assert.True(looks < 1200, "the page does not listen");
            await Task.Delay(50);
        }

        await page.Clock.PauseAtAsync(DateTime.UtcNow.AddHours(1));
        await page.EvaluateAsync("""
            async () => {
              const events = await import('/js/events.js');
              window.read = 0;
              const again = () => { window.read++; events.when(Date.now(), 3000, again); };
              again();
            }
            """);
        await page.Clock.RunForAsync(9_500);
        Assert.Equal(4, await page.EvaluateAsync<int>("() => window.read"));        // at 0, 3, 6 and 9 s

        for (var i = 0; i < 30; i++)
        {
            await page.EvaluateAsync("() => window.stream.heard.lost({ data: '{\"count\":7}' })");
            await page.Clock.RunForAsync(1_000);
        }

        Assert.Equal(7, await page.EvaluateAsync<int>("() => window.read"));        // at 19, 29 and 39 s
        await page.Clock.RunForAsync(3_000);
        Assert.Equal(8, await page.EvaluateAsync<int>("() => window.read"));
    }

    private Task<WatchedPage> Box(string mailbox) => console.Open("/inbox?mailbox=" + Uri.EscapeDataString(mailbox));

    /// <summary>Deletes the first message, and holds the notice as somebody does who points at it: how long anything takes does not matter then.</summary>
    private static Task Delete(WatchedPage watched) => watched.Page.EvaluateAsync(
        """
        () => {
          for (const key of ['j', '#']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
          document.querySelector('.toast').dispatchEvent(new MouseEvent('mouseenter'));
        }
        """);

    private static ILocator Subjects(WatchedPage watched) => watched.Page.Locator(".list .row .subject");

    private static async Task View(IPage page, string name, string holds)
    {
        await page.Locator($"[role=tab][data-tab={name}]").ClickAsync();
        await Expect(page.Locator($".view-{name}")).ToContainTextAsync(holds);
    }
}
