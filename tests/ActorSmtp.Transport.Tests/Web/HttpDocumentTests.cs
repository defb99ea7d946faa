using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Transport.Tests.Web;

/// <summary>A document by HTTP: bounded, and no other than that of its address.</summary>
public sealed class HttpDocumentTests
{
    [Fact]
    public async Task It_is_read() =>
        Assert.Equal("{}"u8.ToArray(), (await Read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).ToArray());

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "the answer is 302")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the answer is 404")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "more than 100 octets")]
    [InlineData("nonsense\r\n\r\n", "")]
    public async Task What_is_no_answer_is_told(string answer, string why)
    {
        var wrong = await Assert.ThrowsAnyAsync<IOException>(() => Read(answer));
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_without_end_is_left_when_it_is_too_long() =>
        await Assert.ThrowsAnyAsync<IOException>(() => Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat("40\r\n" + new string('x', 64) + "\r\n", 100))));

    [Fact]
    public async Task One_that_does_not_come_is_waited_for_only_so_long()
    {
        var wrong = await Assert.ThrowsAnyAsync<IOException>(() => Read("HTTP/1.1 200 OK\r\n", TimeSpan.FromMilliseconds(200)));
        Assert.Contains("no answer within 0.2 s", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Reads from a server that says just this, whatever it is asked.</summary>
    private static async Task<ReadOnlyMemory<byte>> Read(string answer, TimeSpan? within = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Serve();
        using var document = new HttpDocument(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/keys"), 100, within ?? TimeSpan.FromSeconds(30));
        try
        {
            return await document.ReadAsync(default);
        }
        finally
        {
            document.Dispose();
            await serving;
        }

        async Task Serve()
        {
            using var peer = await listener.AcceptTcpClientAsync();
            var stream = peer.GetStream();
            var asked = new byte[4096];
            try
            {
                _ = await stream.ReadAsync(asked);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                while (await stream.ReadAsync(asked) > 0)
                {
                }
            }
            catch (IOException)
            {
                // It had enough.
            }
        }
    }
}
