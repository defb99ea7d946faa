using System.CommandLine;
using System.Text.Json;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Admin;

/// <summary><c>log --follow</c>: live from the running server, from the files where none runs.</summary>
public sealed class LogFollowTests
{
    [Fact]
    public async Task The_log_is_followed_live_and_goes_on_in_the_files_when_the_server_has_ended()
    {
        await using var server = await RunningServer.StartAsync("logging.file.level=info");
        await server.Until(s => s.Files.Contains("mailbox list", StringComparison.Ordinal));
        await using var log = Followed.Start(server.Data, "--set", "logging.file.level=info");
        await log.Until("mailbox list");

        var sent = await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b");
        Assert.Equal(0, sent.ExitCode);
        await log.Until("delivered");
        Assert.DoesNotContain("MAIL FROM", log.Shown, StringComparison.Ordinal);         // as much as the files are given

        await server.StopAsync();
        await log.Until(" stopped");
        Assert.Equal(["actorsmtp: the server has ended; waiting for what the next one writes"], log.Complaints);
        Assert.Equal(2, log.Shown.Split("listening on").Length);                         // once
        Assert.Equal(2, log.Shown.Split(" stopped").Length);
    }

    [Fact]
    public async Task What_only_the_running_server_knows_is_shown_too()
    {
        await using var server = await RunningServer.StartAsync("logging.file.level=off");
        await using var log = Followed.Start(server.Data, "--level", "debug", "--json");
        await server.Until(_ => log.IsRunning);
        for (var i = 0; !log.Shown.Contains("MAIL FROM:<ann@c.test>", StringComparison.Ordinal); i++)
        {
            Assert.True(i < 100, log.Shown);                                             // until the watch has begun
            await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b");
        }

        await log.Until("MAIL FROM:<ann@c.test>");
        var line = log.Shown.Split('\n').First(l => l.Contains("MAIL FROM:<ann@c.test>", StringComparison.Ordinal));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal("debug", json.GetProperty("level").GetString());
        Assert.StartsWith("/user/listeners/smtp/", json.GetProperty("actor").GetString(), StringComparison.Ordinal);
        Assert.Contains("MAIL FROM", json.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_server_runs_the_files_are_followed()
    {
        string data;
        await using var server = await RunningServer.StartAsync("logging.file.level=info");
        data = server.Data;
        await server.Until(s => s.Files.Contains("mailbox list", StringComparison.Ordinal));
        await server.StopAsync();
        await using var log = Followed.Start(data);
        await log.Until(" stopped");
        Assert.Empty(log.Complaints);
    }

    [SkippableFact]
    public async Task A_log_that_must_not_be_read_is_77()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "this user may read everything");
        using var folder = new TemporaryFolder();
        var log = Directory.CreateDirectory(Path.Combine(folder.Path, "log"));
        foreach (var closed in new[] { log.FullName, folder.Path })
        {
            if (!OperatingSystem.IsWindows())
            {
                var mode = File.GetUnixFileMode(closed);
                File.SetUnixFileMode(closed, UnixFileMode.None);
                var typed = await Typed.Run("log", "--set", $"data-dir={folder.Path}");
                File.SetUnixFileMode(closed, mode);
                Assert.Equal(ExitCodes.Permission, typed.ExitCode);
                Assert.Contains("check its owner and permissions", typed.Complaint, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>The command while it runs.</summary>
    private sealed class Followed : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly StringWriter _out = new();
        private readonly StringWriter _error = new();
        private readonly TextWriter _lockedOut;
        private readonly TextWriter _lockedError;
        private readonly Task _running;

        private Followed(string[] words)
        {
            (_lockedOut, _lockedError) = (TextWriter.Synchronized(_out), TextWriter.Synchronized(_error));
            var terminal = new Terminal
            {
                In = TextReader.Null,
                InOctets = () => Stream.Null,
                Out = _lockedOut,
                OutOctets = () => Stream.Null,
                Error = _lockedError,
                Variables = new Dictionary<string, string>(),
            };
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = _lockedOut, Error = _lockedError };
            _running = Task.Run(() => Shell.Root(terminal).Parse(words).InvokeAsync(configuration, _stop.Token));
        }

        public bool IsRunning => !_running.IsCompleted;

        public string Shown => Text(_lockedOut, _out);

        public string[] Complaints => Text(_lockedError, _error).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public static Followed Start(string data, params string[] words) => new(["log", "--follow", .. words, "--set", $"data-dir={data}"]);

        public async Task Until(string part)
        {
            for (var i = 0; !Shown.Contains(part, StringComparison.Ordinal); i++)
            {
                Assert.True(i < 1200 && IsRunning, $"no \"{part}\" in:\n{Shown}\n{string.Join('\n', Complaints)}{_running.Exception}");
                await Task.Delay(50);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        // A synchronized writer locks itself.
        private static string Text(TextWriter locked, StringWriter inner)
        {
            lock (locked)
            {
                return inner.ToString();
            }
        }
    }
}
