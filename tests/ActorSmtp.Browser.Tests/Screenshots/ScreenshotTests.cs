using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ActorSmtp.Architecture.Tests;
using ActorSmtp.Browser.Tests.Running;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ActorSmtp.Browser.Tests.Screenshots;

/// <summary>
/// The pictures of <c>docs/console.md</c>: made by <c>WRITE_DOCS=1 dotnet test tests/ActorSmtp.Browser.Tests --filter Screenshot</c>, of a server that has
/// seen a little of everything. Without the switch only what the document names is looked for.
/// </summary>
public sealed partial class ScreenshotTests : IAsyncLifetime
{
    private static readonly string Images = Path.Combine(Repository.Root, "docs", "images");
    private readonly ConsoleFixture _console = new();

    public static bool Writes => Environment.GetEnvironmentVariable("WRITE_DOCS") == "1";

    public Task InitializeAsync() => Writes ? _console.InitializeAsync() : Task.CompletedTask;

    public Task DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public void Every_picture_that_the_documents_show_is_there_and_small()
    {
        foreach (var document in new[] { "README.md", "docs/console.md", "docs/policy.md" })
        {
            var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
            foreach (Match picture in Picture().Matches(Repository.Text(document)))
            {
                var file = new FileInfo(Path.Combine(folder, picture.Groups[1].Value));
                Assert.True(file.Exists, $"{document} shows {picture.Groups[1].Value}, which is not there");
                Assert.True(file.Length < 300 * 1024, $"{file.Name} has {file.Length} octets");
            }
        }
    }

    [SkippableFact]
    public async Task Make_the_pictures_of_every_page()
    {
        Skip.IfNot(Writes, "WRITE_DOCS=1 makes them");
        Directory.CreateDirectory(Images);
        await Show("inbox-empty", "/inbox", ".welcome");
        await Fill();
        await Show("inbox", "/inbox?mailbox=ann%40example.com", ".row", page => page.Locator(".row", new() { HasText = "has shipped" }).ClickAsync());
        await Show("inbox-dark", "/inbox?mailbox=ann%40example.com", ".row", page => page.Locator(".row", new() { HasText = "has shipped" }).ClickAsync(), scheme: ColorScheme.Dark);
        await Show("inbox-phone", "/inbox", ".row", width: 390, height: 800);
        await Show("message-phone", "/inbox?mailbox=ann%40example.com", ".row", page => page.Locator(".row", new() { HasText = "has shipped" }).ClickAsync(), width: 390, height: 800);
        await Show("keys", "/inbox?mailbox=ann%40example.com", ".row", async page =>
        {
            await page.Keyboard.PressAsync("?");
            await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        });
        await ShowLogin();
        foreach (var view in new[] { "text", "headers", "mime", "raw", "transcript", "story" })
        {
            await Show($"message-{view}", "/inbox?mailbox=ann%40example.com", ".row", async page =>
            {
                await page.Locator(".row", new() { HasText = "has shipped" }).ClickAsync();
                await page.Locator($"[data-tab={view}]").ClickAsync();
                await Expect(page.Locator(".reading [aria-busy=true]")).ToHaveCountAsync(0);
            });
        }

        await Show("compose", "/compose", ".compose-form", async page =>
        {
            await page.GetByLabel("To", new() { Exact = true }).FillAsync("ann@example.com, bob@example.com");
            await page.GetByLabel("Subject").FillAsync("Minutes of Monday");
            await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Dear both,\n\nthe minutes are attached.\n");
            await page.Locator("#files").SetInputFilesAsync(new FilePayload { Name = "minutes.txt", MimeType = "text/plain", Buffer = new byte[2048] });
            await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
            await Expect(page.Locator(".compose-dialogue .notice.good")).ToBeVisibleAsync();
        });
        using var stop = new CancellationTokenSource();
        var load = Load(stop.Token);
        await Show("live", "/live", ".chart .line", page => page.WaitForTimeoutAsync(40_000), scheme: ColorScheme.Dark);
        await Show("live-phone", "/live", ".chart .line", page => page.WaitForTimeoutAsync(6_000), width: 390, height: 800);
        await Show("live-sessions", "/live?view=sessions", ".sessions tbody tr", page => page.WaitForTimeoutAsync(1_500));
        await Show("session", "/live?view=sessions", ".sessions tbody tr", async page =>
        {
            await page.Locator(".sessions tbody tr", new() { HasText = "slow.client.test" }).First.Locator("a").ClickAsync();
            await Expect(page.Locator("dialog")).ToContainTextAsync("RCPT TO:<load@example.com>");
        });
        await Show("live-actors", "/live?view=actors", ".actors tbody tr");
        await Show("live-log", "/live?view=log", ".log li");
        await Show("live-nodes", "/live?view=nodes", ".nodes tbody tr", page => page.WaitForTimeoutAsync(2_500), prepare: new PretendedNodes("5m, 30m, 2h").Attach);
        await stop.CancelAsync();
        await load;
        await Show("queue", "/queue", ".queue tbody tr", prepare: Waiting().Attach);
        await Show("queue-message", "/queue?message=0N825T96800C5ZN1", ".attempts li", prepare: Waiting().Attach);
        await Show("queue-phone", "/queue", ".queue tbody tr", width: 390, height: 800, prepare: Waiting().Attach);
        await Show("queue-dark", "/queue", ".queue tbody tr", scheme: ColorScheme.Dark, prepare: Waiting().Attach);
        await Show("leases", "/leases", ".scenario-form", async page =>
        {
            await page.GetByLabel("Begins with").FillAsync("signup");
            await page.GetByRole(AriaRole.Button, new() { Name = "Lease an inbox" }).ClickAsync();
            await page.GetByLabel("Which").FillAsync("ann@example.com");
            await page.GetByRole(AriaRole.Button, new() { Name = "Arrange it" }).ClickAsync();
            await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        });
        await Show("leases-phone", "/leases", ".scenario-form", width: 390, height: 800);
        await Show("configuration", "/configuration", ".settings");
        await Show("configuration-dark", "/configuration", ".settings", scheme: ColorScheme.Dark);
        await Show("listeners", "/configuration?view=listeners", ".table");
        await Show("tokens", "/configuration?view=tokens", "#token-name", async page =>
        {
            await page.GetByLabel("Name").FillAsync("ci");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make a token" }).ClickAsync();
            await Expect(page.Locator("tbody tr", new() { HasText = "ci" })).ToBeVisibleAsync();
        });
        await Show("webhooks", "/configuration?view=webhooks", ".webhooks tbody tr", async page =>
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Test crm" }).ClickAsync();
            await Expect(page.Locator(".webhooks tbody tr")).ToContainTextAsync("204");
        });
    }

    /// <summary>A message that its author's domain signed (the example of RFC 6376), and one in its name that somebody else sent.</summary>
    [SkippableFact]
    public async Task Make_the_pictures_of_messages_whose_origin_was_examined()
    {
        Skip.IfNot(Writes, "WRITE_DOCS=1 makes them");
        using var names = Process.Start(new ProcessStartInfo("python3", [Path.Combine(Repository.Root, "tests", "attack", "names.py")]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await names.StandardInput.WriteAsync(OriginExample.Zone + ".\n");
        await names.StandardInput.FlushAsync();
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.Laptop(
            folder["data"], "console.bind=127.0.0.1:0", "hostname=mx.example.net", "dns.hosts=off", $"dns.servers=[\"127.0.0.1:{await names.StandardOutput.ReadLineAsync()}\"]",
            "listeners.smtp.checks=[\"iprev=tag\",\"spf=tag\",\"dkim=tag\",\"arc=tag\",dmarc]");
        foreach (var (from, content) in new[] { ("joe@example.com", SignedExample.Message), ("joe@example.com.evil.test", SignedExample.Message.Replace("Are you hungry yet?", "Send money!", StringComparison.Ordinal)) })
        {
            using var talk = await SmtpTalk.Greeted(server.Port("smtp"));
            await talk.Say("RSET", "250");
            await talk.Say($"MAIL FROM:<{from}>", "250");
            await talk.Say("RCPT TO:<suzie@shopping.example.net>", "250");
            await talk.Say("DATA", "354");
            await talk.Send(content);
            await talk.Say(".", "250");
        }

        await Eventually.True(() => server.Mail.Count("suzie@shopping.example.net") == 2, "the mail", server);
        foreach (var (name, row, tab) in new[] { ("message-origin", 1, "text"), ("message-origin-marked", 0, "text"), ("message-origin-story", 1, "story") })
        {
            var page = await _console.Context.NewPageAsync();
            await page.SetViewportSizeAsync(1280, 800);
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
            await page.GotoAsync($"http://127.0.0.1:{server.Listeners["console"].Port.ToString(CultureInfo.InvariantCulture)}/inbox?mailbox=suzie%40shopping.example.net");
            await page.Locator(".row").Nth(row).ClickAsync();
            await page.Locator($"[data-tab={tab}]").ClickAsync();
            await Expect(page.Locator(".origin .badge").First).ToBeVisibleAsync();
            await Expect(page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
            if (tab == "story")
            {
                await page.Locator(".story li", new() { HasText = "dmarc: pass" }).ScrollIntoViewIfNeededAsync();
            }

            await page.WaitForTimeoutAsync(500);
            await page.ScreenshotAsync(new() { Path = Path.Combine(Images, name + ".png") });
            await page.CloseAsync();
        }

        names.StandardInput.Close();
        await names.WaitForExitAsync();
    }

    /// <summary>The login of a server that others reach.</summary>
    private async Task ShowLogin()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.Laptop(folder["data"], "console.bind=127.0.0.1:0", "console.login=always");
        var page = await _console.Context.NewPageAsync();
        await page.SetViewportSizeAsync(1280, 800);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        await page.GotoAsync($"http://127.0.0.1:{server.Listeners["console"].Port.ToString(CultureInfo.InvariantCulture)}/inbox");
        await page.GetByLabel("Account").FillAsync("olga");
        await page.GetByLabel("Password").FillAsync("a long enough secret");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Images, "login.png") });
        await page.CloseAsync();
    }

    private async Task Show(string name, string path, string shows, Func<IPage, Task>? act = null, int width = 1280, int height = 800, ColorScheme scheme = ColorScheme.Light, Func<IPage, Task>? prepare = null)
    {
        await using var watched = await _console.Open(path, width, height, scheme, prepare);
        var page = watched.Page;
        await page.Locator(shows).First.WaitForAsync();
        await Expect(page.Locator(".state")).ToContainTextAsync(width < 700 ? "" : "Live");
        if (act is not null)
        {
            await act(page);
        }

        await Expect(page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
        await page.EvaluateAsync("() => document.querySelector('.page')?.scrollTo(0, 0)");
        await page.WaitForTimeoutAsync(500);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Images, name + ".png") });
    }

    /// <summary>A queue as it is on a day on which one server is down and another is busy.</summary>
    private static PretendedQueue Waiting() => new PretendedQueue()
        .With("0N825T96800C5ZN1", "ann@example.com", "bob@partner.example")
        .With("0N826Q1T400C5ZN2", "orders@shop.example", "carol@gone.example", failures: 7, why: "connection timed out", age: TimeSpan.FromHours(9))
        .With("0N827B3GG00C5ZN3", "news@example.com", "reader-one@gone.example", failures: 6, why: "connection timed out", age: TimeSpan.FromHours(8))
        .With("0N827B3GG00C5ZN4", "news@example.com", "reader-two@gone.example", failures: 6, why: "connection timed out", age: TimeSpan.FromHours(8))
        .With("0N8290F7R00C5ZN5", "joe@example.com", "everybody@lists.example", state: "held", failures: 0, why: null, age: TimeSpan.FromMinutes(21))
        .With("0N829R2JC00C5ZN6", "", "zoe@busy.example", failures: 2, why: "421 4.7.0 Too many connections from you, try again later", age: TimeSpan.FromMinutes(6))
        .With("0N829ZZH800C5ZN7", "ann@example.com", "dora@near.example", state: "active", failures: 0, why: null, age: TimeSpan.FromSeconds(1));

    /// <summary>A few mailboxes as a developer has them.</summary>
    private async Task Fill()
    {
        await _console.Send("bob@example.com", "Nightly build failed on main", "Step test failed after 3 min 12 s: 2 tests. The log is attached.\r\n", "CI <ci@build.example>");
        await _console.Send("ann@example.com", "Weekly report", "All is well.\r\n", "cron@host7.example");
        await _console.Send("carol@example.com", "Confirm your address", "Please confirm: https://app.example/confirm?token=5f2c\r\n", "App <no-reply@app.example>");
        await _console.Send("ann@example.com", "Your code is 482913", "Your one-time code is 482913. It is valid for ten minutes.\r\n", "App <no-reply@app.example>");
        await _console.Send("ann@example.com", "=?utf-8?q?Caf=C3=A9_on_Thursday=3F?=", "At noon?\r\n", "=?utf-8?q?Zo=C3=AB?= <zoe@example.org>");
        await _console.Send("ann@example.com", "Your order 10294 has shipped", """
            --b
            Content-Type: multipart/alternative; boundary="c"

            --c
            Content-Type: text/plain; charset=utf-8

            Hello Ann, your parcel is on its way: https://shop.example/t/10294
            --c
            Content-Type: text/html; charset=utf-8

            <!doctype html><body style="font:15px/1.5 sans-serif;color:#222;margin:24px"><h1 style="font-size:22px">Your order has shipped</h1>
            <p>Hello Ann,</p><p>your parcel is on its way and should be with you on <b>Thursday</b>.</p>
            <p><a style="background:#167a4a;color:#fff;padding:10px 18px;border-radius:4px;text-decoration:none" href="https://shop.example/t/10294">Track it</a></p>
            <p style="color:#777">Shop Ltd, 1 High Street <img src="https://shop.example/pixel.gif" alt=""></p></body>
            --c--
            --b
            Content-Type: application/pdf; name="invoice-10294.pdf"
            Content-Disposition: attachment; filename="invoice-10294.pdf"
            Content-Transfer-Encoding: base64

            JVBERi0xLjQK
            --b--

            """.ReplaceLineEndings("\r\n"), "Shop <orders@shop.example>", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n");
        await Eventually.True(() => _console.Server.Mail.Count("ann@example.com") == 4, "the mail", _console.Server);
    }

    /// <summary>
    /// Some traffic, so that there is something to see: sessions that come and go, a few that stay. With pauses: while mail comes in a crowd its
    /// delivery waits (<c>storage.burst-delay</c>), and a picture of that moment would raise questions.
    /// </summary>
    private async Task Load(CancellationToken stop)
    {
        var random = new Random(7);
        var stay = new List<SmtpTalk>();
        foreach (var name in new[] { "printer.client.test", "slow.client.test", "a.client.test", "b.client.test", "c.client.test" })
        {
            var talk = await SmtpTalk.Connect(_console.SmtpPort);
            stay.Add(talk);
            await talk.Reply();
            await talk.Say($"EHLO {name}", "250");
        }

        await stay[0].Say("MAIL FROM:<slow@client.test>", "250");
        await stay[1].Say("MAIL FROM:<slow@client.test>", "250");
        await stay[1].Say("RCPT TO:<load@example.com>", "250");
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            using (var talk = await SmtpTalk.Greeted(_console.SmtpPort))
            {
                for (var i = random.Next(2, 10); i > 0 && !stop.IsCancellationRequested; i--)
                {
                    await talk.Mail("load@example.com", string.Create(CultureInfo.InvariantCulture, $"Subject: {number}\r\n\r\n{new string('x', random.Next(60))}\r\n"));
                }

                await talk.Say("RCPT TO:<nobody@example.com>", "503");
            }

            await Task.Delay(random.Next(60, 240), CancellationToken.None);
        }

        foreach (var talk in stay)
        {
            talk.Dispose();
        }
    }

    [GeneratedRegex(@"(?:!\[[^\]]*\]\(|<img [^>]*src="")([^)""]+\.png)")]
    private static partial Regex Picture();
}
