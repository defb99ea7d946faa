using System.Net.Sockets;
using System.Text;
using ActorSmtp.Cli.Composition;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>What systemd is told.</summary>
public sealed class ServiceStatusTests
{
    [Fact]
    public async Task It_hears_when_mail_is_taken_that_the_process_lives_and_when_it_stops()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        using var status = new ServiceStatus(
            new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "40000", ["WATCHDOG_PID"] = $"{Environment.ProcessId}" }, TimeProvider.System);

        status.Ready(health: null);
        Assert.Equal("READY=1\nSTATUS=takes mail", await Heard());
        Assert.Equal("WATCHDOG=1\nSTATUS=takes mail", await Heard());
        status.Stopping();
        string said;
        do
        {
            said = await Heard();
        }
        while (said.StartsWith("WATCHDOG", StringComparison.Ordinal));
        Assert.Equal("STOPPING=1\nSTATUS=sessions end", said);

        async Task<string> Heard()
        {
            var octets = new byte[500];
            return Encoding.UTF8.GetString(octets, 0, await manager.ReceiveAsync(octets).WaitAsync(TimeSpan.FromSeconds(60)));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nowhere/at/all")]
    [InlineData("no socket")]
    public void Without_a_manager_nothing_happens(string? socket)
    {
        var variables = new Dictionary<string, string>();
        if (socket is not null)
        {
            variables["NOTIFY_SOCKET"] = socket;
        }

        using var status = new ServiceStatus(variables, TimeProvider.System);
        status.Ready(health: null);
        status.Stopping();
    }
}
