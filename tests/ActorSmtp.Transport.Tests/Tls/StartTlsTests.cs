namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>How TLS begins on a connection that was clear: what was said before is gone, and it begins once.</summary>
public sealed class StartTlsTests : TlsTestKit
{
    [Fact]
    public void What_was_said_in_clear_text_before_is_thrown_away_on_both_sides()
    {
        var (client, server) = Clear();
        client.Say("STARTTLS\r\nRCPT TO:<injected@test>\r\n");
        server.Read(35);
        server.Connection.Consume(10);
        Assert.StartsWith("RCPT", server.Text);
        server.Say("220 go\r\n250 injected\r\n");
        client.Read(22);
        client.Connection.Consume(8);

        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.True(server.Connection.Input.IsEmpty);
        client.Connection.StartTls(new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        client.Expect("connected");
        server.Expect("connected");
        Assert.True(server.Connection.Input.IsEmpty);
        client.Say("EHLO again\r\n");
        Assert.Equal("EHLO again\r\n", server.ReadAndConsume(12));
        Assert.True(client.Connection.Input.IsEmpty);
    }

    [Fact]
    public void Clear_text_behind_STARTTLS_that_was_not_read_breaks_the_handshake()
    {
        var (client, server) = Clear();
        client.Say("STARTTLS\r\n");
        server.ReadAndConsume(10);
        client.Say("MAIL FROM:<injected@test>\r\n");
        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.Equal(CloseReason.TlsFailed, server.ExpectClosed());
        Assert.False(server.Connection.IsSecure);
    }

    [Fact]
    public void TLS_starts_once_and_not_while_input_is_asked_for()
    {
        var (_, server) = Clear();
        server.Connection.RequestInput();
        Assert.Throws<InvalidOperationException>(() => server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test"))));
        var (_, other) = Clear();
        other.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.Throws<InvalidOperationException>(() => other.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test"))));
        Assert.Throws<InvalidOperationException>(() => other.Connection.RequestInput());
    }
}
