using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>Listens on a port of loopback to which hostile mail tries to call. A connection alone is a call, even one that says nothing.</summary>
internal sealed class Trap : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public Trap()
    {
        _listener.Start();
        _loop = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What has called since <see cref="Clear"/>: the first line of each, as far as it said one.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public void Clear() => _calls.Clear();

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = Answer(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            var call = "a connection that said nothing";
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                deadline.CancelAfter(TimeSpan.FromMilliseconds(300));
                var buffer = new byte[512];
                var read = await client.GetStream().ReadAsync(buffer, deadline.Token);
                call = Encoding.Latin1.GetString(buffer, 0, read).Split('\r')[0];
                _calls.Enqueue(call);
                await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
            }
            catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
            {
                if (!_calls.Contains(call))
                {
                    _calls.Enqueue(call);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }
}
