using System.Collections.Concurrent;
using ActorSmtp.EndToEnd.Tests.Running;

namespace ActorSmtp.EndToEnd.Tests.Load;

/// <summary>The promise: what was answered with 250 is there, whatever happens to the process a moment later.</summary>
public sealed class KillTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(250)]
    public async Task A_killed_server_has_every_acknowledged_message_once_after_it_is_started_again(int acknowledged)
    {
        using var folder = new TemporaryFolder();
        var told = new ConcurrentDictionary<string, string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var server = await RunningServer.Laptop(folder["data"]))
        {
            var port = server.Port();
            var clients = Enumerable.Range(0, 20).Select(client => Task.Run(() => SendUntilItDies(port, client))).ToArray();
            await Task.WhenAny(enough.Task, Task.WhenAll(clients));
            await server.Kill();
            await Task.WhenAll(clients);
        }

        Assert.True(told.Count >= acknowledged, $"only {told.Count} messages were acknowledged");
        await using var again = await RunningServer.Laptop(folder["data"]);
        await Eventually.True(() => told.Keys.All(Found(again).Contains), $"{told.Count} acknowledged messages", again);
        foreach (var mails in Enumerable.Range(0, 20).Select(client => again.Mail.Of(Account(client))))
        {
            Assert.Equal(mails.Count, mails.DistinctBy(m => m.Id).Count());
            foreach (var mail in mails.Where(m => told.ContainsKey(m.Id)))
            {
                Assert.Equal(told[mail.Id], mail.Content);
            }
        }

        async Task SendUntilItDies(int port, int client)
        {
            try
            {
                using var talk = await SmtpTalk.Greeted(port);
                for (var mail = 0; ; mail++)
                {
                    var content = $"Subject: {mail} of {client}\r\n\r\n{new string('x', 900)}\r\n";
                    told.TryAdd(await talk.Mail(Account(client), content), content);
                    if (told.Count >= acknowledged)
                    {
                        enough.TrySetResult();
                    }
                }
            }
            catch (Exception died) when (died is IOException or System.Net.Sockets.SocketException)
            {
                // As it should: the server was killed.
            }
        }
    }

    private static string Account(int client) => $"client{client}@example.com";

    private static HashSet<string> Found(RunningServer server) =>
        [.. Enumerable.Range(0, 20).Select(Account).Where(a => server.Mail.Count(a) > 0).SelectMany(server.Mail.Of).Select(m => m.Id)];
}
