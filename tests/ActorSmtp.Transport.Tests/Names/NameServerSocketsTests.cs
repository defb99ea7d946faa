using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport.Tests.Names;

/// <summary>One question to one server, by sockets.</summary>
public sealed class NameServerSocketsTests
{
    private static readonly byte[] _question = [1, 2, 3];

    private readonly NameServerSockets _sockets = new();

    [Fact]
    public async Task Each_question_over_UDP_comes_from_another_port()
    {
        using var server = Bound(SocketType.Dgram);
        var ports = new HashSet<int>();
        for (var i = 0; i < 20; i++)
        {
            var answer = Ask(server, overTcp: false);
            var asked = await HeardAsync(server);
            ports.Add(((IPEndPoint)asked.RemoteEndPoint).Port);
            await server.SendToAsync(new byte[] { 9 }, asked.RemoteEndPoint);
            Assert.Equal(new byte[] { 9 }, (await answer).ToArray());
        }

        Assert.InRange(ports.Count, 10, 20);
    }

    [Fact]
    public async Task What_others_send_is_not_heard_and_what_is_not_taken_is_passed_over()
    {
        using var server = Bound(SocketType.Dgram);
        using var other = Bound(SocketType.Dgram);
        var heard = new List<byte>();
        var answer = Ask(server, overTcp: false, octets =>
        {
            heard.Add(octets.Span[0]);
            return octets.Span[0] == 3;
        });
        var asker = (await HeardAsync(server)).RemoteEndPoint;
        await other.SendToAsync(new byte[] { 3, 66 }, asker);
        await server.SendToAsync(new byte[] { 1 }, asker);
        await server.SendToAsync(new byte[] { 2 }, asker);
        await server.SendToAsync(new byte[] { 3, 7 }, asker);
        Assert.Equal(new byte[] { 3, 7 }, (await answer).ToArray());
        Assert.Equal([1, 2, 3], heard);
    }

    [Fact]
    public async Task Over_TCP_the_answer_may_come_in_any_pieces()
    {
        using var server = Bound(SocketType.Stream);
        var answer = Ask(server, overTcp: true);
        using var peer = await server.AcceptAsync();
        peer.NoDelay = true;
        Assert.Equal(new byte[] { 0, 3, 1, 2, 3 }, await ReadAsync(peer, 5));
        foreach (var octet in (byte[])[0, 4, 5, 6, 7, 8])
        {
            await peer.SendAsync(new[] { octet });
        }

        Assert.Equal(new byte[] { 5, 6, 7, 8 }, (await answer).ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Over_TCP_an_answer_that_breaks_off_is_told(int octets)
    {
        using var server = Bound(SocketType.Stream);
        var answer = Ask(server, overTcp: true);
        using (var peer = await server.AcceptAsync())
        {
            await ReadAsync(peer, 5);
            await peer.SendAsync(new byte[] { 0, 9, 1, 2 }.AsMemory(0, octets));
            peer.Shutdown(SocketShutdown.Send);
            Assert.Contains("closed the connection", (await Assert.ThrowsAsync<IOException>(() => answer)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_gives_up_is_not_kept_waiting()
    {
        using var server = Bound(SocketType.Dgram);
        using var listener = Bound(SocketType.Stream);
        using var patience = new CancellationTokenSource();
        var (udp, tcp) = (Ask(server, overTcp: false, cancellation: patience.Token), Ask(listener, overTcp: true, cancellation: patience.Token));
        await HeardAsync(server);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => udp);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tcp);
    }

    [Fact]
    public async Task Where_nobody_listens_is_told()
    {
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));                         // bound, and does not listen
        var failed = await Assert.ThrowsAsync<IOException>(() => Ask(deaf, overTcp: true));
        Assert.Equal("nobody listens there", failed.Message);
    }

    [Fact]
    public void A_wildcard_means_every_address_of_this_machine()
    {
        var meant = LocalAddresses.Meant([new IPEndPoint(IPAddress.Any, 25), new IPEndPoint(IPAddress.IPv6Any, 587), IPEndPoint.Parse("192.0.2.1:26")]);
        Assert.Contains(IPEndPoint.Parse("127.0.0.1:25"), meant);
        Assert.DoesNotContain(IPEndPoint.Parse("[::1]:25"), meant);
        Assert.Contains(IPEndPoint.Parse("[::1]:587"), meant);
        Assert.Contains(IPEndPoint.Parse("127.0.0.1:587"), meant);
        Assert.Contains(IPEndPoint.Parse("192.0.2.1:26"), meant);
        Assert.Equal(meant.Length, meant.Distinct().Count());
    }

    private Task<ReadOnlyMemory<byte>> Ask(Socket server, bool overTcp, Func<ReadOnlyMemory<byte>, bool>? isLast = null, CancellationToken cancellation = default) =>
        _sockets.AskAsync(new NameQuestion((IPEndPoint)server.LocalEndPoint!, _question, overTcp, isLast ?? (_ => true)), cancellation);

    private static Socket Bound(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream)
        {
            socket.Listen();
        }

        return socket;
    }

    private static async Task<SocketReceiveFromResult> HeardAsync(Socket server) =>
        await server.ReceiveFromAsync(new byte[100], new IPEndPoint(IPAddress.Any, 0)).WaitAsync(TimeSpan.FromSeconds(60));

    private static async Task<byte[]> ReadAsync(Socket peer, int octets)
    {
        var read = new byte[octets];
        for (var at = 0; at < octets;)
        {
            at += await peer.ReceiveAsync(read.AsMemory(at)).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        }

        return read;
    }
}
