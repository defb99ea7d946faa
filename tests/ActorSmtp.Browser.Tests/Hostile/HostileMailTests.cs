using System.Collections.Concurrent;
using System.Diagnostics;
using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Hostile;

/// <summary>
/// Every hostile mail, opened in the console by a real browser: nothing of it runs, nothing calls anywhere, and the page can be used as before.
/// One page shows them all, one after another, as a person would; what happens is put down to the mail that is open.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class HostileMailTests(ConsoleFixture console)
{
    private static readonly string[] Views = ["text", "headers", "mime", "raw", "transcript", "story"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void There_are_at_least_sixty_and_most_do_harm_in_a_bare_page()
    {
        Assert.True(HostileMail.All.Count >= 60, $"{HostileMail.All.Count} mails");
        Assert.True(HostileMail.All.Count(m => m.Runs || m.Calls) >= 50, $"{HostileMail.All.Count(m => m.Runs || m.Calls)} of them run or call where nothing holds them");
    }

    [SkippableFact]
    public async Task In_the_console_none_runs_none_calls_and_the_page_can_be_used()
    {
        await DeliverAll();
        console.Trap.Clear();
        var ran = new ConcurrentQueue<string>();
        await using var watched = await console.Open("/queue", prepare: p => Listen(p, ran));
        var wrong = new List<string>();
        foreach (var mail in HostileMail.All)
        {
            try
            {
                await OpenMail(watched.Page, mail);
                await LookAtEverything(watched.Page);
                await StillUsable(watched.Page);
            }
            catch (Exception unusable) when (unusable is PlaywrightException or TimeoutException or Xunit.Sdk.XunitException)
            {
                wrong.Add($"{mail.Name}: the page cannot be used: {unusable.Message}");
                await watched.Page.GotoAsync(console.Origin + "/queue");
            }

            wrong.AddRange(ran.Select(what => $"{mail.Name}: ran {what}"));
            wrong.AddRange(console.Trap.Calls.Select(what => $"{mail.Name}: called: {what}"));
            wrong.AddRange(watched.Elsewhere.Select(what => $"{mail.Name}: asked for {what}"));
            wrong.AddRange(watched.Surprises.Select(what => $"{mail.Name}: {what}"));
            ran.Clear();
            console.Trap.Clear();
            watched.Forget();
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [SkippableFact]
    public async Task With_remote_images_asked_for_still_none_runs()
    {
        await DeliverAll();
        var ran = new ConcurrentQueue<string>();
        await using var watched = await console.Open("/queue", prepare: p => Listen(p, ran));
        var wrong = new List<string>();
        foreach (var mail in HostileMail.All.Where(m => m.Runs))
        {
            await OpenMail(watched.Page, mail);
            var html = watched.Page.Locator("[role=tab][data-tab=html]");
            if (await html.CountAsync() == 0)
            {
                continue;                                               // what calls itself HTML is a file there
            }

            await html.ClickAsync();
            await watched.Page.GetByRole(AriaRole.Button, new() { Name = "Load remote images" }).ClickAsync();
            await FrameLoaded(watched.Page);
            await StillUsable(watched.Page);
            wrong.AddRange(ran.Select(what => $"{mail.Name}: ran {what}"));
            wrong.AddRange(watched.Surprises.Select(what => $"{mail.Name}: {what}"));
            ran.Clear();
            watched.Forget();
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [SkippableFact]
    public async Task The_document_in_the_frame_has_nothing_that_loads_ahead_or_leads_away()
    {
        await DeliverAll();
        await using var watched = await console.Open("/queue");
        var bare = await console.Context.NewPageAsync();                // about:blank: no policy, so the browser's own parser may be used
        var wrong = new List<string>();
        foreach (var mail in HostileMail.All)
        {
            var found = await watched.Page.EvaluateAsync<string[]>(
                """
                async (mailbox) => {
                  const at = `/api/mailboxes/${encodeURIComponent(mailbox)}/messages`;
                  const key = (await (await fetch(at)).json()).items[0].key;
                  const answer = await fetch(`${at}/${encodeURIComponent(key)}/html`);
                  if (answer.status === 404) return [];
                  const policy = answer.headers.get('content-security-policy') ?? '';
                  const missing = ["default-src 'none'", 'sandbox', "frame-ancestors 'self'", "form-action 'none'"].filter((p) => !policy.includes(p));
                  if (/allow-scripts|allow-same-origin|allow-forms|allow-top-navigation/.test(policy)) missing.push('a strict sandbox');
                  if (answer.headers.get('x-dns-prefetch-control') !== 'off') missing.push('x-dns-prefetch-control');
                  return [...missing.map((m) => `lacks ${m}`), await answer.text()];
                }
                """, mail.Mailbox);
            if (found.Length == 0)
            {
                continue;
            }

            // What no policy stops (names looked up ahead, refreshes) must not be there at all.
            var active = await bare.EvaluateAsync<string[]>(
                """
                (html) => {
                  const document = new DOMParser().parseFromString(html, 'text/html');
                  const roots = [document, ...[...document.querySelectorAll('template')].map((t) => t.content)];
                  return roots.flatMap((r) => [...r.querySelectorAll('link, base[href], meta[http-equiv], iframe, frame, frameset, object, embed')]).map((e) => e.outerHTML.slice(0, 200));
                }
                """, found[^1]);
            wrong.AddRange(found[..^1].Concat(active).Select(what => $"{mail.Name}: {what}"));
        }

        await bare.CloseAsync();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>The test of the tests: in a page that nothing protects each mail does what it says of itself, so the traps work.</summary>
    [SkippableFact]
    public async Task In_a_bare_page_they_run_and_call()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        var wrong = new List<string>();
        foreach (var mail in HostileMail.All.Where(m => m.Runs || m.Calls))
        {
            using var server = new BarePages(mail.Html(console.Trap.Port)!);
            console.Trap.Clear();
            var ran = new ConcurrentQueue<string>();
            var page = await console.Context.NewPageAsync();
            page.Dialog += (_, dialog) => _ = dialog.DismissAsync();
            page.Popup += (_, popup) => _ = popup.CloseAsync();
            await Listen(page, ran);
            await page.GotoAsync(server.Address, new() { WaitUntil = WaitUntilState.Commit });
            var began = Stopwatch.GetTimestamp();
            bool Done() => (!mail.Runs || !ran.IsEmpty) && (!mail.Calls || console.Trap.Calls.Count > 0);
            while (!Done() && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(20);
            }

            if (!Done())
            {
                wrong.Add($"{mail.Name}: ran {ran.Count} times, called {console.Trap.Calls.Count} times");
            }

            // Some keep the browser busy even while they go; the next begins on a page of its own.
            await Task.WhenAny(page.CloseAsync(), Task.Delay(TimeSpan.FromSeconds(5)));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private async Task DeliverAll()
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        foreach (var mail in HostileMail.All.Where(m => console.Server.Mail.Count(m.Mailbox) == 0))
        {
            using var talk = await SmtpTalk.Greeted(console.SmtpPort);
            await talk.Mail(mail.Mailbox, mail.Wire(console.Trap.Port));
        }

        foreach (var mail in HostileMail.All)
        {
            await Eventually.True(() => console.Server.Mail.Count(mail.Mailbox) > 0, $"{mail.Name} to arrive", console.Server);
        }
    }

    /// <summary>Gives every frame of the page, now and later, the function that hostile scripts call.</summary>
    private static Task Listen(IPage page, ConcurrentQueue<string> ran) => page.ExposeBindingAsync("ran", (BindingSource source, string? what) =>
    {
        ran.Enqueue($"{what} in {source.Frame.Url}");
        return "";
    });

    /// <summary>Goes to the mail without loading the console anew, as a link in it does.</summary>
    private static async Task OpenMail(IPage page, HostileMail mail)
    {
        await page.EvaluateAsync(
            "where => { const link = document.createElement('a'); link.href = where; document.body.append(link); link.click(); link.remove(); }",
            "/inbox?mailbox=" + Uri.EscapeDataString(mail.Mailbox));
        await page.Locator($".list[data-mailbox='{mail.Mailbox}'] .row").First.ClickAsync();
        await page.Locator(".reading:not([aria-busy]) h1.subject").WaitForAsync();
    }

    /// <summary>Every view; all but the frame's in one go, for each click from outside is many round trips to the browser.</summary>
    private static async Task LookAtEverything(IPage page)
    {
        var html = page.Locator("[role=tab][data-tab=html]");
        if (await html.CountAsync() > 0)
        {
            await html.ClickAsync();
            await page.Locator(".view-html:visible:not([aria-busy])").WaitForAsync();
            await FrameLoaded(page);
        }

        Assert.Equal("", await page.EvaluateAsync<string>(
            """
            async ([views, patience]) => {
              const shown = (view) => [...document.querySelectorAll(`.view-${view}:not([aria-busy])`)].some((e) => e.checkVisibility());
              for (const view of views) {
                document.querySelector(`[role=tab][data-tab=${view}]`).click();
                for (const until = Date.now() + patience; !shown(view); await new Promise((soon) => setTimeout(soon, 5))) if (Date.now() > until) return `${view} never comes`;
              }
              for (const d of document.querySelectorAll('.reading details')) d.open = true;
              return '';
            }
            """, new object[] { Views, Patience.TotalMilliseconds }));
        await page.Locator("[role=tab]").First.ClickAsync();
    }

    /// <summary>Waits for the frame, but not for ever: some mails are made so that they never end. The console has to work meanwhile.</summary>
    private static async Task FrameLoaded(IPage page)
    {
        if (await page.Locator("iframe.mail").CountAsync() > 0)
        {
            var frame = await (await page.Locator("iframe.mail").ElementHandleAsync()).ContentFrameAsync();
            try
            {
                await frame!.WaitForLoadStateAsync(LoadState.Load, new() { Timeout = 5_000 });
            }
            catch (TimeoutException)
            {
                // Still at it.
            }
        }
    }

    /// <summary>The console is where it was, looks like itself, and does what it is told.</summary>
    private async Task StillUsable(IPage page)
    {
        Assert.StartsWith(console.Origin + "/inbox?", page.Url, StringComparison.Ordinal);
        Assert.EndsWith("ActorSmtp", await page.TitleAsync(), StringComparison.Ordinal);
        await page.Locator("[role=tab][data-tab=headers]").ClickAsync();
        Assert.Contains("hostile", await page.Locator(".view-headers:visible table").InnerTextAsync(), StringComparison.Ordinal);
        var wrong = await page.EvaluateAsync<string>(
            """
            () => {
              const { x, y, width, height } = document.querySelector('#menu a[data-page=inbox]').getBoundingClientRect();
              if (document.elementFromPoint(x + width / 2, y + height / 2)?.closest('a')?.dataset.page !== 'inbox') return 'something lies over the menu';
              if (document.querySelectorAll('iframe').length > 1) return 'more than one frame';
              if (document.querySelector('#shell script, #shell link, #shell [onerror], #shell [onload], #shell [onclick], #shell [style*=url]')) return 'markup of the mail is in the page';
              if ({}.polluted !== undefined) return 'a prototype was changed';
              return '';
            }
            """);
        Assert.Equal("", wrong);
    }
}
