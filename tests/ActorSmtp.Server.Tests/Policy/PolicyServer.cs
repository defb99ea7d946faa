using System.Text;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>A whole server whose only listener asks the given checks, and clients for it.</summary>
internal sealed class PolicyServer : IAsyncDisposable
{
    private PolicyServer(TestMailServer server) => Server = server;

    public TestMailServer Server { get; }

    public static Task<PolicyServer> StartAsync(params ScriptedCheck[] checks) => StartAsync([], checks);

    public static Task<PolicyServer> StartAsync(string[] sets, params ScriptedCheck[] checks) => StartAsync(null, sets, checks);

    public static Task<PolicyServer> StartAsync(IResolver? resolver, string[] sets, params ScriptedCheck[] checks) => StartAsync(null, resolver, sets, checks);

    /// <param name="transport">The network; null: one in memory.</param>
    /// <param name="resolver">Who looks names up; null: nobody.</param>
    /// <param name="sets">Settings besides; they may name real checks.</param>
    public static async Task<PolicyServer> StartAsync(ITransport? transport, IResolver? resolver, string[] sets, params ScriptedCheck[] checks) => new(await TestMailServer.StartAsync(
        transport,
        sets: sets,
        users: [("bob", "secret"), ("ann", "secret"), ("postmaster", "secret")],
        alter: s => s with { Listeners = [.. s.Listeners.Select(l => l with { Checks = [.. l.Checks, .. checks.Select(c => new CheckChoice(c.Name, c.Most))] })] },
        ports: p => p with { Checks = [.. checks], Resolver = resolver }));

    public Task<DialoguePeer> ConnectAsync() => DialoguePeer.ConnectAsync(Server.Transport, Server.EndPoint, TimeSpan.FromSeconds(60));

    /// <summary>Sends all of it at once and answers the replies' codes, as far as "CODE X.Y.Z", until the server closes.</summary>
    public async Task<string> TalkAsync(string said)
    {
        var peer = await ConnectAsync();
        peer.Send(Encoding.Latin1.GetBytes(said.ReplaceLineEndings("\r\n")));
        return await HearAsync(peer);
    }

    /// <summary>The codes of all replies until the server closes.</summary>
    public static async Task<string> HearAsync(DialoguePeer peer)
    {
        var heard = new List<string>();
        while (await peer.ReadLineAsync() is { } line)
        {
            if (line.Length < 4 || line[3] != '-')
            {
                heard.Add(CodesOf(line));
            }
        }

        return string.Join(", ", heard);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static string CodesOf(string line)
    {
        var words = line.Split(' ');
        return words.Length > 1 && words[1].Count(c => c == '.') == 2 && char.IsAsciiDigit(words[1][0]) && words[1].All(c => char.IsAsciiDigit(c) || c == '.') ? $"{words[0]} {words[1]}" : words[0];
    }
}
