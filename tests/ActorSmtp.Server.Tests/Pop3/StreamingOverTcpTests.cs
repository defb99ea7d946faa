using System.Text;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>A large message and a long list over real sockets, in clear text and TLS, for a reader that begins late.</summary>
public sealed class StreamingOverTcpTests
{
    [Theory]
    [InlineData(TransportKind.Epoll, false)]
    [InlineData(TransportKind.Epoll, true)]
    [InlineData(TransportKind.Sockets, false)]
    [InlineData(TransportKind.Sockets, true)]
    public async Task All_of_it_comes_in_order(TransportKind kind, bool tls)
    {
        if (kind == TransportKind.Epoll && !OperatingSystem.IsLinux())
        {
            return;
        }

        const int Lines = 200_000;
        await using var server = await TestMailServer.StartAsync(
            Transports.Create(new TransportOptions { Kind = kind }),
            sets: ["listeners.mx.role=pop3", "listeners.mx.auth=required", $"listeners.mx.tls={(tls ? "implicit" : "off")}"], users: [("bob", "secret")]);
        await server.DeliverAsync("bob", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Lines).Select(i => $"{(i % 3 == 0 ? "." : "")}line number {i} of {Lines}\r\n"))));
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(60));
        if (tls)
        {
            await peer.StartTlsAsync();
        }

        await peer.ExpectAsync("+OK");
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "+OK");
        peer.Send("RETR 1\r\nUIDL\r\nQUIT\r\n"u8);
        await Until(() => server.Server.Sessions.List(new SessionFilter("retrieving"), 1, null).Total == 1, "it is not retrieving");
        await peer.ExpectAsync("+OK");
        var lines = await peer.LinesAsync();
        Assert.Equal(Lines, lines.Count);
        Assert.All(lines.Index(), l => Assert.Equal($"{(l.Index % 3 == 0 ? ".." : "")}line number {l.Index} of {Lines}", l.Item));
        await peer.ExpectAsync("+OK");
        Assert.Equal(["1 000000000001"], await peer.LinesAsync());
        await peer.ExpectAsync("+OK Bye, 1 messages left");
        await peer.ExpectEndAsync();
    }
}
