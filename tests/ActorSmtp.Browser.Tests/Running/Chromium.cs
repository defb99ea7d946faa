using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>
/// Debian's Chromium, driven by Playwright. It reaches nothing but loopback: every other name is unknown to it, and the names of hostile mail lead to
/// the trap, so that whatever tries to call is caught.
/// </summary>
/// <remarks>
/// Playwright's own switches would turn off speculation (preconnect and the like), and with it one of the ways in which mail calls home. So the
/// browser starts with none of them, and with the few that keep it from calling its maker.
/// </remarks>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private const float Patience = 60_000;
    private readonly IPlaywright _playwright;
    private readonly TemporaryFolder _profile;

    private Chromium(IPlaywright playwright, IBrowserContext context, TemporaryFolder profile)
    {
        _playwright = playwright;
        _profile = profile;
        Context = context;
    }

    /// <summary>Where its pages live; all of them share what a person's browser shares.</summary>
    public IBrowserContext Context { get; }

    /// <summary>Why there is none; null where there is one.</summary>
    public static string? Missing => Path is null ? "chromium is not installed; ./test.sh installs it" : null;

    private static string? Path { get; } = Names
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator).Select(folder => System.IO.Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    public static async Task<Chromium> Start(int trapPort)
    {
        var playwright = await Playwright.CreateAsync();
        var profile = new TemporaryFolder();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(profile["profile"], new()
        {
            ExecutablePath = Path,
            IgnoreAllDefaultArgs = true,
            Args =
            [
                "--headless", "--no-sandbox", "--remote-debugging-pipe", $"--user-data-dir={profile["profile"]}", "--no-first-run", "--no-default-browser-check",
                "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-domain-reliability", "--disable-dev-shm-usage", "--mute-audio",
                "--force-color-profile=srgb", "--hide-scrollbars", "--lang=en-GB", "--password-store=basic", "--use-mock-keychain",
                "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
                $"--host-resolver-rules=MAP *.hostile.test 127.0.0.1:{trapPort}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
            Locale = "en-GB",
            TimezoneId = "UTC",
            ViewportSize = new() { Width = 1600, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        return new Chromium(playwright, context, profile);
    }

    public async ValueTask DisposeAsync()
    {
        await Context.CloseAsync();
        _playwright.Dispose();
        _profile.Dispose();
    }
}
