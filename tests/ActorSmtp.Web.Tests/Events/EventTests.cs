using System.Text.Json;
using ActorSmtp.Web.Events;

namespace ActorSmtp.Web.Tests.Events;

/// <summary>What happens, as pages see it.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task A_message_is_told_when_it_is_in_its_mailbox_and_what_becomes_of_it()
    {
        await using var console = await RunningConsole.StartAsync();
        using var reader = await WatchAsync(console, "/api/events");
        Assert.Equal("hello", (await NextAsync(reader)).Type);

        await console.SubmitAsync("bob@a.test", "Subject: live\n\nx\n");
        var (type, data) = await NextAsync(reader);
        Assert.Equal("message", type);
        Assert.Equal("live", data.GetProperty("subject").GetString());
        await console.Http.DeleteAsync($"/api/mailboxes/bob@a.test/messages/{data.GetProperty("key").GetString()}");
        (type, data) = await NextAsync(reader);
        Assert.Equal("message-removed", type);
        Assert.Equal("bob@a.test", data.GetProperty("mailbox").GetString());
        await console.PostAsync("/api/leases");
        Assert.Equal("lease", (await NextAsync(reader)).Type);
    }

    [Fact]
    public async Task Other_mailboxes_and_other_types_are_not_told()
    {
        await using var console = await RunningConsole.StartAsync();
        using var reader = await WatchAsync(console, "/api/events?types=message&mailbox=bob@a.test");
        await NextAsync(reader);
        await console.SendAsync("eve@a.test", "Subject: other\n\nx\n");
        await console.PostAsync("/api/leases");
        await console.SubmitAsync("bob@a.test", "Subject: own\n\nx\n");
        Assert.Equal("own", (await NextAsync(reader)).Data.GetProperty("subject").GetString());
    }

    [Fact]
    public async Task An_unknown_type_is_a_mistake()
    {
        await using var console = await RunningConsole.StartAsync();
        await RunningConsole.ProblemAsync(await console.Http.GetAsync("/api/events?types=mesage"), 400, "invalid");
    }

    [Fact]
    public void A_watcher_that_is_too_slow_loses_events_and_knows_how_many()
    {
        var hub = new EventHub(mostWatchers: 2);
        using var slow = hub.Watch((_, _) => true)!;
        for (var i = 0; i < Watcher.Room + 7; i++)
        {
            hub.Publish("message", null, i);
        }

        Assert.Equal(7, slow.TakeLost());
        Assert.Equal(0, slow.TakeLost());
        for (var i = 0; i < Watcher.Room; i++)
        {
            Assert.True(slow.Waiting.TryRead(out _));
        }

        Assert.False(slow.Waiting.TryRead(out _));
    }

    [Fact]
    public void There_is_a_bound_of_watchers()
    {
        var hub = new EventHub(mostWatchers: 1);
        var first = hub.Watch((_, _) => true)!;
        Assert.Null(hub.Watch((_, _) => true));
        first.Dispose();
        Assert.NotNull(hub.Watch((_, _) => true));
    }

    private static async Task<StreamReader> WatchAsync(RunningConsole console, string path)
    {
        var response = await console.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<(string Type, JsonElement Data)> NextAsync(StreamReader reader)
    {
        var type = "";
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                type = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (type, JsonDocument.Parse(line["data: ".Length..]).RootElement);
            }
        }

        throw new EndOfStreamException();
    }
}
