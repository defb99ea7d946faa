using System.Net;
using System.Net.Sockets;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Starting;

/// <summary>What keeps a server from starting: the exit codes of sysexits.h and one line that says what is wrong and where.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_bad_value_and_an_unknown_key_are_both_told_with_file_and_line()
    {
        var config = _folder.Write("bad.conf", """
            include classpath("laptop.conf")
            actorsmtp {
              limits {
                recipients = many
              }
              colour = red
            }
            """);
        var refused = await BuiltProgram.Run("serve", "--config", config);
        Assert.Equal(78, refused.ExitCode);
        Assert.Contains($"actorsmtp.limits.recipients = \"many\" ({config}:4:18): expected a whole number", refused.Errors, StringComparison.Ordinal);
        Assert.Contains($"actorsmtp.colour = \"red\" ({config}:6:12): unknown key", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(2, refused.Errors.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task A_file_that_is_no_HOCON_is_told_with_its_line()
    {
        var config = _folder.Write("broken.conf", "actorsmtp {\n  domains = [\"example.com\"\n}\n");
        var refused = await BuiltProgram.Run("serve", "--config", config);
        Assert.Equal(78, refused.ExitCode);
        Assert.Contains($"{config}:", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_set_is_told_by_its_name()
    {
        var refused = await BuiltProgram.Run("serve", "--set", "limits.message-size=lots");
        Assert.Equal(78, refused.ExitCode);
        Assert.StartsWith("actorsmtp: actorsmtp.limits.message-size = \"lots\" (--set limits.message-size): expected", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_file_that_is_not_there_is_told_by_its_name()
    {
        var refused = await BuiltProgram.Run("serve", "--config", _folder["none.conf"]);
        Assert.Equal(78, refused.ExitCode);
        Assert.Contains(_folder["none.conf"], refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told_and_not_replaced_by_files()
    {
        var refused = await BuiltProgram.Run("serve", "--set", $"data-dir={_folder["data"]}", "--set", "storage.kind=postgres", "--set", "storage.connection=\"Host=127.0.0.1;Port=1\"");
        Assert.Equal(69, refused.ExitCode);
        Assert.Contains("The database cannot be used", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_text_that_is_none_is_a_mistake_of_the_configuration()
    {
        var refused = await BuiltProgram.Run("serve", "--set", $"data-dir={_folder["data"]}", "--set", "storage.kind=postgres", "--set", "storage.connection=\"Hostess=db\"");
        Assert.Equal(78, refused.ExitCode);
        Assert.Contains("actorsmtp.storage.connection cannot be understood", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_subcommand_is_a_usage_error()
    {
        var refused = await BuiltProgram.Run("frobnicate");
        Assert.Equal(64, refused.ExitCode);
        Assert.Contains("frobnicate", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("", refused.Output);
    }

    [Fact]
    public async Task A_port_in_use_is_told_by_the_listeners_name_and_address()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var refused = await BuiltProgram.Run(
            "serve", "--set", $"data-dir={_folder["data"]}", "--set", $"listeners.smtp.bind={taken.LocalEndPoint}", "--set", "logging.level=error");
        Assert.Equal(69, refused.ExitCode);
        Assert.Contains($"actorsmtp: listeners.smtp: Cannot listen on {taken.LocalEndPoint}: ", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_directory_refuses_and_the_first_goes_on()
    {
        await using var first = await RunningServer.Laptop(_folder["data"]);
        var refused = await BuiltProgram.Run("serve", "--set", $"data-dir={_folder["data"]}", "--set", "listeners.smtp.bind=127.0.0.1:0");
        Assert.Equal(69, refused.ExitCode);
        Assert.Contains($"{_folder["data"]}/journal is in use by another server", refused.Errors, StringComparison.Ordinal);
        using (var talk = await SmtpTalk.Greeted(first.Port()))
        {
            await talk.Mail("bob@example.com", "Subject: still here\r\n\r\n");
        }

        await Maildirs.Only(first, "bob@example.com");
    }

    public void Dispose() => _folder.Dispose();
}
