using System.Text;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>What is told of sessions and messages from the log's files.</summary>
public sealed class LogStoriesTests : IDisposable
{
    private const string Mail = "0123456789012345";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_session_of_a_message_is_found_and_its_story_told()
    {
        Write(1, [.. Noise(100), Accepted, .. Noise(100)]);
        var stories = Stories();

        Assert.Equal("s0001-1", await stories.SessionOfAsync(Mail, default));
        Assert.Single((await stories.ExplainAsync(Mail, default))!.Entries);
    }

    [Fact]
    public async Task Files_are_looked_through_up_to_a_bound_from_the_newest_line_back()
    {
        Write(1, [Accepted, .. Noise(100)]);
        var newer = (long)string.Concat(Noise(100)).Length;

        Assert.Null(await Stories(newer).SessionOfAsync(Mail, default));
        Assert.Null(await Stories(newer).ExplainAsync(Mail, default));
        Assert.Equal("s0001-1", await Stories(newer + Accepted.Length).SessionOfAsync(Mail, default));
    }

    [Fact]
    public async Task What_is_asked_of_memory_alone_looks_at_no_file()
    {
        Write(1, [Accepted]);

        Assert.Null(await Stories().RecentSessionOfAsync(Mail, default));
        Assert.Equal("s7", await new LogStories(_folder.Path, "mx.test", new Remembered()).RecentSessionOfAsync(Mail, default));
    }

    [Fact]
    public async Task Who_loses_patience_leaves_the_files_to_the_next()
    {
        Write(1, [Accepted]);
        var stories = Stories();
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stories.SessionOfAsync(Mail, gone.Token));
        Assert.Equal("s0001-1", await stories.SessionOfAsync(Mail, default));
    }

    private static string Accepted { get; } =
        $"{{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"info\",\"event\":1204,\"session\":\"s0001-1\",\"tx\":\"{Mail}\",\"text\":\"accepted {Mail}\"}}";

    private static IEnumerable<string> Noise(int lines) =>
        Enumerable.Range(0, lines).Select(n => $"{{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"info\",\"session\":\"s0002-{n}\",\"text\":\"line {n}\"}}");

    private LogStories Stories(long mostRead = long.MaxValue) => new(_folder.Path, "mx.test", memory: null, mostRead);

    private void Write(int number, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(LogFolder.FolderOf(_folder.Path));
        File.WriteAllText(Path.Combine(LogFolder.FolderOf(_folder.Path), $"actorsmtp-{number:000000}.jsonl"), string.Concat(lines.Select(l => l + "\n")), new UTF8Encoding(false));
    }

    private sealed class Remembered : ISessionStories
    {
        public Task<TranscriptView?> TranscriptAsync(string sessionId, CancellationToken cancellation) => Task.FromResult<TranscriptView?>(null);

        public Task<string?> SessionOfAsync(string mailId, CancellationToken cancellation) => Task.FromResult<string?>("s7");

        public Task<Story?> ExplainAsync(string id, CancellationToken cancellation) => Task.FromResult<Story?>(null);
    }
}
