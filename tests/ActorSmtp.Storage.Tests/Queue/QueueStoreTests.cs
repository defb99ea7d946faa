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

    [Fact]
    public void What_was_moved_in_a_batch_that_ran_out_of_space_stays_where_records_on_the_disk_may_say_it_is()
    {
        var (kept, fillers) = (new List<StoredMail>(), new List<StoredMail>());
        for (var segment = 0; segment < 7; segment++)
        {
            kept.AddRange(Enumerable.Range(0, 100).Select(_ => Mail(600)));
            Do([.. kept.TakeLast(100).Select(mail => QueueJob.Add(mail, new byte[10]))]);
            fillers.AddRange(Enumerable.Range(0, segment == 6 ? 25 : 15).Select(_ => Mail(60_000)));        // at the end a segment of nothing else
            Do([.. fillers.TakeLast(segment == 6 ? 25 : 15).Select(mail => QueueJob.Add(mail, new byte[10]))]);
        }

        Assert.Equal(815, _done.Count(job => job.Failure is null));
        var (phase, refused, last) = (0, 0, "");
        _disk.Fault = (operation, path, _) =>
        {
            var (isState, isContent) = (path.Contains("/state/", StringComparison.Ordinal), path.Contains("/content/", StringComparison.Ordinal));
            if (phase == 0 && operation == "read" && isContent)
            {
                phase = 1;                          // it is looked what can be moved: known behind the next batch
                _store.Submit([QueueJob.Save(_store.Find(kept[0].Id), new byte[20])]);
            }
            else if (phase == 1 && operation == "fdatasync" && isState)
            {
                (phase, last) = (2, path);          // with the moves: records of all, and so many others that the segment is full before their end
                _store.Submit([.. kept.Select(mail => QueueJob.Save(_store.Find(mail.Id), new byte[20])), .. Enumerable.Range(0, 14).Select(_ => QueueJob.Save(_store.Find(kept[0].Id), new byte[100_000]))]);
            }

            return phase == 2 && operation == "write" && isState && path != last && ++refused > 0 ? DiskError.NoSpace : null;
        };
        Do([.. fillers.Select(mail => QueueJob.Remove(_store.Find(mail.Id)))]);
        _time.Advance(TimeSpan.FromSeconds(6));
        Do(QueueJob.Save(_store.Find(kept[0].Id), new byte[20]));                                       // it is looked at again what takes room for nothing
        Assert.Equal(2, phase);
        Assert.True(refused > 0, "there was space");
        _done.Clear();
        for (var i = 0; i < 200; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(300));
            Do(QueueJob.Add(Mail(60_000), new byte[10]));       // what it wrote of content is free at once, and written over
        }

        Assert.All(_done, job => Assert.Equal((QueueJobKind.Add, StoreFailure.Full), (job.Kind, job.Failure)));
        _disk.Fault = null;
        Restart();
        _done.Clear();
        Do([.. kept.Select(mail => QueueJob.Load(_store.Find(mail.Id)))]);
        Assert.Equal(700, _done.Count);
        Assert.All(_done, job => Assert.Null(job.Problem));
        foreach (var (job, mail) in _done.Select(job => (job, kept.Single(mail => mail.Id == job.Opened!.Id))))
        {
            Assert.True(mail.TryGetContent(out var expected));
            var content = new byte[expected.Length];
            Assert.Equal(content.Length, job.Opened!.Read(0, content));
            Assert.Equal(expected.ToArray(), content);
            job.Opened.Dispose();
        }
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

    private StoredMail Mail(int length = 100)
    {
        var envelope = TestMail.Envelope(_ids.Next(_time.GetUtcNow()), "bob@far.example");
        return new MemoryMail(envelope.Id, envelope, TestMail.Content(1, length), 1);
    }
}
