using System.Diagnostics;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>A server on a scripted store under a clock that stands, and a client on another host.</summary>
internal sealed class SessionHarness : IAsyncDisposable
{
    private readonly MemoryNetwork _network = new();
    private TestMailServer _server = null!;

    private SessionHarness()
    {
    }

    public ScriptedMailStore Store { get; } = new();

    public StandingTime Time { get; } = new();

    public TestMailServer Server => _server;

    public static async Task<SessionHarness> StartAsync(params string[] sets)
    {
        var harness = new SessionHarness();
        var rest = Stores.InMemory(TestMailServer.Settings(sets).Storage.Files);
        harness._server = await TestMailServer.StartAsync(
            new MemoryTransport(harness._network, new TransportOptions { Time = harness.Time }), new StoreSet(harness.Store, rest.Mailboxes, rest.Users), sets, [("bob", "secret"), ("ann", "secret")], harness.Time);
        return harness;
    }

    public Task<DialoguePeer> ConnectAsync() =>
        DialoguePeer.ConnectAsync(new MemoryTransport(_network), _server.EndPoint, TimeSpan.FromSeconds(60));

    /// <summary>A client that has said EHLO, MAIL and RCPT, and whatever comes after.</summary>
    public async Task<DialoguePeer> InTransactionAsync(string andThen)
    {
        var peer = await ConnectAsync();
        await Expect(peer, "220 ");
        peer.Send("EHLO c.test\r\n"u8);
        string? line;
        do
        {
            line = await peer.ReadLineAsync();
        }
        while (line is not null && line.StartsWith("250-", StringComparison.Ordinal));

        peer.Send("MAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\n"u8);
        await Expect(peer, "250 2.1.0");
        await Expect(peer, "250 2.1.5");
        peer.Send(System.Text.Encoding.ASCII.GetBytes(andThen));
        return peer;
    }

    public static async Task Expect(DialoguePeer peer, string start)
    {
        var line = await peer.ReadLineAsync();
        Assert.True(line is not null && line.StartsWith(start, StringComparison.Ordinal), $"expected '{start}', got '{line ?? "the end"}'");
    }

    public static async Task ExpectEnd(DialoguePeer peer) => Assert.Null(await peer.ReadLineAsync());

    /// <summary>Looks until it is so, for a minute.</summary>
    public static async Task Until(Func<bool> so, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!so())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60), what);
            await Task.Delay(5);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>A clock that stands until it is moved. Its timers are the system's: sessions compare, they do not wait on it.</summary>
/// <param name="rings">False: its timers never ring.</param>
internal sealed class StandingTime(bool rings = true) : TimeProvider
{
    private long _ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000) + TimeSpan.FromTicks(GetTimestamp());

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        rings ? base.CreateTimer(callback, state, dueTime, period) : base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
