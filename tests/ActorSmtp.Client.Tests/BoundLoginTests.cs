using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests;

/// <summary>Our client and our server, over TLS: the strongest mechanism, and what a stranger between them can do to it.</summary>
public sealed class BoundLoginTests
{
    [Theory]
    [InlineData(null, "AUTH SCRAM-SHA-256-PLUS")]
    [InlineData("SCRAM-SHA-256", "AUTH SCRAM-SHA-256 ")]
    [InlineData("PLAIN", "AUTH PLAIN")]
    [InlineData("login", "AUTH LOGIN")]
    public async Task The_strongest_is_taken_or_the_one_that_was_asked_for(string? mechanism, string said)
    {
        var (outcome, transcript) = await Send(new Credentials("bob", "secret"), mechanism);
        Assert.True(outcome.AllAccepted, transcript);
        Assert.Contains(said, transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_one_by_PLUS_too()
    {
        var (outcome, transcript) = await Send(new Credentials("bob", "Secret"), null);
        Assert.Equal((ClientState.Authenticating, 535), (outcome.Failure!.Phase, outcome.Failure.Reply!.Code));
        Assert.DoesNotContain("dj1", transcript, StringComparison.Ordinal);      // no server signature for it
    }

    [Fact]
    public async Task Where_the_server_does_not_bind_the_client_says_that_it_could()
    {
        var (outcome, transcript) = await Send(new Credentials("bob", "secret"), null, "auth.mechanisms=SCRAM-SHA-256,PLAIN");
        Assert.True(outcome.AllAccepted, transcript);
        Assert.Contains("AUTH SCRAM-SHA-256 ", transcript, StringComparison.Ordinal);
    }

    /// <summary>RFC 5802 §6: the offer of -PLUS was taken out on the way; "y" tells the server, which has it.</summary>
    [Fact]
    public void An_offer_that_was_taken_out_on_the_way_ends_the_login()
    {
        var binding = new ChannelBinding("tls-server-end-point", new byte[32]);
        var client = new ScramSha256.Client(new Credentials("bob", "secret"), "clientnonceclientnonce", binding, plusIsOffered: false);
        Assert.StartsWith("y,,", Encoding.ASCII.GetString(Convert.FromBase64String(client.InitialResponse)), StringComparison.Ordinal);
        Assert.IsType<SaslStep.Failed>(new ScramSha256.Server("servernonceservernonce", binding).Start(client.InitialResponse));
    }

    private static async Task<(SendOutcome Outcome, string Transcript)> Send(Credentials login, string? mechanism, params string[] sets)
    {
        var network = new MemoryNetwork();
        await using var server = await TestMailServer.StartAsync(
            new MemoryTransport(network), sets: ["listeners.mx.tls=starttls", "listeners.mx.auth=required", "auth.allow-plaintext=false", .. sets], users: [("bob", "secret")]);
        await using var transport = new MemoryTransport(network);
        await using var sender = new MailSender(transport, TimeProvider.System);
        var lines = new List<TranscriptLine>();
        var sending = new Sending { From = "bob@mx.test", To = ["bob@mx.test"] };
        var outcome = await sender.SendAsync(new SendRequest
        {
            Addresses = [server.EndPoint],
            ServerName = "mx.test",
            HelloName = "client.test",
            Tls = ClientTls.StartTls,
            Insecure = true,
            Login = login,
            Mechanism = mechanism,
            Watch = lines.Add,
            Compose = _ => sending.Mail(),
        });
        return (outcome, string.Join('\n', lines.Select(l => l.Text)));
    }
}
