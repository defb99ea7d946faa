using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Testing.Dns;

/// <summary>A DNS server on loopback, UDP and TCP on one free port, that does what its script says.</summary>
public sealed class DnsTestServer : IAsyncDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _work;

    private DnsTestServer(DnsScript script, Socket udp, Socket tcp)
    {
        Script = script;
        _udp = udp;
        _tcp = tcp;
        _work = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    public DnsScript Script { get; }

    public IPEndPoint EndPoint => (IPEndPoint)_udp.LocalEndPoint!;

    /// <summary>Starts one.</summary>
    public static DnsTestServer Start(DnsScript script)
    {
        for (var tries = 0; ; tries++)
        {
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
            try
            {
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                udp.Bind(tcp.LocalEndPoint!);
                tcp.Listen();
                return new DnsTestServer(script, udp, tcp);
            }
            catch (SocketException) when (tries < 20)
            {
                tcp.Dispose();                                  // the port is another's over UDP
                udp.Dispose();
            }
        }
    }

    /// <summary>Starts one with a good zone.</summary>
    public static DnsTestServer Start(string zone) => Start(new DnsScript(TestZone.Parse(zone)));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[65_536];
        while (!_stopping.IsCancellationRequested)
        {
            var heard = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
            foreach (var sending in Script.Hear(buffer.AsSpan(0, heard.ReceivedBytes), overTcp: false))
            {
                _ = SendAsync(sending, octets => _udp.SendToAsync(octets, SocketFlags.None, heard.RemoteEndPoint, _stopping.Token).AsTask());
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            _ = ServeAsync(await _tcp.AcceptAsync(_stopping.Token));
        }
    }

    private async Task ServeAsync(Socket peer)
    {
        using (peer)
        {
            try
            {
                var head = new byte[2];
                while (await ReadAsync(peer, head))
                {
                    var octets = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
                    if (!await ReadAsync(peer, octets))
                    {
                        return;
                    }

                    foreach (var sending in Script.Hear(octets, overTcp: true))
                    {
                        if (sending.Octets is not { } answer)
                        {
                            return;
                        }

                        var framed = new byte[answer.Length + 2];
                        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)answer.Length);
                        answer.CopyTo(framed, 2);
                        await SendAsync(sending with { Octets = framed }, o => peer.SendAsync(o, SocketFlags.None, _stopping.Token).AsTask());
                    }
                }
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
            {
            }
        }
    }

    private async Task SendAsync(DnsSending sending, Func<ReadOnlyMemory<byte>, Task> send)
    {
        try
        {
            if (sending.After > TimeSpan.Zero)
            {
                await Task.Delay(sending.After, _stopping.Token);
            }

            if (sending.Octets is { } octets)
            {
                await send(octets);
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task<bool> ReadAsync(Socket peer, Memory<byte> into)
    {
        while (!into.IsEmpty)
        {
            var read = await peer.ReceiveAsync(into, SocketFlags.None, _stopping.Token);
            if (read == 0)
            {
                return false;
            }

            into = into[read..];
        }

        return true;
    }
}
