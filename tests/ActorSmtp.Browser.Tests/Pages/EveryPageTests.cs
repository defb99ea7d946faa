using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Pages;

/// <summary>What holds for every page: it fits from a phone to a wide screen, breaks no rule of its own policy, and everything in it has a name.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class EveryPageTests(ConsoleFixture console)
{
    private static readonly (string Path, string Shows)[] All =
    [
        ("/inbox", ".inbox"), ("/compose", ".compose-form"), ("/live", ".tiles"), ("/live?view=sessions", ".machine"), ("/live?view=actors", ".actors"), ("/live?view=log", ".log"),
        ("/queue", ".empty"), ("/leases", ".scenario-form"), ("/configuration", ".settings"), ("/configuration?view=listeners", ".table"), ("/configuration?view=tokens", "#token-name"), ("/configuration?view=webhooks", ".webhooks tbody tr"),
        ("/no-such-page", ".empty"),
    ];

    public static TheoryData<string, string, int> Pages
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var (path, shows) in All)
            {
                foreach (var width in new[] { 390, 900, 1600 })
                {
                    data.Add(path, shows, width);
                }
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Pages))]
    public async Task It_fits_complains_of_nothing_and_names_all_it_has(string path, string shows, int width)
    {
        await using var watched = await console.Open(path, width, 800, width == 900 ? ColorScheme.Dark : ColorScheme.Light);
        var page = watched.Page;
        await page.Locator(shows).First.WaitForAsync();
        await Expect(page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
        var wrong = await page.EvaluateAsync<string[]>(
            """
            () => {
              const wrong = [];
              if (document.documentElement.scrollWidth > innerWidth) wrong.push('the document is wider than the window');
              const main = document.querySelector('.page');
              if (main.scrollWidth > main.clientWidth + 1) wrong.push(`the page is ${main.scrollWidth - main.clientWidth} px too wide`);
              const seen = (e) => e.checkVisibility() && e.getClientRects().length > 0;
              const nameOf = (e) => (e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby'))?.textContent)
                || (e.labels && [...e.labels].map((l) => l.textContent).join(' ')) || e.textContent || e.title || '').trim();
              for (const e of document.querySelectorAll('button, a[href], input, select, textarea, [role=tab], [role=listbox], iframe')) if (seen(e) && !nameOf(e)) wrong.push('without a name: ' + e.outerHTML.slice(0, 120));
              const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
              for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) wrong.push('an id twice: ' + id);
              for (const e of document.querySelectorAll('[aria-controls], [aria-describedby]')) for (const a of ['aria-controls', 'aria-describedby']) for (const id of (e.getAttribute(a) ?? '').split(' ').filter(Boolean)) if (!document.getElementById(id)) wrong.push(`${a} of nothing: ${id}`);
              if (document.querySelectorAll('h1').length > 1) wrong.push('more than one h1');
              if (document.querySelector('[style*="url("], [onclick], [onload]')) wrong.push('an inline handler or url');
              return wrong;
            }
            """);
        Assert.Empty(wrong);
        Assert.Empty(watched.Errors);
        Assert.Empty(watched.Elsewhere);
    }

    [SkippableFact]
    public async Task The_menu_has_only_pages_that_are_there()
    {
        await using var watched = await console.Open("/inbox");
        var links = watched.Page.Locator("#menu a");
        await links.First.WaitForAsync();
        foreach (var link in await links.AllAsync())
        {
            await link.ClickAsync();
            await Expect(link).ToHaveAttributeAsync("aria-current", "page");
            await Expect(watched.Page.GetByText("There is no such page")).ToHaveCountAsync(0);
        }

        Assert.Empty(watched.Errors);
    }

    [SkippableFact]
    public async Task Focus_is_seen_wherever_the_keyboard_goes()
    {
        await using var watched = await console.Open("/configuration");
        var page = watched.Page;
        await page.Locator(".settings").First.WaitForAsync();
        for (var i = 0; i < 16; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            var seen = await page.EvaluateAsync<string>(
                "() => { const e = document.activeElement; if (e === document.body) return ''; const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 ? '' : e.outerHTML.slice(0, 150); }");
            Assert.Equal("", seen);
        }
    }

    [SkippableFact]
    public async Task The_choice_of_colours_is_kept()
    {
        await using var watched = await console.Open("/queue", scheme: ColorScheme.Light);
        var page = watched.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Colours: as the system" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Colours: light" }).ClickAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.ReloadAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.GetByRole(AriaRole.Button, new() { Name = "Colours: dark" }).ClickAsync();
    }

    [SkippableFact]
    public async Task Text_stands_out_from_what_is_behind_it_in_both_schemes()
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var watched = await console.Open("/queue", scheme: scheme);
            await watched.Page.Locator("#menu a").First.WaitForAsync();
            // WCAG 2.1 AA: 4.5 to 1 for text, for each pair that the style sheets use.
            var low = await watched.Page.EvaluateAsync<string[]>(
                """
                () => {
                  const style = getComputedStyle(document.documentElement);
                  const probe = document.body.appendChild(document.createElement('i'));
                  const rgb = (name) => { probe.style.color = style.getPropertyValue(name); return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number); };
                  const light = (name) => { const [r, g, b] = rgb(name).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
                  const pairs = [['--text', '--bg'], ['--text', '--surface'], ['--soft', '--bg'], ['--soft', '--surface'], ['--soft', '--sunken'], ['--faint', '--surface'], ['--faint', '--bg'], ['--accent', '--surface'], ['--accent', '--bg'],
                    ['--accent-strong', '--accent-soft'], ['--on-accent', '--accent'], ['--good', '--good-soft'], ['--warn', '--warn-soft'], ['--bad', '--bad-soft'], ['--bad', '--surface'], ['--warn', '--surface'], ['--good', '--surface']];
                  const low = pairs.map(([a, b]) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return [a, b, (x + .05) / (y + .05)]; }).filter(([, , ratio]) => ratio < 4.5).map(([a, b, ratio]) => `${a} on ${b}: ${ratio.toFixed(2)}`);
                  probe.remove();
                  return low;
                }
                """);
            Assert.Empty(low);
        }
    }
}
