using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What a message's envelope says of TLS, for whoever passes it on (RFC 8689 §4.1) and for its trace.</summary>
public sealed class TlsEnvelopeTests
{
    [Fact]
    public async Task REQUIRETLS_is_kept_with_the_message()
    {
        var envelope = await Accept(tls: true, " REQUIRETLS", "Subject: a\r\n\r\n");
        Assert.True(envelope.RequireTls);
        Assert.False(envelope.TlsNotRequired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_header_that_does_not_require_TLS_is_kept_with_the_message(bool tls)
    {
        var envelope = await Accept(tls, "", "Subject: a\r\nTLS-Required: No\r\n\r\ntext\r\n");
        Assert.True(envelope.TlsNotRequired);
        Assert.False(envelope.RequireTls);
    }

    [Fact]
    public async Task The_header_counts_for_nothing_beside_REQUIRETLS()
    {
        var envelope = await Accept(tls: true, " REQUIRETLS", "TLS-Required: No\r\n\r\n");
        Assert.True(envelope.RequireTls);
        Assert.False(envelope.TlsNotRequired);
    }

    [Fact]
    public async Task The_header_in_chunks_counts_too()
    {
        var envelope = await Accept(tls: false, "", null);
        Assert.True(envelope.TlsNotRequired);
    }

    [Fact]
    public async Task Version_and_cipher_are_in_the_envelope_as_words()
    {
        var envelope = await Accept(tls: true, "", "Subject: a\r\n\r\n");
        Assert.Matches("^TLSv1\\.3 with cipher TLS_[A-Z0-9_]+$", envelope.Tls);
        Assert.Equal("ESMTPS", envelope.Protocol.Word());
        Assert.Null((await Accept(tls: false, "", "Subject: a\r\n\r\n")).Tls);
    }

    /// <summary>One message to the end; without content in two chunks.</summary>
    private static async Task<Envelope> Accept(bool tls, string parameters, string? content)
    {
        await using var harness = await SessionHarness.StartAsync("listeners.mx.tls=starttls");
        var peer = await harness.ConnectAsync();
        await SessionHarness.Expect(peer, "220 ");
        if (tls)
        {
            await Hello(peer);
            peer.Send("STARTTLS\r\n"u8);
            await SessionHarness.Expect(peer, "220 ");
            await peer.StartTlsAsync();
        }

        await Hello(peer);
        await Say(peer, $"MAIL FROM:<x@c.test>{parameters}\r\n", "250 ");
        await Say(peer, "RCPT TO:<bob@mx.test>\r\n", "250 ");
        if (content is not null)
        {
            await Say(peer, "DATA\r\n", "354 ");
            await Say(peer, content + ".\r\n", "250 ");
        }
        else
        {
            await Say(peer, "BDAT 8\r\nTLS-Requ", "250 ");
            await Say(peer, "BDAT 12 LAST\r\nired: No\r\n\r\n", "250 ");
        }

        peer.Close();
        return harness.Store.Writers.Single().Envelope!;
    }

    private static async Task Say(DialoguePeer peer, string what, string expected)
    {
        peer.Send(Encoding.ASCII.GetBytes(what));
        await SessionHarness.Expect(peer, expected);
    }

    private static async Task Hello(DialoguePeer peer)
    {
        peer.Send("EHLO c.test\r\n"u8);
        while ((await peer.ReadLineAsync())!.StartsWith("250-", StringComparison.Ordinal))
        {
        }
    }
}
