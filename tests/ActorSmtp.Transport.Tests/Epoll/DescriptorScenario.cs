using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ActorSmtp.Transport.Tests.Epoll;

/// <summary>
/// Run as a program: takes all descriptors from a listening process, and sees that it tells, serves whom it has, does not spin, and
/// accepts again. Exit code 0 if so.
/// </summary>
internal static class DescriptorScenario
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not [var name] || !Enum.TryParse<TransportKind>(name, out var kind))
        {
            Console.Error.WriteLine("usage: Epoll|Sockets");
            return 2;
        }

        await Run(kind);
        return 0;
    }

    private static async Task Run(TransportKind kind)
    {
        await using var transport = Transports.Create(new TransportOptions { Kind = kind });
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput());
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        using var before = new TcpClient();
        await before.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
        await RoundTrip(before);

        // The clients exist already, so that the limit strikes the accepting side alone.
        var waiting = Enumerable.Range(0, 5).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var socket in waiting)
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        using (new Hoard())
        {
            waiting.ForEach(s => s.Connect(listener.LocalEndPoint));
            Assert.True(acceptor.Troubles.TryTake(out var trouble, Peer.Patience), "no trouble was told");
            Assert.Equal(AcceptTroubleKind.OutOfDescriptors, trouble.Kind);
            await RoundTrip(before);        // who is there is served
            Enumerable.Range(0, 3).Select(_ => new Thread(() => { })).ToList().ForEach(t => t.Start());     // the runtime can work

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

    /// <summary>Takes all descriptors but those that are kept for the runtime.</summary>
    private sealed class Hoard : IDisposable
    {
        private const int NoFile = 7;
        private const int Most = 512;
        private const int KeptFree = 64;
        private readonly List<SafeFileHandle> _taken = [];

        public Hoard()
        {
            Assert.Equal(0, getrlimit(NoFile, out var limit));
            Assert.Equal(0, setrlimit(NoFile, limit with { Soft = Most }));
            do
            {
                _taken.Add(File.OpenHandle("/dev/null"));
            }
            while (_taken[^1].DangerousGetHandle() < Most - KeptFree - 1);
        }

        public void Dispose() => _taken.ForEach(h => h.Dispose());

        [DllImport("libc")]
        private static extern int getrlimit(int what, out Limit limit);

        [DllImport("libc")]
        private static extern int setrlimit(int what, in Limit limit);

        [StructLayout(LayoutKind.Sequential)]
        private record struct Limit(nuint Soft, nuint Hard);
    }
}
