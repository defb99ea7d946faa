using System.Net;
using System.Text;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Harness.Tests;

/// <summary>A client of the test server: what an application under test would do.</summary>
internal static class Post
{
    public const string Confirm = """
        From: App <app@client.test>
        To: Bob <bob@example.test>, eve@example.test
        Subject: Confirm your address

        Your code is 493817. Or open https://app.test/confirm?t=1
        """;

    /// <summary>Sends a message; it must be accepted.</summary>
    public static async Task SendAsync(this ActorSmtpServer smtp, string to, string message = Confirm, string from = "bounce@client.test")
    {
        var outcome = await smtp.TrySendAsync(to, message, from);
        Assert.True(outcome.AllAccepted, outcome.Failure?.Why ?? string.Join(", ", outcome.Results.Select(r => r.Reply)));
    }

    /// <summary>Sends a message; whatever comes of it.</summary>
    public static async Task<SendOutcome> TrySendAsync(
        this ActorSmtpServer smtp,
        string to,
        string message = Confirm,
        string from = "bounce@client.test",
        string hello = "client.test",
        Credentials? login = null,
        ClientTls tls = ClientTls.Off)
    {
        await using var transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
        await using var sender = new MailSender(transport, TimeProvider.System);
        return await sender.SendAsync(new SendRequest
        {
            Addresses = [new IPEndPoint(IPAddress.Parse(smtp.Host), smtp.Port)],
            ServerName = "localhost",
            HelloName = hello,
            Login = login,
            Tls = tls,
            TrustedRoots = smtp.Certificate is null ? null : [smtp.Certificate],
            Compose = _ => new MailToSend(
                new ReversePath(Mailbox.Parse(from)),
                [.. to.Split(',').Select(t => new RecipientToSend(Mailbox.Parse(t)))],
                new MemoryContent(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n") + "\r\n"))),
        }).WaitAsync(TimeSpan.FromSeconds(60));
    }
}
