using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Starting;

/// <summary>The built server when its descriptors run out: who is there is served, it does not spin, and it recovers by itself.</summary>
public sealed class DescriptorLimitTests : IDisposable
{
    private const int Crowd = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    [SkippableFact]
    public async Task With_few_descriptors_left_those_who_are_there_are_served_and_the_others_when_there_is_room()
    {
        Tool.Need("prlimit");
        await using var server = await RunningServer.Laptop(_folder["data"], "limits.connections-per-address=1000");
        using var before = await SmtpTalk.Greeted(server.Port());
        await before.Mail("bob@example.com", "Subject: before\r\n\r\n");
        await Eventually.True(() => server.Mail.Count("bob@example.com") == 1, "the first message", server);
        var limit = Descriptors(server) + 100;                              // of which the last 64 are not for connections
        (await Tool.Run("prlimit", [$"--pid={server.ProcessId}", $"--nofile={limit}:{limit}"])).Succeeded();

        var crowd = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => Peer.Connect(server.Port())));
        try
        {
            await Eventually.True(() => server.Output.Contains("cannot accept: OutOfDescriptors", StringComparison.Ordinal), "word of it in the log", server);
            var (cpu, began) = (ProcessorTime(server), Environment.TickCount64);
            await Eventually.True(() => crowd.Count(p => p.HasHeard || p.HasEnded) == Crowd, "an answer or an end for each", server);
            Assert.InRange(crowd.Count(p => p.HasHeard), 1, 99);
            Assert.InRange(Descriptors(server), 1, limit);
            await before.Mail("bob@example.com", "Subject: meanwhile\r\n\r\n");
            await Eventually.True(() => server.Mail.Count("bob@example.com") == 2, "a delivery meanwhile", server);
            await Eventually.True(() => Environment.TickCount64 - began > 3000, "three seconds", server);
            var share = (ProcessorTime(server) - cpu).TotalMilliseconds / (Environment.TickCount64 - began);
            Assert.True(share < 0.7, $"it spins: {share:P0} of a core");
        }
        finally
        {
            foreach (var peer in crowd)
            {
                peer.Dispose();
            }
        }

        await Eventually.True(() => Descriptors(server) < limit - 90, "the crowd to be gone", server);
        using var after = await SmtpTalk.Greeted(server.Port());
        await after.Mail("bob@example.com", "Subject: after\r\n\r\n");
        await Eventually.True(() => server.Mail.Count("bob@example.com") == 3, "a delivery afterwards", server);
        Assert.Equal(0, await server.Stop());
    }

    public void Dispose() => _folder.Dispose();

    private static int Descriptors(RunningServer server) => Directory.GetFileSystemEntries($"/proc/{server.ProcessId}/fd").Length;

    /// <summary>User and system time of the process so far (proc_pid_stat(5), in hundredths of a second).</summary>
    private static TimeSpan ProcessorTime(RunningServer server)
    {
        var fields = File.ReadAllText($"/proc/{server.ProcessId}/stat").Split(") ")[^1].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    /// <summary>Connects and listens, and notes what it hears first.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly TcpClient _socket = new();
        private volatile string? _heard;
        private volatile bool _ended;

        public bool HasHeard => _heard is not null;

        public bool HasEnded => _ended;

        public static async Task<Peer> Connect(int port)
        {
            var peer = new Peer();
            await peer._socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
            _ = peer.Listen();
            return peer;
        }

        public void Dispose() => _socket.Dispose();

        private async Task Listen()
        {
            try
            {
                var octets = new byte[512];
                var count = await _socket.GetStream().ReadAsync(octets);
                _heard = count > 0 ? Encoding.ASCII.GetString(octets, 0, count) : null;
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                // Reset, or the test has ended.
            }

            _ended = true;
        }
    }
}
