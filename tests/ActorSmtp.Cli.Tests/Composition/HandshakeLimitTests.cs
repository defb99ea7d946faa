using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>The whole server, and peers that begin a TLS handshake and never end it.</summary>
public sealed class HandshakeLimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Who_says_nothing_is_hung_up_on_after_the_time_for_a_handshake()
    {
        await using var server = await RunningServer.StartAsync("listeners.smtp.tls=implicit", "limits.handshake-timeout=1s");
        using var silent = await Connect(server);
        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        await server.Until(s => IsServed(s).GetAwaiter().GetResult());          // a second is short for a handshake on a busy machine
    }

    [Fact]
    public async Task Beyond_the_handshakes_that_may_wait_a_peer_is_hung_up_on_and_there_is_room_again_when_they_leave()
    {
        await using var server = await RunningServer.StartAsync(
            "listeners.smtp.tls=implicit", "limits.handshake-timeout=5m", "transport.handshakes=1", "transport.waiting-handshakes=2");
        var silent = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                silent.Add(await Connect(server));
            }

            var ends = silent.Select(s => s.GetStream().ReadAsync(new byte[1]).AsTask()).ToList();
            var first = await Task.WhenAny(ends).WaitAsync(Patience);
            Assert.Equal(0, await first);
            Assert.False(await IsServed(server));
            Assert.Equal(3, ends.Count(e => !e.IsCompleted));
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }

        await server.Until(s => IsServed(s).GetAwaiter().GetResult());
    }

    private static async Task<TcpClient> Connect(RunningServer server)
    {
        var peer = new TcpClient();
        await peer.ConnectAsync(IPEndPoint.Parse(server.Address));
        return peer;
    }

    /// <summary>Whether somebody who does it right is greeted; false where the server hangs up.</summary>
    private static async Task<bool> IsServed(RunningServer server)
    {
        using var peer = await Connect(server);
        await using var ssl = new SslStream(peer.GetStream(), false, (_, _, _, _) => true);
        try
        {
            await ssl.AuthenticateAsClientAsync("mx.test").WaitAsync(Patience);
            return await ssl.ReadAtLeastAsync(new byte[4], 4).AsTask().WaitAsync(Patience) == 4;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
