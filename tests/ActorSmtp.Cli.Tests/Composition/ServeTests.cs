using ActorSmtp.Cli.Terminals;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>Start, stop, and what keeps a server from starting.</summary>
public sealed class ServeTests
{
    [Fact]
    public async Task A_clean_stop_ends_with_0_and_leaves_no_listeners_json()
    {
        await using var server = await RunningServer.StartAsync();
        var addresses = Path.Combine(server.Data, "listeners.json");
        Assert.True(File.Exists(addresses));

        Assert.Equal(ExitCodes.Ok, await server.StopAsync());
        Assert.False(File.Exists(addresses));
        Assert.Contains("stopped", server.Console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_banner_says_where_it_listens_and_where_the_data_lies_and_nothing_else_chatters()
    {
        await using var server = await RunningServer.StartAsync();
        await server.Until(s => s.Console.Contains("mailbox list", StringComparison.Ordinal));

        Assert.Contains($"listening on {server.Address} as mx", server.Console, StringComparison.Ordinal);
        Assert.Contains($"data in {server.Data}, every message is synced before its 250", server.Console, StringComparison.Ordinal);
        Assert.DoesNotContain("Application started", server.Console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_69()
    {
        await using var server = await RunningServer.StartAsync();
        using var other = new TemporaryFolder();

        var typed = await Serve(other, $"listeners.smtp.bind={server.Address}");

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains(server.Address, typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_port_in_use_is_69_in_one_line_where_no_file_was_given()
    {
        await using var server = await RunningServer.StartAsync("console.bind=127.0.0.1:0");
        using var other = new TemporaryFolder();

        var typed = await Serve(other, $"console.bind={server.WebConsole}");

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.StartsWith($"actorsmtp.console.bind = {server.WebConsole}: Address already in use; ", typed.Complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", typed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_configuration_mail_goes_on_without_the_console_and_the_log_has_one_line_of_it()
    {
        await using var first = await RunningServer.StartAsync("console.bind=127.0.0.1:0");
        await using var server = await RunningServer.StartAsync(isLaptop: false, $"console.bind={first.WebConsole}");

        await server.Until(s => s.Console.Contains($"console: cannot listen on {first.WebConsole}: Address already in use; mail goes on without it, trying again in ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", server.Console, StringComparison.Ordinal);
        var sent = await Typed.Run("send", "--server", server.Address, "--from", "ann@c.test", "--to", "bob@x.test", "--subject", "s", "--body", "b");
        Assert.Equal(0, sent.ExitCode);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_is_69_and_writes_nothing_into_the_first_ones_log()
    {
        await using var server = await RunningServer.StartAsync();
        await server.Until(s => s.Files.Contains("mailbox list", StringComparison.Ordinal));
        var before = server.Files;

        var typed = await Serve(server.Folder);

        Assert.Equal(ExitCodes.Unavailable, typed.ExitCode);
        Assert.Contains("in use by another server", typed.Complaint, StringComparison.Ordinal);
        Assert.Equal(before, server.Files);
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_to_is_77()
    {
        using var folder = new TemporaryFolder();
        folder.File("data", "a file where the folder should be");

        var typed = await Serve(folder);

        Assert.Equal(ExitCodes.Permission, typed.ExitCode);
        Assert.Contains("cannot be written to", typed.Complaint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task An_address_that_we_may_not_bind_is_77_and_says_what_to_do()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/sys takes no sockets, whoever asks; it is Linux's");
        using var folder = new TemporaryFolder();

        var typed = await Serve(folder, "listeners.smtp.bind=\"unix:/sys/actorsmtp.sock\"");

        Assert.Equal(ExitCodes.Permission, typed.ExitCode);
        Assert.StartsWith("listeners.smtp: Cannot listen on /sys/actorsmtp.sock", typed.Complaint, StringComparison.Ordinal);
        Assert.Contains("set its bind to another address", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_78_with_its_path()
    {
        var typed = await Typed.Run("serve", "--set", "limits.recipiens=100");

        Assert.Equal(ExitCodes.Configuration, typed.ExitCode);
        Assert.Contains("actorsmtp.limits.recipiens", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_none_is_78()
    {
        using var folder = new TemporaryFolder();
        var pem = folder.File("x.pem", "no certificate");

        var typed = await Serve(folder, "listeners.smtp.tls=starttls", $"tls.certificate={pem}", $"tls.key={pem}");

        Assert.Equal(ExitCodes.Configuration, typed.ExitCode);
        Assert.StartsWith("actorsmtp.tls:", typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_self_signed_certificate_is_made_once_and_its_key_is_private()
    {
        await using var server = await RunningServer.StartAsync("listeners.smtp.tls=starttls");
        var certificate = Path.Combine(server.Data, "tls", "self-signed.crt");
        var first = await File.ReadAllTextAsync(certificate);
        var typed = await Typed.Run("send", "--server", server.Address, "--to", "ann@example.com", "--tls", "starttls", "--insecure");
        Assert.Equal("", typed.Error);
        Assert.Equal(ExitCodes.Ok, typed.ExitCode);
        await server.StopAsync();
        Assert.Contains("TLS: self-signed certificate", server.Console, StringComparison.Ordinal);

        var again = await Stores.Certificates(server.Data, "localhost", TimeProvider.System).LoadAsync(CertificatePair.SelfSigned, default);

        Assert.Equal(first, await File.ReadAllTextAsync(certificate));
        Assert.True(again.IsSelfSigned);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.Data, "tls", "self-signed.key")));
        }
    }

    private static async Task<Typed> Serve(TemporaryFolder folder, params string[] sets)
    {
        var error = new StringWriter();
        var terminal = new Terminal { In = TextReader.Null, InOctets = () => Stream.Null, Out = TextWriter.Null, OutOctets = () => Stream.Null, Error = error };
        string[] all = [$"data-dir={folder.Path}/data", "listeners.smtp.bind=127.0.0.1:0", "console.bind=", "storage.journal.segment-size=1MiB", "storage.journal.preallocate=3MiB", .. sets];
        var code = await Shell.RunAsync(["serve", .. all.SelectMany(s => new[] { "--set", s })], terminal).WaitAsync(TimeSpan.FromSeconds(60));
        return new Typed(code, "", error.ToString(), []);
    }
}
