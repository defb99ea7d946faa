using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Postgres.Mail;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The stores of one node, over a connection of its own.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(PostgresStores all, StoreSet stores, string database)
    {
        (All, Stores, DatabaseName) = (all, stores, database);
        Mail = (PostgresMailStore)stores.Mail;
    }

    public PostgresStores All { get; }

    public StoreSet Stores { get; }

    public PostgresMailStore Mail { get; }

    public string DatabaseName { get; }

    public static DatabaseSettings Settings(string connection, string name = "n1", TimeSpan? lease = null, TimeSpan? patience = null, TimeSpan? poll = null) => new(
        connection, name, lease ?? TimeSpan.FromSeconds(30), poll ?? TimeSpan.FromMilliseconds(20), Connections: 16, patience ?? TimeSpan.FromSeconds(60));

    public static async Task<Node> OpenAsync(
        string database, string name = "n1", TimeSpan? lease = null, TimeSpan? patience = null, int? port = null, int[]? ports = null, StorageSettings? limits = null, NodeAgreement? agreement = null, TimeSpan? poll = null)
    {
        var settings = Settings(Cluster.Shared.ConnectionTo(database, port is { } one ? [one] : ports ?? []), name, lease, patience, poll);
        var all = new PostgresStores(settings, limits ?? TestMail.Settings("unused"), TimeProvider.System);
        var node = new Node(all, all.Serving(agreement ?? NodeAgreement.None), database);
        await node.Mail.OpenAsync(default);
        return node;
    }

    public async Task<MailId> StoreAsync(byte[] content, params string[] recipients)
    {
        Assert.Null(await TryStoreAsync(content, out var id, recipients));
        return id;
    }

    /// <summary>With an envelope that is not the usual one.</summary>
    public async Task<MailId> StoreAsync(byte[] content, Func<MailId, Envelope> envelope)
    {
        var id = TestMail.NextId();
        Assert.Null(await TryStoreAsync(content, envelope(id)));
        return id;
    }

    /// <summary>Null: stored.</summary>
    public Task<StoreFailure?> TryStoreAsync(byte[] content, out MailId id, params string[] recipients)
    {
        id = TestMail.NextId();
        return TryStoreAsync(content, LocalEnvelope(id, recipients));
    }

    private async Task<StoreFailure?> TryStoreAsync(byte[] content, Envelope envelope)
    {
        var waiting = new Waiting();
        var writer = Mail.Begin(envelope.Id, waiting);
        for (var at = 0; at < content.Length;)
        {
            var piece = content.AsMemory(at, Math.Min(50_000, content.Length - at));
            at += piece.Length;
            if (!writer.Write(piece.Span))
            {
                await waiting.Ready;
            }
        }

        writer.Commit(envelope);
        return await waiting.End;
    }

    /// <summary>The envelope of a message that a filter changed: <see cref="NewField"/> stands before it.</summary>
    public static Func<MailId, Envelope> Edited(string recipient, bool isLocal = false) => id =>
        (isLocal ? LocalEnvelope(id, recipient) : TestMail.Envelope(id, recipient)) with { Edits = ContentEdits.Of(new ContentEdit(0, 0, NewField)) };

    public static byte[] NewField => "X-New: 2\r\n"u8.ToArray();

    /// <summary>Each recipient has an account of its local part's name.</summary>
    public static Envelope LocalEnvelope(MailId id, params string[] recipients)
    {
        var envelope = TestMail.Envelope(id, recipients);
        return envelope with { Recipients = [.. envelope.Recipients.Select(r => r with { Account = r.Address.ToString().Split('@')[0] })] };
    }

    public async Task<StoredMail> TakeAsync()
    {
        var woken = new SemaphoreSlim(0);
        Mail.Deliveries.Subscribe(() => woken.Release());
        var room = new StoredMail[1];
        while (Mail.Deliveries.Take(room) == 0)
        {
            Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(60)), "nothing came");
        }

        return room[0];
    }

    public async Task<List<DeliveryResult>> DeliverAsync(StoredMail mail, params int[] recipients)
    {
        var observer = new Settled(recipients.Length);
        Stores.Mailboxes.Deliver(
            recipients.Select(i => new MailboxDelivery(mail, i, mail.Envelope.Recipients[i].Account!, "Return-Path: <>\r\n"u8.ToArray())).ToArray(), observer);
        return await observer.All;
    }

    public long Count(string table) => Cluster.Shared.Ask<long>(DatabaseName, $"SELECT count(*) FROM {table}");

    public void Execute(string statement) => Cluster.Shared.Execute(DatabaseName, statement);

    /// <summary>As if killed: its connections are gone, and nothing was said or given back.</summary>
    public ValueTask DieAsync() => All.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        await All.DisposeAsync();
    }

    public sealed class Settled(int expected) : IMailboxObserver
    {
        private readonly List<DeliveryResult> _results = [];
        private readonly TaskCompletionSource<List<DeliveryResult>> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<List<DeliveryResult>> All => _all.Task.WaitAsync(TimeSpan.FromSeconds(90));

        public void OnSettled(ReadOnlySpan<DeliveryResult> results)
        {
            lock (_results)
            {
                _results.AddRange(results);
                if (_results.Count == expected)
                {
                    _all.TrySetResult(_results);
                }
            }
        }

        public void OnDelayed(string account, string reason, TimeSpan delay) { }
    }
}

internal static class Eventually
{
    /// <summary>Asks again and again, for a minute and a half at most.</summary>
    public static Task True(Func<bool> condition, string what) => True(() => Task.FromResult(condition()), what);

    /// <summary>The same for what takes its time to ask.</summary>
    public static async Task True(Func<Task<bool>> condition, string what)
    {
        var until = DateTime.UtcNow.AddSeconds(90);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, $"it did not come to be: {what}");
            await Task.Delay(20);
        }
    }
}
