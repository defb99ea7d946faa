using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Pop3;

/// <summary>A POP3 server under a clock that stands, on mailboxes in memory that can be made to fail, wait and forget.</summary>
internal sealed class Pop3Harness : IAsyncDisposable
{
    private readonly MemoryNetwork _network = new();

    public StandingTime Time { get; } = new();

    public TroubledReader Mailboxes { get; private set; } = null!;

    public TestMailServer Server { get; private set; } = null!;

    public static async Task<Pop3Harness> StartAsync(params string[] sets)
    {
        var at = new Pop3Harness();
        sets = ["listeners.mx.role=pop3", "listeners.mx.auth=required", .. sets];
        var stores = Stores.InMemory(TestMailServer.Settings(sets).Storage.Files);
        at.Mailboxes = new TroubledReader(stores.Reader);
        at.Server = await TestMailServer.StartAsync(
            new MemoryTransport(at._network, new TransportOptions { Time = at.Time }), stores, sets, [("bob", "secret"), ("ann", "secret")], at.Time, reader: at.Mailboxes);
        return at;
    }

    /// <summary>Puts messages into a mailbox, each a subject and this body.</summary>
    public Task DeliverAsync(string account, params string[] bodies) =>
        Server.DeliverAsync(account, bodies.Select(body => Encoding.Latin1.GetBytes($"Subject: x\r\n\r\n{body}")));

    public Task<DialoguePeer> ConnectAsync(string listener = "mx") => DialoguePeer.ConnectAsync(
        new MemoryTransport(_network), Server.Server.Listeners.Single(l => l.Name == listener).Address, TimeSpan.FromSeconds(60));

    /// <summary>A client that was greeted.</summary>
    public async Task<DialoguePeer> GreetedAsync()
    {
        var peer = await ConnectAsync();
        await peer.ExpectAsync("+OK mx.test POP3 ready");
        return peer;
    }

    /// <summary>A client that has a mailbox open.</summary>
    public async Task<DialoguePeer> LoggedInAsync(string user = "bob")
    {
        var peer = await GreetedAsync();
        await peer.AskAsync($"USER {user}", "+OK");
        await peer.AskAsync("PASS secret", "+OK ");
        return peer;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>What clients of these tests do.</summary>
internal static class Pop3Peers
{
    public static async Task<string> AskAsync(this DialoguePeer peer, string command, string start)
    {
        peer.Send(Encoding.Latin1.GetBytes(command + "\r\n"));
        return await peer.ExpectAsync(start);
    }

    public static async Task<string> ExpectAsync(this DialoguePeer peer, string start)
    {
        var line = await peer.ReadLineAsync();
        Assert.True(line is not null && line.StartsWith(start, StringComparison.Ordinal), $"expected '{start}', got '{line ?? "the end"}'");
        return line!;
    }

    /// <summary>The rest of an answer of several lines, without its last.</summary>
    public static async Task<List<string>> LinesAsync(this DialoguePeer peer)
    {
        var lines = new List<string>();
        for (string? line; (line = await peer.ReadLineAsync()) != "."; lines.Add(line))
        {
            Assert.NotNull(line);
        }

        return lines;
    }

    public static async Task ExpectEndAsync(this DialoguePeer peer) => Assert.Null(await peer.ReadLineAsync());
}

/// <summary>Mailboxes that do what they are told to: wait before each answer, fail.</summary>
internal sealed class TroubledReader(IMailboxReader inner) : IMailboxReader
{
    /// <summary>Awaited before each thing that is asked; may throw.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What stands between an opened message and its reader.</summary>
    public Func<Stream, Stream> Wrap { get; set; } = stream => stream;

    /// <summary>Instead of what is there every mailbox has so many messages, of three octets each.</summary>
    public int Invented { get; set; }

    public Task<string[]> AccountsAsync(CancellationToken cancellation) => inner.AccountsAsync(cancellation);

    public Task<long?> StampAsync(string account, CancellationToken cancellation) => inner.StampAsync(account, cancellation);

    public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation) => inner.VisitAsync(account, visit, cancellation);

    public async Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation)
    {
        await Before("measure");
        for (var i = 1; i <= Invented; i++)
        {
            visit(i.ToString("D12", System.Globalization.CultureInfo.InvariantCulture), "", isNew: true, 3);
        }

        return Invented > 0 || await inner.MeasureAsync(account, visit, cancellation);
    }

    public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) =>
        inner.LookAsync(account, names, cancellation);

    public async Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation)
    {
        await Before("open");
        return await inner.OpenAsync(account, name, cancellation) is { } stream ? Wrap(stream) : null;
    }

    public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation) =>
        inner.FlagAsync(account, name, set, clear, cancellation);

    public async Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        await Before("remove");
        return await inner.RemoveAsync(account, names, cancellation);
    }

    public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation) => inner.TagsAsync(account, cancellation);

    public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation) =>
        inner.SaveTagsAsync(account, tags, cancellation);
}
