using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Browser.Tests.Running;

/// <summary>Serves one page as it is, without any protection: what a hostile mail does there is what the console has to prevent.</summary>
internal sealed class BarePages : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _page;

    public BarePages(string html)
    {
        _page = Encoding.UTF8.GetBytes(html);
        _listener.Start();
        _ = Serve();
    }

    public string Address => $"http://{_listener.LocalEndpoint}/";

    public void Dispose() => _listener.Stop();

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = Answer(client);
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.Latin1);
                var first = await reader.ReadLineAsync() ?? "";
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                }

                var body = first.StartsWith("GET / ", StringComparison.Ordinal) ? _page : [];
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(body);
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // The browser changed its mind.
            }
        }
    }
}
