using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Transport.Tests.Epoll;

/// <summary>What only real sockets do: half-closes, resets, full backlogs, no descriptors. On each transport that has sockets.</summary>
[Collection("alone")]
public sealed class RealPeerTests
{
    public static TheoryData<TransportKind> Kinds => OperatingSystem.IsLinux()
        ? new() { TransportKind.Epoll, TransportKind.Sockets }
        : new() { TransportKind.Sockets };

    [SkippableTheory]
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

    [SkippableTheory]
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

    [SkippableTheory]
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

    [SkippableTheory]
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

    [SkippableTheory]
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

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task A_fast_peer_is_read_in_small_blocks_or_in_large_ones_as_its_reader_says(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var acceptor = new Acceptor();
        var listener = Listen(transport, acceptor);
        using var peer = await Dial(listener);
        var server = acceptor.Next();
        const int Size = 32 << 20;
        var sending = peer.GetStream().WriteAsync(new byte[Size]).AsTask();
        server.Connection.ReadsLargeBlocks = false;
        Assert.InRange(LargestBlock(server, 1 << 20), 1, 16 << 10);
        server.Connection.ReadsLargeBlocks = true;
        Assert.InRange(LargestBlock(server, Size - (2 << 20)), (16 << 10) + 1, 256 << 10);
        server.Connection.ReadsLargeBlocks = false;
        Assert.InRange(LargestBlock(server, 1 << 19), 1, 16 << 10);
        server.OnData = static p =>
        {
            p.Connection.Consume(p.Connection.Input.Length);
            p.Connection.RequestInput();
        };
        server.Connection.RequestInput();
        await sending.WaitAsync(Peer.Patience);
    }

    /// <summary>Reads at least so much and answers the largest piece that came at once.</summary>
    private static int LargestBlock(Peer peer, int octets)
    {
        var largest = 0;
        for (var read = 0; read < octets; read += peer.Connection.Input.Length)
        {
            peer.Connection.Consume(peer.Connection.Input.Length);
            peer.Connection.RequestInput();
            peer.Expect("input");
            largest = Math.Max(largest, peer.Connection.Input.Length);
        }

        peer.Connection.Consume(peer.Connection.Input.Length);
        return largest;
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task Without_descriptors_it_says_so_rests_and_recovers(TransportKind kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "limits are set by setrlimit");

        // In a process of its own: this one's limit is everybody's.
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(DescriptorScenario).Assembly.Location, kind.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = child.StandardOutput.ReadToEndAsync();
            var errors = child.StandardError.ReadToEndAsync();
            await child.WaitForExitAsync().WaitAsync(Peer.Patience * 3);
            Assert.True(child.ExitCode == 0, $"exit {child.ExitCode}\n{await output}{await errors}");
        }
        finally
        {
            child.Kill();
        }
    }

    private static IListener Listen(ITransport transport, IAcceptor acceptor) =>
        transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);

    private static async Task<TcpClient> Dial(IListener listener)
    {
        var peer = new TcpClient { NoDelay = true };
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
        return peer;
    }
}
