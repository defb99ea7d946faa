using System.Text.Json;
using System.Text.RegularExpressions;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Telemetry;

/// <summary>The dashboard asks for figures that are there, and a checker of Prometheus' own takes them.</summary>
public sealed partial class DashboardTests
{
    [Fact]
    public async Task Every_query_of_the_dashboard_names_a_figure_that_exists()
    {
        var shown = await Prometheus();
        var names = NameInText().Matches(shown).Select(m => m.Groups[1].Value).ToHashSet();
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Root(), "packaging/grafana/actorsmtp.json")));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!).ToList();

        Assert.True(queries.Count > 20);
        Assert.All(queries, query => Assert.All(NameInQuery().Matches(query).Select(m => m.Value), name => Assert.Contains(name, names)));
    }

    [SkippableFact]
    public async Task Promtool_finds_nothing_wrong()
    {
        Skip.IfNot(File.Exists("/usr/bin/promtool"), "promtool is not installed; ./test.sh installs it");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(await Prometheus());
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal("", said);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task What_became_of_webhooks_events_is_counted()
    {
        var shown = await Prometheus(server =>
        {
            server.Count(WebhookOutcome.Delivered);
            server.Count(WebhookOutcome.Delivered);
            server.Count(WebhookOutcome.Failed);
        });
        Assert.Contains("\nactorsmtp_webhooks_delivered_total 2\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nactorsmtp_webhooks_failed_total 1\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nactorsmtp_webhooks_dropped_total 0\n", shown, StringComparison.Ordinal);
    }

    private static async Task<string> Prometheus(Action<MailServer>? use = null)
    {
        await using var at = await SessionHarness.StartAsync();
        use?.Invoke(at.Server.Server);
        var stream = new MemoryStream();
        await at.Server.Inspection.Metrics!.WritePrometheusAsync(stream, CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "ActorSmtp.sln")))
        {
            at = at.Parent;
        }

        return at.FullName;
    }

    [GeneratedRegex(@"(?m)^([a-z_]+)[ {]")]
    private static partial Regex NameInText();

    [GeneratedRegex("actorsmtp_[a-z_]+")]
    private static partial Regex NameInQuery();
}
