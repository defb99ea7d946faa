using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>Three nodes of a database that a page is shown in place of the one server: one that takes mail, one that ends, one that is gone; two of them told otherwise.</summary>
/// <param name="otherwise">What the second of them was told.</param>
internal sealed class PretendedNodes(string otherwise = "5m, <b>30m</b>")
{
    private int _asked;

    public async Task Attach(IPage page)
    {
        await page.RouteAsync(url => new Uri(url).AbsolutePath == "/api/nodes", route => route.FulfillAsync(new() { ContentType = "application/json", Body = List().ToJsonString() }));
        await page.RouteAsync(url => new Uri(url).AbsolutePath == "/api/server", async route =>
        {
            var answer = await route.FetchAsync();
            var server = JsonNode.Parse(await answer.TextAsync())!;
            server["storage"]!["kind"] = "postgres";
            await route.FulfillAsync(new() { Response = answer, Body = server.ToJsonString() });
        });
    }

    private JsonObject List()
    {
        var asked = Interlocked.Increment(ref _asked);
        return new JsonObject
        {
            ["storage"] = "postgres",
            ["nodes"] = new JsonArray(
                Node("mx1", "up", "1.4.0", TimeSpan.FromHours(75), 0.3, 412, 1_204_553 + (4_200L * asked), isThis: true),
                Node("mx2", "draining", "1.4.0", TimeSpan.FromHours(75), 0.8, 18, 1_190_320, isThis: false),
                Node("mx3", "gone", "1.3.2", TimeSpan.FromHours(300), 271, 0, 5_731_004, isThis: false)),
            ["differences"] = new JsonArray(new JsonObject
            {
                ["key"] = "actorsmtp.outbound.retry",
                ["values"] = new JsonArray(
                    new JsonObject { ["node"] = "mx1", ["value"] = "1m, 5m, 15m, 1h, 4h" },
                    new JsonObject { ["node"] = "mx2", ["value"] = otherwise }),
            }),
        };
    }

    private static JsonObject Node(string name, string state, string version, TimeSpan age, double seen, long held, long stored, bool isThis) => new()
    {
        ["id"] = $"{name}/7d1f02ac",
        ["name"] = name,
        ["version"] = version,
        ["state"] = state,
        ["startedAt"] = DateTimeOffset.UtcNow - age,
        ["seenSecondsAgo"] = seen,
        ["held"] = held,
        ["stored"] = stored,
        ["this"] = isThis,
    };
}
