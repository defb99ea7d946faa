using System.Text;
using System.Text.Json;
using ActorSmtp.Cli.Logging;
using Serilog.Events;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>The files: rolled by size, the oldest removed, read back in order.</summary>
public sealed class LogFolderTests
{
    [Fact]
    public async Task Files_roll_the_oldest_goes_and_a_reader_follows()
    {
        using var folder = new TemporaryFolder();
        using var files = new LogFolder(folder.Path, size: 2000, count: 3);
        files.Open();
        for (var i = 0; i < 100; i++)
        {
            files.Write([Lines.Of($"line {i}")]);
        }

        Assert.Equal(3, LogFolder.Files(folder.Path).Count);
        var read = new List<string>();
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var next = 100;
        await foreach (var line in new LogReader(folder.Path).ReadAsync(follow: true, enough.Token))
        {
            if (line.IsEmpty || next is > 100 and < 200)
            {
                files.Write([Lines.Of($"line {next++}")]);               // goes on into further files while it is read
            }

            if (!line.IsEmpty)
            {
                read.Add(LogRecord.TryParse(line)!.Text);
            }

            if (read.Count > 0 && read[^1] == "line 199")
            {
                break;
            }
        }

        var first = int.Parse(read[0].AsSpan(5), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(first, 1, 99);
        Assert.Equal(Enumerable.Range(first, 200 - first).Select(i => $"line {i}"), read);
    }

    [Fact]
    public void Nothing_is_written_before_the_folder_is_ours()
    {
        using var folder = new TemporaryFolder();
        var files = new LogFolder(folder.Path, 2000, 3);
        var sink = new QueuedSink("the disk", () => LogEventLevel.Debug, 100, files.Write);
        sink.Emit(Lines.Of("x"));
        files.GiveUp();
        sink.Dispose();

        Assert.Empty(LogFolder.Files(folder.Path));
    }

    [Fact]
    public void A_next_run_goes_on_in_the_last_file()
    {
        using var folder = new TemporaryFolder();
        for (var run = 0; run < 2; run++)
        {
            using var files = new LogFolder(folder.Path, 2000, 3);
            files.Open();
            files.Write([Lines.Of($"run {run}")]);
        }

        Assert.Equal(2, File.ReadAllLines(Assert.Single(LogFolder.Files(folder.Path))).Length);
    }

    [Theory]
    [InlineData("quote \" backslash \\ tab \t cr \r lf \n nul \0 esc \u001b c1 \u0085 ls \u2028 rlo \u202e half \ud800 pair \ud83d\ude00 \u00fc")]
    public void A_line_is_one_line_of_JSON_whatever_is_in_it(string text)
    {
        var into = new StringBuilder();
        JsonLines.Write(Lines.Of("{Line}", LogEventLevel.Debug, ("Line", text), ("actor", "/user/" + text), ("session", "s1")), into, new StringBuilder());

        var line = into.ToString();
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain(line[..^1], char.IsControl);
        var read = LogRecord.TryParse(Encoding.UTF8.GetBytes(line))!;
        Assert.Equal(text.Replace('\ud800', '\ufffd').Length, read.Text.Length);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind);
    }

    [Theory]
    [InlineData("listeners/smtp", "/user/listeners/smtp", true)]
    [InlineData("listeners/smtp", "/user/listeners/smtp/s-1", true)]
    [InlineData("/user/listeners/smtp/", "/user/listeners/smtp/s-1", true)]
    [InlineData("listeners/smtp", "/user/listeners/smtps", false)]
    [InlineData("listeners", null, false)]
    public void An_actor_is_picked_with_what_is_below_it(string wanted, string? path, bool isWanted) => Assert.Equal(
        isWanted, new LogFilter(null, wanted, null, 0).Wants(new LogRecord(DateTime.UnixEpoch, "info", 0, path, null, null, null, "", null, [])));
}
