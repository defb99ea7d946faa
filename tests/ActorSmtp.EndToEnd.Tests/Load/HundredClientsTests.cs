using System.Text;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Load;

/// <summary>Many at once: nothing is lost, nothing is mixed up, nothing comes twice.</summary>
public sealed class HundredClientsTests
{
    private const int Clients = 100;
    private const int MailsEach = 4;

    [Fact]
    public async Task A_hundred_clients_send_four_messages_each_and_every_octet_arrives()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.Laptop(folder["data"]);
        var port = server.Port();
        var sent = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => SendAll(port, client))));
        for (var client = 0; client < Clients; client++)
        {
            var account = Account(client);
            await Eventually.True(() => server.Mail.Count(account) >= MailsEach, $"{MailsEach} messages for {account}", server);
            var found = server.Mail.Of(account).ToDictionary(m => m.Id, m => m.Content);
            Assert.Equal(sent[client].OrderBy(m => m.Key, StringComparer.Ordinal), found.OrderBy(m => m.Key, StringComparer.Ordinal));
        }

        Assert.Equal(0, await server.Stop());
    }

    /// <summary>By their ids, what one client has sent.</summary>
    private static async Task<Dictionary<string, string>> SendAll(int port, int client)
    {
        var sent = new Dictionary<string, string>();
        using var talk = await SmtpTalk.Greeted(port);
        for (var mail = 0; mail < MailsEach; mail++)
        {
            var content = Content(client, mail);
            sent.Add(await talk.Mail(Account(client), content), content);
        }

        await talk.Say("QUIT", "221");
        return sent;
    }

    private static string Account(int client) => $"client{client}@example.com";

    /// <summary>From one line to some hundred kilobytes; every 8-bit octet but CR, LF and NUL; no dot at a line's start.</summary>
    private static string Content(int client, int mail)
    {
        var random = new Random((client * MailsEach) + mail);
        var text = new StringBuilder($"Subject: {mail} of {client}\r\n\r\n");
        for (var lines = random.Next(mail == 3 ? 4000 : 20); lines >= 0; lines--)
        {
            text.Append('>');
            for (var length = random.Next(80); length > 0; length--)
            {
                text.Append((char)random.Next(32, 256));
            }

            text.Append("\r\n");
        }

        return text.ToString();
    }
}
