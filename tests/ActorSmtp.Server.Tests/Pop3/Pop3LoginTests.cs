using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Storage;
using ActorSmtp.Server.Inspection;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>Logins by SASL, guesses, and what is left of them in logs and transcripts.</summary>
public sealed class Pop3LoginTests
{
    private const string Nonce = "a-nonce-of-more-than-18-octets";

    [Theory]
    [InlineData("secret", true)]
    [InlineData("wrong", false)]
    public async Task Scram_logs_in_without_the_password_on_the_wire(string password, bool isRight)
    {
        await using var at = await Pop3Harness.StartAsync();
        var peer = await at.GreetedAsync();
        var scram = new ScramSha256.Client(new Credentials("bob", password), Nonce, plusIsOffered: false);
        var challenge = await peer.AskAsync($"AUTH SCRAM-SHA-256 {scram.InitialResponse}", "+ ");
        var proof = Assert.IsType<SaslAnswer.Send>(scram.Next(challenge[2..])).Line;
        if (!isRight)
        {
            await peer.AskAsync(proof, "-ERR [AUTH] Authentication failed");
            return;
        }

        var signature = await peer.AskAsync(proof, "+ ");
        await peer.AskAsync(Assert.IsType<SaslAnswer.Send>(scram.Next(signature[2..])).Line, "+OK 0 messages");
        Assert.Contains(at.Server.Log.All, l => l.Contains("bob logged in with SCRAM-SHA-256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Over_TLS_a_login_can_be_bound_to_the_certificate()
    {
        await using var at = await Pop3Harness.StartAsync("listeners.mx.tls=starttls");
        var peer = await at.GreetedAsync();
        await peer.AskAsync("STLS", "+OK");
        await peer.StartTlsAsync();
        await peer.AskAsync("CAPA", "+OK");
        Assert.Contains((await peer.LinesAsync()), line => line.StartsWith("SASL SCRAM-SHA-256-PLUS ", StringComparison.Ordinal));
        var scram = new ScramSha256.Client(new Credentials("bob", "secret"), Nonce, new ChannelBinding("tls-server-end-point", peer.Tls!.ServerEndPoint!));
        var challenge = await peer.AskAsync($"AUTH {scram.Mechanism} {scram.InitialResponse}", "+ ");
        var signature = await peer.AskAsync(Assert.IsType<SaslAnswer.Send>(scram.Next(challenge[2..])).Line, "+ ");
        await peer.AskAsync(Assert.IsType<SaslAnswer.Send>(scram.Next(signature[2..])).Line, "+OK 0 messages");
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task The_account_of_a_leased_inbox_reads_its_mail(string anyLogin)
    {
        await using var at = await Pop3Harness.StartAsync($"auth.accept-any={anyLogin}");
        var stored = StoredPassword.Create("leased", new byte[16], StoredPassword.MinIterations).Format();
        Assert.True(at.Server.Server.Lent.TryLend(new UserAccount("lease-7", stored, [], Disabled: false, Admin: false)));
        await at.DeliverAsync("lease-7", "one\r\n");
        var peer = await at.GreetedAsync();
        await peer.AskAsync("USER lease-7@mx.test", "+OK");
        await peer.AskAsync("PASS leased", anyLogin == "true" ? "+OK 1 messages" : "-ERR [AUTH]");      // by its name, not by its address
        if (anyLogin == "false")
        {
            await peer.AskAsync("USER lease-7", "+OK");
            await peer.AskAsync("PASS leased", "+OK 1 messages");
        }

        await peer.AskAsync("RETR 1", "+OK");
    }

    [Fact]
    public async Task Guesses_by_SMTP_and_by_POP3_are_counted_together()
    {
        await using var at = await Pop3Harness.StartAsync(
            "auth.guesses.free-per-address=1", "auth.guesses.waiting-per-address=1", "auth.guesses.first-delay=1m", "auth.guesses.longest-delay=1m",
            "listeners.smtp.bind=\"127.0.0.1:0\"", "listeners.smtp.auth=required");
        var smtp = await at.ConnectAsync("smtp");
        smtp.Send(Encoding.ASCII.GetBytes($"EHLO c\r\nAUTH PLAIN {Plain("bob", "guess")}\r\n"));
        string? line;
        do
        {
            line = await smtp.ReadLineAsync();
        }
        while (line is not null && !line.StartsWith("535 5.7.8", StringComparison.Ordinal));

        Assert.NotNull(line);
        var waiting = await at.GreetedAsync();
        waiting.Send(Encoding.ASCII.GetBytes($"AUTH PLAIN {Plain("bob", "guess")}\r\n"));
        await Until(() => at.Server.Server.Sessions.List(new SessionFilter("authenticating"), 10, null).Total == 1, "it does not wait");
        var refused = await at.GreetedAsync();
        await refused.AskAsync("USER bob", "+OK");
        await refused.AskAsync("PASS guess", "-ERR [SYS/TEMP] Logins are not possible now");
    }

    [Fact]
    public async Task No_password_is_written_down_anywhere()
    {
        await using var at = await Pop3Harness.StartAsync();
        await at.DeliverAsync("bob", "the canary sings\r\n");
        var peer = await at.GreetedAsync();
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS hunter2canary", "-ERR");
        await peer.AskAsync("hunter2canary", "-ERR");
        await peer.AskAsync($"AUTH PLAIN {Plain("bob", "hunter2canary")}", "-ERR");
        await peer.AskAsync("AUTH hunter2canary", "-ERR");
        await peer.AskAsync("AUTH PLAIN hunter2canary hunter2canary", "-ERR");
        await peer.AskAsync("AUTH PLAIN", "+ ");
        await peer.AskAsync(Plain("bob", "hunter2canary"), "-ERR");
        await peer.AskAsync("USER bob", "+OK");
        await peer.AskAsync("PASS secret", "+OK");
        await peer.AskAsync("RETR 1", "+OK");
        Assert.Contains("the canary sings", await peer.LinesAsync());
        await peer.AskAsync("QUIT", "+OK");

        var transcript = (await at.Server.Inspection.Stories!.TranscriptAsync("s0001-1", CancellationToken.None))!;
        var written = string.Join('\n', transcript.Lines.Select(l => $"{l.From} {l.Text}")) + "\n" + string.Join('\n', at.Server.Log.All);
        Assert.DoesNotContain("canary", written, StringComparison.Ordinal);
        Assert.DoesNotContain(Plain("bob", "hunter2canary"), written, StringComparison.Ordinal);
        Assert.DoesNotContain("sings", written, StringComparison.Ordinal);
        Assert.Contains("client PASS ***", written, StringComparison.Ordinal);
        Assert.Contains("client AUTH PLAIN ***", written, StringComparison.Ordinal);
        Assert.Contains("server -ERR [AUTH] Authentication failed", written, StringComparison.Ordinal);
        Assert.Contains("server +OK 32 octets", written, StringComparison.Ordinal);
        Assert.Contains("note logged in: bob with USER", written, StringComparison.Ordinal);
        var story = (await at.Server.Inspection.Stories!.ExplainAsync("s0001-1", CancellationToken.None))!;
        Assert.Contains(story.Entries, e => e is { What: "reply", Detail: "+OK Bye, 1 messages left" });
    }

    private static string Plain(string user, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
}
