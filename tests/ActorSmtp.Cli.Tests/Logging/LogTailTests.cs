using System.Text;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Server.Inspection;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>The log for onlookers: pages from the files, newest first, and lines as they come.</summary>
public sealed class LogTailTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pages_go_from_the_newest_line_to_the_oldest_over_all_files()
    {
        Write(1, Enumerable.Range(0, 700).Select(n => Line(n, "info")));
        Write(2, Enumerable.Range(700, 700).Select(n => Line(n, "info")));
        var tail = new LogTail(_folder.Path, () => { });

        var seen = new List<string>();
        string? before = null;
        do
        {
            var page = await tail.ReadAsync(new Server.Inspection.LogFilter(), 97, before, default);
            seen.AddRange(page.Items.Select(e => e.Message));
            before = page.Next;
        }
        while (before is not null);

        Assert.Equal(Enumerable.Range(0, 1400).Reverse().Select(n => $"line {n} {new string('x', n)}"), seen);
    }

    [Fact]
    public async Task Only_lines_that_are_wanted_are_in_a_page()
    {
        Write(1, [Line(1, "info"), Line(2, "error"), "{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"warning\",\"actor\":\"/user/mailboxes\",\"session\":\"s1\",\"text\":\"MiXed\",\"count\":3}", "torn {"]);
        var tail = new LogTail(_folder.Path, () => { });

        Assert.Equal(2, (await Read(new(Level: "warning"))).Length);
        Assert.Equal("MiXed", Assert.Single(await Read(new(Session: "S1"))).Message);
        Assert.Equal("3", Assert.Single(await Read(new(Actor: "/user/mailboxes"))).Properties["count"]);
        Assert.Equal("MiXed", Assert.Single(await Read(new(Text: "mixED"))).Message);

        async Task<System.Collections.Immutable.ImmutableArray<LogEntry>> Read(Server.Inspection.LogFilter filter) => (await tail.ReadAsync(filter, 10, null, default)).Items;
    }

    [Fact]
    public async Task Who_asks_for_the_usual_gets_what_the_files_are_given_now()
    {
        Write(1, [Line(1, "info"), Line(2, "warning")]);
        var files = LogEventLevel.Information;
        var tail = new LogTail(_folder.Path, () => { }, () => files);
        var usual = new Server.Inspection.LogFilter(Server.Inspection.LogFilter.Usual);
        Assert.Equal(2, (await tail.ReadAsync(usual, 10, null, default)).Items.Length);

        files = LogEventLevel.Warning;
        Assert.Single((await tail.ReadAsync(usual, 10, null, default)).Items);
        using (tail.Watch(usual, _ => { }))
        {
            Assert.Equal(LogEventLevel.Warning, tail.Least);
        }
    }

    [Fact]
    public void Who_watches_hears_what_it_wants_and_has_lines_made_that_nobody_else_takes()
    {
        var changes = 0;
        var tail = new LogTail(_folder.Path, () => changes++);
        var heard = new List<string>();
        Assert.True(tail.Least > LogEventLevel.Fatal);
        using (tail.Watch(new(Level: "debug", Session: "s1"), e => heard.Add(e.Message)))
        {
            Assert.Equal(LogEventLevel.Debug, tail.Least);
            tail.Emit(Event("one", "s1", LogEventLevel.Debug));
            tail.Emit(Event("two", "s2", LogEventLevel.Error));
        }

        tail.Emit(Event("three", "s1", LogEventLevel.Error));
        Assert.Equal(["one"], heard);
        Assert.Equal(2, changes);
        Assert.True(tail.Least > LogEventLevel.Fatal);
    }

    [Fact]
    public void A_watcher_that_fails_watches_no_more()
    {
        var tail = new LogTail(_folder.Path, () => { });
        tail.Watch(new(), _ => throw new InvalidOperationException());

        tail.Emit(Event("one", "s1", LogEventLevel.Information));

        Assert.True(tail.Least > LogEventLevel.Fatal);
    }

    private static string Line(int n, string level) => $"{{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"{level}\",\"text\":\"line {n} {new string('x', n)}\"}}";

    private static LogEvent Event(string text, string session, LogEventLevel level) => new(
        DateTimeOffset.UnixEpoch, level, null, new MessageTemplateParser().Parse(text), [new LogEventProperty("session", new ScalarValue(session))]);

    private void Write(int number, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(LogFolder.FolderOf(_folder.Path));
        File.WriteAllText(Path.Combine(LogFolder.FolderOf(_folder.Path), $"actorsmtp-{number:000000}.jsonl"), string.Concat(lines.Select(l => l + "\n")), new UTF8Encoding(false));
    }
}
