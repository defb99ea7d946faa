using System.Text;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Signing;

/// <summary>A server with keys, what it made of a message, and whether that verifies.</summary>
internal static class SigningServer
{
    private const string Ready = "dkim.sign=on";

    public static readonly string[] Submission = [Ready, "listeners.mx.auth=offered", "auth.allow-plaintext=true"];

    public static readonly string[] Neighbour = [Ready, "listeners.mx.relay-from=[127.0.0.0/8]"];

    /// <summary>Keys of these domains, each s1, that sign from the beginning of time.</summary>
    public static async Task<MemorySigningKeys> KeysOfAsync(params string[] domains)
    {
        var keys = new MemorySigningKeys();
        foreach (var domain in domains)
        {
            await keys.MakeAsync(domain, "s1", DkimAlgorithm.RsaSha256, 2048, DateTimeOffset.UnixEpoch, CancellationToken.None);
        }

        return keys;
    }

    public static Task<TestMailServer> StartAsync(MemorySigningKeys keys, IEnumerable<string> sets, IResolver? resolver = null, ITransport? transport = null) => TestMailServer.StartAsync(
        transport,
        sets: sets,
        users: [("bob", "secret"), ("ann", "secret")],
        ports: p => p with { SigningKeys = keys, Resolver = resolver });

    /// <summary>Logs in as ann, or not, and sends a message; answers the reply to it, code and enhanced code.</summary>
    public static Task<string> SendAsync(TestMailServer server, string message, bool logsIn = true, string from = "ann@mx.test", string to = "bob@mx.test") =>
        SendAsync(server, [(message, to)], logsIn, from);

    /// <summary>The same for several in one session; answers the reply to the last.</summary>
    public static async Task<string> SendAsync(TestMailServer server, (string Message, string To)[] mails, bool logsIn, string from)
    {
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromMinutes(2));
        await SayAsync(peer, null);
        await SayAsync(peer, "EHLO c.test");
        if (logsIn)
        {
            await SayAsync(peer, "AUTH PLAIN " + Convert.ToBase64String("\0ann\0secret"u8));
        }

        var reply = "";
        foreach (var (message, to) in mails)
        {
            await SayAsync(peer, $"MAIL FROM:<{from}>");
            await SayAsync(peer, $"RCPT TO:<{to}>");
            await SayAsync(peer, "DATA");
            reply = await SayAsync(peer, message.ReplaceLineEndings("\r\n") + "\r\n.");
        }

        return reply;
    }

    /// <summary>The verdicts of a message's signatures, verified with these keys.</summary>
    public static IReadOnlyList<DkimResult> Verify(string message, MemorySigningKeys keys)
    {
        using var read = new SignedMessage(DkimOptions.Usual);
        read.Take(Encoding.Latin1.GetBytes(message));
        var records = keys.LoadAsync([], CancellationToken.None).Result.Keys.ToDictionary(k => k.DnsName, k => k.Key.Record);
        return [.. DkimCheck.Of(read.Complete(), DkimOptions.Usual, DateTimeOffset.UtcNow).Select(check =>
        {
            if (check.Begin() is { } question)
            {
                check.Continue(records.TryGetValue(question.Name.ToString(), out var record)
                    ? new DnsFound([new TxtRecord(question.Name, 60, [record])], TimeSpan.FromMinutes(1)) { Name = question.Name }
                    : new DnsNoName(TimeSpan.FromMinutes(1)) { Name = question.Name });
            }

            return check.Result;
        })];
    }

    private static async Task<string> SayAsync(DialoguePeer peer, string? line)
    {
        if (line is not null)
        {
            peer.Send(Encoding.Latin1.GetBytes(line + "\r\n"));
        }

        while (true)
        {
            var reply = await peer.ReadLineAsync() ?? "closed";
            if (reply.Length < 4 || reply[3] != '-')
            {
                return string.Join(' ', reply.Split(' ').Take(2));
            }
        }
    }
}
