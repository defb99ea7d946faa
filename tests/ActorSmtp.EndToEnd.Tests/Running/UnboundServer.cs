using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>Debian's unbound on a free port, which knows a few records and asks nobody.</summary>
internal sealed class UnboundServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ForeignProgram? _program;

    public int Port { get; } = Ports.Free();

    /// <param name="zone">The domain that it knows, without its last dot.</param>
    /// <param name="records">As <c>local-data</c> has them.</param>
    public static async Task<UnboundServer> StartAsync(string zone, params string[] records)
    {
        Tool.Need("unbound");
        var server = new UnboundServer();
        try
        {
            var config = server._folder.Write("unbound.conf", $"""
                server:
                  interface: 127.0.0.1@{server.Port}
                  port: {server.Port}
                  do-daemonize: no
                  username: ""
                  chroot: ""
                  directory: "{server._folder.Path}"
                  pidfile: ""
                  use-syslog: no
                  module-config: "iterator"
                  access-control: 127.0.0.0/8 allow
                  num-threads: 1
                  so-sndbuf: 0
                  local-zone: "{zone}." static
                {string.Join('\n', records.Select(r => $"  local-data: \"{r}\""))}
                remote-control:
                  control-enable: no

                """);
            server._program = await ForeignProgram.StartAsync("unbound", ["-d", "-c", config], server.Listens);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task<bool> Listens()
    {
        using var tcp = new TcpClient();
        try
        {
            await tcp.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
