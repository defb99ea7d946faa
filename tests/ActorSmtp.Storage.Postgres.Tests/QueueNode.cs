using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Postgres.Queue;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The queue of one node, whose observer remembers.</summary>
internal sealed class QueueNode : IQueueObserver, IAsyncDisposable
{
    private readonly List<ClaimedQueueMail> _claimed = [];
    private readonly HashSet<int> _lost = [];

    private QueueNode(Node node) => Store = (PostgresQueueStore)node.All.Queue(100_000, TimeSpan.FromDays(10_000));

    public PostgresQueueStore Store { get; }

    public ClaimedQueueMail[] Claimed
    {
        get
        {
            lock (_claimed)
            {
                return [.. _claimed];
            }
        }
    }

    public int[] LostSlots
    {
        get
        {
            lock (_claimed)
            {
                return [.. _lost];
            }
        }
    }

    public (long Asked, long Stable) Handover => default;

    public static async Task<QueueNode> OpenAsync(Node node, bool begin = true)
    {
        var queue = new QueueNode(node);
        await queue.Store.OpenAsync((_, _, _, _) => { }, queue, default);
        if (begin)
        {
            queue.Store.Begin();
        }

        return queue;
    }

    public Task<QueueJob> DoAsync(QueueJob job)
    {
        var done = new TaskCompletionSource<QueueJob>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_claimed)
        {
            _waiting[job] = done;
        }

        Store.Submit([job]);
        return done.Task.WaitAsync(TimeSpan.FromSeconds(90));
    }

    private readonly Dictionary<QueueJob, TaskCompletionSource<QueueJob>> _waiting = [];

    void IQueueObserver.OnDone(ReadOnlySpan<QueueJob> jobs)
    {
        lock (_claimed)
        {
            foreach (var job in jobs)
            {
                _waiting.Remove(job, out var done);
                done!.SetResult(job);
            }
        }
    }

    void IQueueObserver.OnClaimed(ReadOnlySpan<ClaimedQueueMail> mails)
    {
        lock (_claimed)
        {
            _claimed.AddRange(mails);
        }
    }

    void IQueueObserver.OnLost(ReadOnlySpan<int> slots)
    {
        lock (_claimed)
        {
            _lost.UnionWith(slots.ToArray());
        }
    }

    public static QueueStand To(params string[] destinations) => new(destinations, []);

    public static byte[] Read(QueuedMail mail)
    {
        var content = new byte[mail.Length];
        for (int at = 0, read; at < content.Length; at += read)
        {
            read = mail.Read(at, content.AsSpan(at, Math.Min(70_000, content.Length - at)));
            Assert.True(read > 0, $"the end at {at}");
        }

        Assert.Equal(0, mail.Read(content.Length, new byte[10]));
        return content;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

/// <summary>A message that lies somewhere else.</summary>
internal sealed class Foreign(byte[] content) : StoredMail
{
    public override MailId Id { get; } = TestMail.NextId();

    public override Envelope Envelope => TestMail.Envelope(Id, "bob@far.test");

    public override long Length => content.Length;

    public override long Sequence => 1;

    public override bool MayBeDelivered => false;

    public override bool IsComplete(int recipient) => false;

    public override bool TryGetContent(out ReadOnlyMemory<byte> held)
    {
        held = default;
        return false;
    }

    public override int Read(long offset, Span<byte> into)
    {
        var part = content.AsSpan((int)offset, (int)Math.Min(into.Length, content.Length - offset));
        part.CopyTo(into);
        return part.Length;
    }
}
