using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Queue;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Queue;

/// <summary>Single promises of the queue's store, step by step on a simulated disk; what holds over crashes is in <see cref="QueueCrashTests"/>.</summary>
public sealed class QueueStoreTests : IQueueObserver
{
    private readonly SimulatedDisk _disk = new(1);
    private readonly SimulatedTime _time = new();
    private readonly MailIdGenerator _ids = new(1);
    private readonly List<QueueJob> _done = [];
    private readonly Random _random = new(1);
    private SteppedThreads _threads = null!;
    private QueueStore _store = null!;
    private long _asked;
    private long _stable;

    public QueueStoreTests() => Start();

    public (long Asked, long Stable) Handover => (_asked, _stable);

    void IQueueObserver.OnDone(ReadOnlySpan<QueueJob> jobs) => _done.AddRange(jobs.ToArray());

    [Fact]
    public void Of_two_additions_of_one_message_in_a_batch_the_second_finds_it_there()
    {
        var mail = Mail();
        Do(QueueJob.Add(mail, new byte[10]), QueueJob.Add(mail, new byte[10]));

        Assert.Equal([false, true], _done.Select(job => job.WasThere));
        Assert.All(_done, job => Assert.Null(job.Failure));
        Assert.Equal(_done[0].Slot, _done[1].Slot);
        Assert.Equal(1, _store.Statistics.Messages);
    }

    [Fact]
    public void Where_the_first_of_two_additions_fails_the_second_is_not_called_done()
    {
        Do(QueueJob.Add(Mail(), new byte[10]));
        _done.Clear();
        _disk.Fault = (operation, _, _) => operation == "write" ? DiskError.NoSpace : null;
        var mail = Mail();
        Do(QueueJob.Add(mail, new byte[10]), QueueJob.Add(mail, new byte[10]));

        Assert.Equal([StoreFailure.Full, StoreFailure.Full], _done.Select(job => job.Failure));
        Assert.Equal(-1, _store.Find(mail.Id));
    }

    [Fact]
    public void A_slot_that_is_anothers_within_the_batch_is_not_removed_twice()
    {
        Do(QueueJob.Add(Mail(), new byte[10]));
        var slot = _done[0].Slot;
        _done.Clear();
        var next = Mail();
        Do(QueueJob.Remove(slot), QueueJob.Add(next, new byte[10]), QueueJob.Remove(slot), QueueJob.Save(slot, new byte[20]));

        Assert.True(_store.Find(next.Id) >= 0, "the new message is gone");
        Assert.Equal([null, null, null, StoreFailure.Unavailable], _done.OrderBy(job => job.Kind == QueueJobKind.Save).Select(job => job.Failure));
    }

    [Fact]
    public void A_removal_is_remembered_until_the_journal_brings_the_message_never_again()
    {
        _asked = 1;
        var (kept, removed) = (Mail(), Mail());
        Do(QueueJob.Add(kept, new byte[10]), QueueJob.Add(removed, new byte[10]));
        Do(QueueJob.Remove(_store.Find(removed.Id)));
        Churn(kept, TimeSpan.FromHours(1));
        Restart();
        Assert.True(_store.WasRemoved(removed.Id), "forgotten after an hour, and the journal would bring it again");

        _stable = 1;
        Churn(kept, TimeSpan.Zero);
        Restart();
        Assert.False(_store.WasRemoved(removed.Id), "kept for nothing");
        Assert.True(_store.Find(kept.Id) >= 0);
    }

    [Fact]
    public void A_load_tells_the_state_where_the_envelope_cannot_be_read()
    {
        Do(QueueJob.Add(Mail(), new byte[] { 1, 2, 3 }));
        var slot = _done[0].Slot;
        _done.Clear();
        _disk.Fault = (operation, path, _) => operation == "read" && path.Contains("/content/", StringComparison.Ordinal) ? DiskError.Io : null;
        Do(QueueJob.Load(slot));

        Assert.Equal(StoreFailure.Unavailable, _done[0].Failure);
        Assert.Equal([1, 2, 3], _done[0].State.ToArray());
        _disk.Fault = null;
        _done.Clear();
        Do(QueueJob.Load(slot));
        Assert.Null(_done[0].Failure);
        _done[0].Opened!.Dispose();
    }

    /// <summary>So much state is written that its first segments are free, if nothing else keeps them.</summary>
    private void Churn(StoredMail kept, TimeSpan time)
    {
        for (var i = 0; i < 60; i++)
        {
            Do(QueueJob.Save(_store.Find(kept.Id), new byte[100_000]));
            _time.Advance(time / 60);
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        Step();
    }

    private void Do(params QueueJob[] jobs)
    {
        _store.Submit(jobs);
        Step();
    }

    private void Step()
    {
        for (var steps = 0; _threads.Step(_random); steps++)
        {
            Assert.True(steps < 10_000, "it never rests");
        }
    }

    private void Start()
    {
        _threads = new SteppedThreads(_time);
        _store = new QueueStore(TestMail.Settings("/data"), 1000, _disk, _threads, _time);
        _store.Open((_, _, _, _) => { }, this, default);
    }

    private void Restart()
    {
        _disk.Kill();
        Start();
    }

    private StoredMail Mail()
    {
        var envelope = TestMail.Envelope(_ids.Next(_time.GetUtcNow()), "bob@far.example");
        return new MemoryMail(envelope.Id, envelope, TestMail.Content(1, 100), 1);
    }
}
