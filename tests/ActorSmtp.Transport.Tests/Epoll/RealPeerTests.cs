using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace ActorSmtp.Transport.Tests.Epoll;

/// <summary>What only real sockets do: half-closes, resets, full backlogs, no descriptors. On each transport that has sockets.</summary>
[Collection("alone")]
public sealed class RealPeerTests
{
    public static TheoryData<TransportKind> Kinds => OperatingSystem.IsLinux()
        ? new() { TransportKind.Epoll, TransportKind.Sockets }
        : new() { TransportKind.Sockets };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_peer_that_sends_all_and_then_its_end_gets_every_answer(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var listener = Listen(transport, new Acceptor(p => p.Echo().Connection.RequestInput()));
        using var peer = await Dial(listener);
        var all = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"NOOP {i}\r\n")));
        var back = new MemoryStream();
        var read = peer.GetStream().CopyToAsync(back);
        await peer.GetStream().WriteAsync(all);
        peer.Client.Shutdown(SocketShutdown.Send);
        await read.WaitAsync(Peer.Patience);
        Assert.Equal(all, back.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Bytes_and_end_that_come_together_are_both_told(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var acceptor = new Acceptor();
        var listener = Listen(transport, acceptor);
        for (var i = 0; i < 200; i++)
        {
            using var peer = await Dial(listener);
            var server = acceptor.Next();
            await peer.GetStream().WriteAsync("QUIT\r\n"u8.ToArray());
            peer.Client.Shutdown(SocketShutdown.Send);
            Assert.Equal("QUIT\r\n", server.ReadAndConsume(6));
            server.Connection.RequestInput();
            Assert.Equal(CloseReason.PeerClosed, server.ExpectClosed());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_reset_is_told_when_input_is_asked_for(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var acceptor = new Acceptor();
        var listener = Listen(transport, acceptor);
        var peer = await Dial(listener);
        var server = acceptor.Next();
        peer.Client.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        Peer.Until(
            () =>
            {
                server.Say("into the void\r\n");
                return server.Connection.CloseDetail is not null;
            },
            "a send finds the reset");
        server.ExpectNothing();
        server.Connection.RequestInput();
        Assert.Equal(CloseReason.Reset, server.ExpectClosed());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_connect_that_nobody_answers_ends_in_time(TransportKind kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a full backlog drops elsewhere in other ways");
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)deaf.LocalEndPoint!);
        var time = new ManualTime();
        await using var transport = Transports.Create(new TransportOptions { Kind = kind, Time = time });
        var peer = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = deaf.LocalEndPoint!, Timeout = TimeSpan.FromSeconds(30) }, peer);
        Peer.Until(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return peer.Closings == 1;
            },
            "the connect's time-out");
        Assert.Equal(CloseReason.ConnectTimedOut, peer.Reason);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Connecting_fails_with_a_reason(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var refused = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 1) }, refused);
        Assert.Equal(CloseReason.Refused, refused.ExpectClosed());
        Assert.NotNull(refused.Connection.CloseDetail);
        var nowhere = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = new UnixDomainSocketEndPoint("/nonexistent/socket") }, nowhere);
        Assert.Equal(CloseReason.Refused, nowhere.ExpectClosed());
        var bad = Assert.Throws<TransportException>(() => transport.Listen(new ListenOptions { EndPoint = new DnsEndPoint("x", 1) }, new Acceptor()));
        Assert.Contains("neither", bad.Message);
        Assert.Equal(0, transport.Counters.Open);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Without_descriptors_it_says_so_rests_and_recovers(TransportKind kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "limits are set by prlimit");
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput());
        var listener = Listen(transport, acceptor);
        using var before = await Dial(listener);
        await RoundTrip(before);

        // The clients exist already, so that the limit strikes the accepting side alone.
        var waiting = Enumerable.Range(0, 5).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var socket in waiting)
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        using (Descriptors.NoMore())
        {
            waiting.ForEach(s => s.Connect(listener.LocalEndPoint));
            Assert.True(acceptor.Troubles.TryTake(out var trouble, Peer.Patience), "no trouble was told");
            Assert.Equal(AcceptTroubleKind.OutOfDescriptors, trouble.Kind);
            await RoundTrip(before);        // who is there is served

            var wakeups = transport.Counters.Wakeups;
            Assert.True(acceptor.Troubles.TryTake(out _, Peer.Patience), "it does not try again");
            Assert.True(transport.Counters.Wakeups - wakeups < 50, "it spins");
        }

        Peer.Until(() => TryRoundTrip(listener), "it accepts again");
        waiting.ForEach(s => s.Dispose());
    }

    private static bool TryRoundTrip(IListener listener)
    {
        try
        {
            using var peer = new TcpClient();
            peer.Connect((IPEndPoint)listener.LocalEndPoint);
            peer.ReceiveTimeout = 2000;
            peer.GetStream().Write("x"u8);
            return peer.GetStream().ReadByte() == 'x';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task RoundTrip(TcpClient peer)
    {
        await peer.GetStream().WriteAsync("x"u8.ToArray());
        var one = new byte[1];
        await peer.GetStream().ReadExactlyAsync(one).AsTask().WaitAsync(Peer.Patience);
        Assert.Equal((byte)'x', one[0]);
    }

    private static IListener Listen(ITransport transport, IAcceptor acceptor) =>
        transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);

    private static async Task<TcpClient> Dial(IListener listener)
    {
        var peer = new TcpClient { NoDelay = true };
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
        return peer;
    }

    /// <summary>Lowers this process's limit to what is open, for a while. No other test runs meanwhile.</summary>
    private sealed class Descriptors : IDisposable
    {
        private const int NoFile = 7;
        private readonly Limit _before;

        private Descriptors(Limit before) => _before = before;

        public static Descriptors NoMore()
        {
            Assert.Equal(0, getrlimit(NoFile, out var before));

            // The limit is on the number, not the count: fill the gaps below the highest number in use.
            var open = Directory.GetFileSystemEntries("/proc/self/fd").Select(Path.GetFileName).Select(int.Parse!).ToHashSet();
            var lowest = Enumerable.Range(0, int.MaxValue).First(n => !open.Contains(n));
            var now = before with { Soft = (nuint)lowest };
            Assert.Equal(0, setrlimit(NoFile, in now));
            return new Descriptors(before);
        }

        public void Dispose() => Assert.Equal(0, setrlimit(NoFile, in _before));

        [DllImport("libc")]
        private static extern int getrlimit(int what, out Limit limit);

        [DllImport("libc")]
        private static extern int setrlimit(int what, in Limit limit);

        [StructLayout(LayoutKind.Sequential)]
        private record struct Limit(nuint Soft, nuint Hard);
    }
}
