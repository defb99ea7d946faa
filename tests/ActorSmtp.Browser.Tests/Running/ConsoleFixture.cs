using System.Globalization;
using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>One server with its console, one browser, for all tests; each test takes a mailbox of its own and a page of its own.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    /// <summary>A notice that offers Undo goes after six seconds. A busy machine presses keys more slowly than people do, so here after thirty.</summary>
    private const string UnhurriedNotices = "(() => { const later = setTimeout; window.setTimeout = (then, ms, ...rest) => later(then, ms === 6000 ? 30000 : ms, ...rest); })()";

    private readonly TemporaryFolder _folder = new();
    private Chromium? _chromium;

    internal Trap Trap { get; } = new();

    /// <summary>Takes what the webhook <c>crm</c> is told: mail for support@example.com, and tests.</summary>
    internal HookReceiver Hook { get; } = new();

    internal RunningServer Server { get; private set; } = null!;

    /// <summary>Where the console is: <c>http://127.0.0.1:PORT</c>.</summary>
    internal string Origin => $"http://127.0.0.1:{Server.Listeners["console"].Port.ToString(CultureInfo.InvariantCulture)}";

    internal int SmtpPort => Server.Port("smtp");

    internal IBrowserContext Context => _chromium!.Context;

    public async Task InitializeAsync()
    {
        if (Chromium.Missing is not null)
        {
            return;
        }

        Server = await RunningServer.Laptop(
            _folder["data"],
            "console.bind=127.0.0.1:0", $"webhooks.crm.url={Hook.Address}", "webhooks.crm.secret=a secret of the tests", "webhooks.crm.mailboxes=[\"support@example.com\"]");
        _chromium = await Chromium.Start(Trap.Port);
    }

    public async Task DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
            await Server.DisposeAsync();
        }

        await Hook.DisposeAsync();
        await Trap.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A page of the console, watched: what it asks for, what it complains of; <paramref name="prepare"/> comes before its first load. Skips the test where there is no browser.</summary>
    internal async Task<WatchedPage> Open(string path, int width = 1600, int height = 900, ColorScheme scheme = ColorScheme.Light, Func<IPage, Task>? prepare = null)
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        var page = await Context.NewPageAsync();
        await page.SetViewportSizeAsync(width, height);
        await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await page.AddInitScriptAsync(UnhurriedNotices);
        var watched = new WatchedPage(page, Origin);
        await (prepare?.Invoke(page) ?? Task.CompletedTask);
        await page.GotoAsync(Origin + path);
        return watched;
    }

    /// <summary>Sends a message of a few words; answers its id.</summary>
    internal async Task<string> Send(string to, string subject, string body = "Hello\r\n", string from = "Bob <bob@example.org>", string more = "")
    {
        using var talk = await SmtpTalk.Greeted(SmtpPort);
        return await talk.Mail(to, $"From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n{more}\r\n{body}");
    }

    /// <summary>A mailbox nobody else uses.</summary>
    internal static string Mailbox(string name = "box") => $"{name}-{Guid.NewGuid().ToString("N")[..8]}@example.com";
}

[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleFixture>
{
    public const string Name = "one server with a console, one browser";
}
