using System.Text;
using ActorSmtp.Cli.Tests.Composition;
using ActorSmtp.Storage.Postgres.Tests;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>migrate</c> and <c>nodes</c>, and the other commands on a database.</summary>
public sealed class MigrateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_database_that_is_not_there_is_unavailable()
    {
        string[] shared = ["--set", $"data-dir={_folder.Path}", "--set", "storage.kind=postgres", "--set", "storage.connection=\"Host=127.0.0.1;Port=1;Username=nobody;Database=none\""];
        Assert.Equal(ExitCodes.Unavailable, (await Typed.Run(["nodes", .. shared])).ExitCode);
        Assert.Equal(ExitCodes.Unavailable, (await Typed.Run(["user", "list", .. shared])).ExitCode);
        Assert.Equal(ExitCodes.Unavailable, (await Typed.Run(["mailbox", "list", .. shared])).ExitCode);
    }

    [Fact]
    public async Task A_folder_to_move_to_is_made_and_one_to_move_from_is_missed()
    {
        var folder = Path.Combine(_folder.Path, "new");
        string[] shared = ["--set", $"data-dir={folder}", "--set", "storage.connection=\"Host=127.0.0.1;Port=1;Username=nobody;Database=none\""];
        Assert.Contains("there is no data directory", (await Typed.Run(["migrate", "--to", "postgres", .. shared])).Complaint, StringComparison.Ordinal);
        Assert.Contains("The database cannot be used", (await Typed.Run(["migrate", "--to", "maildir", .. shared])).Complaint, StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public async Task Without_a_database_there_is_nowhere_to_go_and_there_are_no_nodes()
    {
        var migrated = await Typed.Run("migrate", "--to", "postgres", "--set", $"data-dir={_folder.Path}");
        Assert.Equal(ExitCodes.Configuration, migrated.ExitCode);
        Assert.StartsWith("actorsmtp.storage.connection = \"\": expected ", migrated.Complaint, StringComparison.Ordinal);

        var nodes = await Typed.Run("nodes", "--set", $"data-dir={_folder.Path}");
        Assert.Equal(ExitCodes.Configuration, nodes.ExitCode);
        Assert.Contains("a server that keeps mail in files is alone", nodes.Complaint, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Usage, (await Typed.Run("migrate", "--to", "tape")).ExitCode);
    }

    [SkippableFact]
    public async Task A_server_with_Maildirs_moves_into_the_database_and_back_with_equal_sums()
    {
        var connection = $"storage.connection=\"{Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())}\"";
        string[] files = ["--set", $"data-dir={_folder.Path}/first", "--set", connection];
        string[] back = ["--set", $"data-dir={_folder.Path}/second", "--set", connection];
        string[] shared = [.. files, "--set", "storage.kind=postgres"];
        Directory.CreateDirectory($"{_folder.Path}/first");
        Directory.CreateDirectory($"{_folder.Path}/second");
        Assert.Equal(0, (await Typed.RunWith("helloken\n", null, ["user", "add", "barbie", "--address", "b@example.com", "--password-stdin", .. files])).ExitCode);
        Message("first", "barbie", "new", "1767200000.M1P1.other", "Subject: one\r\n\r\n1\r\n");
        Message("first", "barbie", "cur", "1767200001.M2P1.other:2,FS", "Subject: two\r\n\r\n2\r\n");

        var moved = await Typed.Run(["migrate", "--to", "postgres", "--json", .. files]);
        Assert.Equal((0, ""), (moved.ExitCode, moved.Error));
        Assert.Equal((1, 2, 0), (moved.Json.GetProperty("accounts").GetInt32(), moved.Json.GetProperty("copied").GetInt32(), moved.Json.GetProperty("kept").GetInt32()));

        Assert.Contains("barbie", (await Typed.Run(["user", "list", .. shared])).Out, StringComparison.Ordinal);
        Assert.Contains("two", (await Typed.Run(["mailbox", "show", "barbie", .. shared])).Out, StringComparison.Ordinal);
        Assert.Contains("no nodes yet", (await Typed.Run(["nodes", .. shared])).Out, StringComparison.Ordinal);

        var returned = await Typed.Run(["migrate", "--to", "maildir", .. back]);
        Assert.Equal((0, ""), (returned.ExitCode, returned.Error));
        Assert.Contains("1 accounts, 0 tokens, 1 mailboxes: 2 messages (", returned.Out, StringComparison.Ordinal);
        Assert.Contains(moved.Json.GetProperty("fromSum").GetString()!, returned.Out, StringComparison.Ordinal);
        Assert.Equal("Subject: two\r\n\r\n2\r\n", await File.ReadAllTextAsync($"{_folder.Path}/second/mail/barbie/Maildir/cur/1767200001.M2P1.other:2,FS"));
        Assert.Equal(await File.ReadAllTextAsync($"{_folder.Path}/first/users"), await File.ReadAllTextAsync($"{_folder.Path}/second/users"));

        Message("second", "barbie", "new", "1767200002.M3P1.other", "more\r\n");
        var differs = await Typed.Run(["migrate", "--to", "maildir", .. back]);
        Assert.Equal(ExitCodes.BadData, differs.ExitCode);
        Assert.Contains("the two sides differ", differs.Complaint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Nothing_moves_while_a_node_runs_or_mail_waits()
    {
        var database = Cluster.Shared.NewDatabase();
        string[] all = ["--set", $"data-dir={_folder.Path}", "--set", $"storage.connection=\"{Cluster.Shared.ConnectionTo(database)}\"", "--set", "storage.kind=postgres"];
        Assert.Equal(0, (await Typed.Run(["nodes", .. all])).ExitCode);
        Cluster.Shared.Execute(database, "INSERT INTO nodes VALUES ('a/1', 'a', '0.1.0', '{}', now(), now(), now() + INTERVAL '1 hour', 'up', 3, 7)");
        Assert.Contains("a  ", (await Typed.Run(["nodes", .. all])).Out, StringComparison.Ordinal);
        Assert.Equal("a", (await Typed.Run(["nodes", "--json", .. all])).Json.GetProperty("nodes")[0].GetProperty("name").GetString());
        var running = await Typed.Run(["migrate", "--to", "maildir", .. all]);
        Assert.Equal(ExitCodes.TemporaryFailure, running.ExitCode);
        Assert.Contains("The node a is running", running.Complaint, StringComparison.Ordinal);

        Cluster.Shared.Execute(database, "UPDATE nodes SET state = 'migrating'");
        Assert.Contains("Another actorsmtp migrate has the database to itself (as a): wait until it has ended; if it was killed, that ends by itself within 15 s.", (await Typed.Run(["migrate", "--to", "maildir", .. all])).Complaint, StringComparison.Ordinal);

        Cluster.Shared.Execute(database, "UPDATE nodes SET until = now() - INTERVAL '1 second'");
        Cluster.Shared.Execute(database, "INSERT INTO accepted VALUES ('x', now(), 0, '', 0, 1, '{}', 'x')");
        var waiting = await Typed.Run(["migrate", "--to", "maildir", .. all]);
        Assert.Equal(ExitCodes.TemporaryFailure, waiting.ExitCode);
        Assert.Contains("1 messages in the database are accepted and not delivered", waiting.Complaint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Nothing_moves_while_a_server_works_on_the_files()
    {
        var database = Cluster.Shared.NewDatabase();
        string[] all = ["--set", $"data-dir={_folder.Path}", "--set", $"storage.connection=\"{Cluster.Shared.ConnectionTo(database)}\""];
        Message("", "barbie", "new", "1767200000.M1P1.other", "Subject: one\r\n\r\n1\r\n");
        var settings = RunningServer.Load(_folder, $"data-dir={_folder.Path}").Server.Storage.Files;
        await using (var server = ActorSmtp.Storage.Stores.OnDisk(settings, null, TimeProvider.System))
        {
            await server.Mail.OpenAsync(default);
            foreach (var to in new[] { "postgres", "maildir" })
            {
                var refused = await Typed.Run(["migrate", "--to", to, .. all]);
                Assert.Equal(ExitCodes.TemporaryFailure, refused.ExitCode);
                Assert.Contains($"A server is running on {_folder.Path}: stop it first", refused.Complaint, StringComparison.Ordinal);
            }
        }

        Assert.Equal(0, (await Typed.Run(["migrate", "--to", "postgres", .. all])).ExitCode);
    }

    private void Message(string data, string account, string part, string name, string content)
    {
        foreach (var folder in new[] { "tmp", "new", "cur" })
        {
            Directory.CreateDirectory($"{_folder.Path}/{data}/mail/{account}/Maildir/{folder}");
        }

        File.WriteAllBytes($"{_folder.Path}/{data}/mail/{account}/Maildir/{part}/{name}", Encoding.ASCII.GetBytes(content));
    }
}
