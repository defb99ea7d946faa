using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>Figures, traces and log lines reach a collector.</summary>
public sealed class OtlpExportTests
{
    [Fact]
    public async Task A_collector_gets_figures_spans_and_lines()
    {
        var got = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{kind}", async (HttpContext http, string kind) =>
        {
            var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var text = Encoding.Latin1.GetString(body.ToArray());
            got.AddOrUpdate(kind, text, (_, before) => before + text);
            return Results.Bytes([], "application/x-protobuf");
        });
        await collector.StartAsync();
        string id;
        await using (var server = await RunningServer.StartAsync($"telemetry.otlp={collector.Urls.First()}", "telemetry.trace-percent=100", "telemetry.every=1s"))
        {
            var sent = await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b");
            Assert.Equal(0, sent.ExitCode);
            await server.UntilMail("bob@x.test");
            await server.Until(s => s.Files.Contains("delivered", StringComparison.Ordinal));
            id = System.Text.RegularExpressions.Regex.Match(server.Files, "\"tx\":\"([0-9A-Z]{16})\"").Groups[1].Value;
            await server.Until(_ => Has("metrics", "actorsmtp.messages.accepted", "actorsmtp.store.commit.duration", "actorsmtp.sessions.open"));
        }                                                           // what waits is sent at the end

        Assert.True(Has("traces", "receive", "commit", "deliver", id, "actorsmtp"), got.GetValueOrDefault("traces"));
        Assert.True(Has("logs", $"accepted {id} from", $"delivered {id} to bob@x.test", "/user/mailboxes"), got.GetValueOrDefault("logs"));

        bool Has(string kind, params string[] words) => got.TryGetValue(kind, out var text) && words.All(w => text.Contains(w, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collector_that_is_not_there_keeps_nothing_waiting()
    {
        await using var server = await RunningServer.StartAsync("telemetry.otlp=http://127.0.0.1:1", "telemetry.trace-percent=100", "telemetry.every=1s");

        var sent = await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b");

        Assert.Equal(0, sent.ExitCode);
        await server.UntilMail("bob@x.test");
    }
}
