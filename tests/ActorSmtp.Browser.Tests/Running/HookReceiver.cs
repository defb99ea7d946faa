using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>Somebody else's program that takes webhooks: keeps what it is posted, and answers 204.</summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string> _posts = Channel.CreateUnbounded<string>();
    private readonly Task _loop;

    public HookReceiver()
    {
        _listener.Start();
        _loop = Accept();
    }

    public string Address => $"http://{_listener.LocalEndpoint}/crm";

    /// <summary>The body of the next post.</summary>
    public Task<string> NextAsync() => _posts.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await Answer(client.GetStream());
            }
            catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The server thought better of it, or all is over.
            }
        }
    }

    private async Task Answer(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var length = 0;
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(line.AsSpan(15), CultureInfo.InvariantCulture);
            }
        }

        var body = new char[length];                        // of ASCII here: a character is an octet
        await reader.ReadBlockAsync(body, _stop.Token);
        _posts.Writer.TryWrite(new string(body));
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
    }
}
