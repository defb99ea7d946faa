using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Transport.Tests.Web;

/// <summary>Questions by HTTP: what goes out, what comes back, and what is no answer.</summary>
public sealed class HttpPostsTests
{
    [Fact]
    public async Task The_question_goes_out_as_JSON_with_its_headers_and_the_answer_comes_back()
    {
        var (answer, heard) = await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");

        Assert.Equal((200, "{}"), (answer!.Value.Status, Encoding.ASCII.GetString(answer.Value.Body.Span)));
        Assert.StartsWith("POST /mail HTTP/1.1\r\n", heard, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer abc\r\n", heard, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json; charset=utf-8\r\n", heard, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{\"step\":\"mail\"}", heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 500)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302)]
    public async Task Whatever_status_it_has_is_an_answer_and_no_redirect_is_followed(string said, int status) =>
        Assert.Equal(status, (await AskAsync(said)).Answer!.Value.Status);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "more than 100 octets")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n", "more than 100 octets")]
    [InlineData("nonsense\r\n\r\n", "")]
    public async Task What_is_no_answer_is_told(string said, string why)
    {
        var wrong = await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(said));
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_that_is_told()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        using var posts = new HttpPosts(1, TimeSpan.FromSeconds(20));
        await Assert.ThrowsAnyAsync<IOException>(() => posts.PostAsync(Post(port), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_does_not_come_is_waited_for_until_the_caller_has_enough()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync("HTTP/1.1 200 OK\r\n", enough.Token));
    }

    private static HttpPost Post(int port) => new(
        new Uri($"http://127.0.0.1:{port}/mail"), [KeyValuePair.Create("Authorization", "Bearer abc")], "{\"step\":\"mail\"}"u8.ToArray(), MostOctets: 100);

    /// <summary>Asks a server that says just this once it has been asked.</summary>
    private static async Task<(HttpAnswer? Answer, string Heard)> AskAsync(string said, CancellationToken cancellation = default)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = new StringBuilder();
        var serving = Serve();
        var posts = new HttpPosts(1, TimeSpan.FromSeconds(20));
        try
        {
            return (await posts.PostAsync(Post(((IPEndPoint)listener.LocalEndpoint).Port), cancellation), heard.ToString());
        }
        finally
        {
            posts.Dispose();
            await serving;
        }

        async Task Serve()
        {
            using var peer = await listener.AcceptTcpClientAsync(CancellationToken.None);
            var stream = peer.GetStream();
            var asked = new byte[4096];
            try
            {
                while (!heard.ToString().EndsWith("{\"step\":\"mail\"}", StringComparison.Ordinal))
                {
                    heard.Append(Encoding.ASCII.GetString(asked, 0, await stream.ReadAsync(asked)));
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes(said));
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
