using System.Text;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Policy.Milters;

/// <summary>A whole server in memory whose only listener asks scripted milters, <c>one</c>, <c>two</c>…; and clients for it.</summary>
internal sealed class MilterServer : IAsyncDisposable
{
    public const string Message = """
        EHLO c.test
        MAIL FROM:<x@c.test>
        RCPT TO:<bob@mx.test>
        DATA
        Subject: one
        X-Old: first
        X-Old: second
        To: Bob
         <bob@mx.test>

        Hello
        .
        QUIT

        """;

    private static readonly string[] s_names = ["one", "two", "three"];
    private readonly MemoryTransport _transport = new();

    private MilterServer(int milters) => Milters = [.. Enumerable.Range(0, milters).Select(_ => new ScriptedMilter(_transport))];

    public ScriptedMilter[] Milters { get; }

    public ScriptedMilter Milter => Milters[0];

    public TestMailServer Server { get; private set; } = null!;

    public static Task<MilterServer> StartAsync(params string[] sets) => StartAsync(1, sets);

    /// <param name="sets">Settings besides, below <c>actorsmtp</c>.</param>
    public static async Task<MilterServer> StartAsync(int milters, params string[] sets)
    {
        var server = new MilterServer(milters);
        server.Server = await TestMailServer.StartAsync(
            transport: server._transport,
            sets:
            [
                $"listeners.mx.milters=[{string.Join(",", s_names.Take(milters))}]",
                .. server.Milters.Select((m, i) => $"gatekeeping.milters.{s_names[i]}.address=\"{m.Address}\""),
                .. sets,
            ],
            users: [("bob", "secret"), ("ann", "secret"), ("postmaster", "secret")]);
        return server;
    }

    public Task<DialoguePeer> ConnectAsync() => DialoguePeer.ConnectAsync(Server.Transport, Server.EndPoint, TimeSpan.FromSeconds(60));

    /// <summary>Sends all of it at once and answers the replies' codes, as far as "CODE X.Y.Z", until the server closes.</summary>
    public async Task<string> TalkAsync(string said = Message)
    {
        var peer = await ConnectAsync();
        peer.Send(Encoding.Latin1.GetBytes(said.ReplaceLineEndings("\r\n")));
        return await PolicyServer.HearAsync(peer);
    }

    /// <summary>The only message of a mailbox, without Return-Path and our Received.</summary>
    public async Task<string> ReadAsync(string account = "bob")
    {
        var whole = await Server.ReadOnlyMessageAsync(account);
        var received = whole.IndexOf("Received: from c.test", StringComparison.Ordinal);
        var ends = received;
        do
        {
            ends = whole.IndexOf("\r\n", ends, StringComparison.Ordinal) + 2;
        }
        while (whole[ends] is ' ' or '\t');
        var first = whole.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        return whole[first..received] + "[Received]\r\n" + whole[ends..];
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        foreach (var milter in Milters)
        {
            await milter.DisposeAsync();
        }
    }
}
