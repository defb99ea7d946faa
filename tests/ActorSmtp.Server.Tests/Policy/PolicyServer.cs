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

    public static Task<PolicyServer> StartAsync(IResolver? resolver, string[] sets, params ScriptedCheck[] checks) => StartAsync(null, resolver, sets, p => p, checks);

    public static Task<PolicyServer> StartAsync(ITransport? transport, IResolver? resolver, string[] sets, params ScriptedCheck[] checks) => StartAsync(transport, resolver, sets, p => p, checks);

    public static Task<PolicyServer> StartAsync(IResolver? resolver, string[] sets, Func<MailServerPorts, MailServerPorts> ports, params ScriptedCheck[] checks) => StartAsync(null, resolver, sets, ports, checks);

    /// <param name="transport">The network; null: one in memory.</param>
    /// <param name="resolver">Who looks names up; null: nobody.</param>
    /// <param name="sets">Settings besides; they may name real checks.</param>
    /// <param name="ports">What it is to live on besides.</param>
    public static async Task<PolicyServer> StartAsync(ITransport? transport, IResolver? resolver, string[] sets, Func<MailServerPorts, MailServerPorts> ports, params ScriptedCheck[] checks) => new(await TestMailServer.StartAsync(
        transport,
        sets: sets,
        users: [("bob", "secret"), ("ann", "secret"), ("postmaster", "secret")],
        alter: s => s with { Listeners = [.. s.Listeners.Select(l => l with { Checks = [.. checks.Select(c => new CheckChoice(c.Name, c.Most)), .. l.Checks] })] },
        ports: p => ports(p with { Checks = [.. checks], Resolver = resolver })));

    public Task<DialoguePeer> ConnectAsync() => DialoguePeer.ConnectAsync(Server.Transport, Server.EndPoint, TimeSpan.FromSeconds(60));

    /// <summary>Sends all of it at once and answers the replies' codes, as far as "CODE X.Y.Z", until the server closes.</summary>
    public async Task<string> TalkAsync(string said) => string.Join(", ", (await ListenAsync(said)).Select(CodesOf));

    /// <summary>The same, and answers the last lines of the replies.</summary>
    public async Task<IReadOnlyList<string>> ListenAsync(string said)
    {
        var peer = await ConnectAsync();
        peer.Send(Encoding.Latin1.GetBytes(said.ReplaceLineEndings("\r\n")));
        return await LinesAsync(peer);
    }

    /// <summary>The codes of all replies until the server closes.</summary>
    public static async Task<string> HearAsync(DialoguePeer peer) => string.Join(", ", (await LinesAsync(peer)).Select(CodesOf));

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static async Task<IReadOnlyList<string>> LinesAsync(DialoguePeer peer)
    {
        var heard = new List<string>();
        while (await peer.ReadLineAsync() is { } line)
        {
            if (line.Length < 4 || line[3] != '-')
            {
                heard.Add(line);
            }
        }

        return heard;
    }

    private static string CodesOf(string line)
    {
        var words = line.Split(' ');
        return words.Length > 1 && words[1].Count(c => c == '.') == 2 && char.IsAsciiDigit(words[1][0]) && words[1].All(c => char.IsAsciiDigit(c) || c == '.') ? $"{words[0]} {words[1]}" : words[0];
    }
}
