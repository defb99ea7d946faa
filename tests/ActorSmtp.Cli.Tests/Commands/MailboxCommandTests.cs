using System.Text;
using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>mailbox</c> on real Maildirs.</summary>
public sealed class MailboxCommandTests
{
    [Fact]
    public async Task Mail_is_listed_read_exported_and_deleted_and_cannot_write_on_the_terminal()
    {
        await using var server = await RunningServer.StartAsync();
        string[] data = ["--set", $"data-dir={server.Data}"];
        var eml = server.Folder.File("m.eml", "From: \u001b]0;evil\u0007 <bob@example.org>\nTo: ann@example.com\nSubject: =?utf-8?q?red_=1B=5B31m?=\n\n\u001b[2Jcleared\nFrom me\n");
        Assert.Equal("", (await Typed.Run("send", "--server", server.Address, "--eml", eml, "--from", "bob@example.org")).Error);
        await server.UntilMail("ann@example.com");

        var list = await Typed.Run(["mailbox", "list", .. data]);
        var show = await Typed.Run(["mailbox", "show", "ann@example.com", .. data]);
        var read = await Typed.Run(["mailbox", "read", "ann@example.com", "1", .. data]);
        var export = await Typed.Run(["mailbox", "export", "ann@example.com", .. data]);

        Assert.Contains("ann@example.com", list.Out, StringComparison.Ordinal);
        Assert.Contains("cleared", read.Out, StringComparison.Ordinal);
        Assert.All(new[] { list.Out, show.Out, read.Out }, text => Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n'));
        Assert.StartsWith("From MAILER-DAEMON ", Encoding.UTF8.GetString(export.Octets), StringComparison.Ordinal);
        Assert.Contains("\n>From me\n", Encoding.UTF8.GetString(export.Octets), StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Usage, (await Typed.Run(["mailbox", "delete", "ann@example.com", "1", .. data])).ExitCode);
        Assert.Equal(ExitCodes.Ok, (await Typed.Run(["mailbox", "delete", "ann@example.com", "1", "--yes", .. data])).ExitCode);
        Assert.Contains("is empty", (await Typed.Run(["mailbox", "read", "ann@example.com", .. data])).Complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("read")]
    [InlineData("export")]
    public async Task A_mailbox_that_is_not_there_is_65(string verb)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "data"));

        Assert.Equal(ExitCodes.BadData, (await Typed.Run(["mailbox", verb, "../../etc", .. folder.AsData])).ExitCode);
    }

    [Fact]
    public async Task No_data_directory_is_69_and_none_is_made()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(ExitCodes.Unavailable, (await Typed.Run(["mailbox", "list", .. folder.AsData])).ExitCode);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "data")));
    }
}
