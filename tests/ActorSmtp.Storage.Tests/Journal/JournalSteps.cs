using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>A journal on the simulated disk, stepped by the test.</summary>
public abstract class JournalSteps : IMailWriterObserver, ICompletionRunner
{
    private SteppedThreads _threads = null!;

    private protected SimulatedDisk Disk { get; } = new(1);

    private protected SimulatedTime Time { get; } = new();

    /// <summary>What the writers were told, in order.</summary>
    private protected List<string> Told { get; } = [];

    /// <summary>The content of messages that were stored.</summary>
    private protected Dictionary<MailId, byte[]> Contents { get; } = [];

    void IMailWriterObserver.OnReady(MailId id) => Told.Add("ready");

    void IMailWriterObserver.OnStored(MailId id) => Told.Add("stored");

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure)
    {
        Contents.Remove(id);
        Told.Add(failure.ToString());
    }

    void ICompletionRunner.Post(ICompletions completions) => completions.Run();

    private protected JournalMailStore Open(StorageSettings settings) => Open(settings, out _);

    private protected JournalMailStore Open(StorageSettings settings, out RecoveryReport report)
    {
        _threads = new SteppedThreads(Time);
        var store = new JournalMailStore(settings, Disk, _threads, this, Time);
        report = store.Open(default);
        return store;
    }

    private protected MailId Commit(IMailStore store, int size, params string[] recipients)
    {
        var id = TestMail.NextId();
        var writer = store.Begin(id, this);
        var content = Contents[id] = TestMail.Content(size, size);
        for (var at = 0; at < size; at += 60_000)
        {
            if (!writer.Write(content.AsSpan(at, Math.Min(60_000, size - at))))
            {
                Run();
                Told.Remove("ready");
            }
        }

        writer.Commit(TestMail.Envelope(id, recipients));
        return id;
    }

    private protected void Run()
    {
        var random = new Random(1);
        for (var steps = 0; _threads.Step(random); steps++)
        {
            Assert.True(steps < 100_000, "the threads never rest");
        }
    }

    private protected void Pass(double seconds)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        Run();
    }

    private protected static StoredMail[] Take(IMailStore store)
    {
        var mails = new StoredMail[1000];
        return mails[..store.Deliveries.Take(mails)];
    }

    /// <summary>All that was stored waits, and nothing else.</summary>
    private protected void AssertWaits(IMailStore store)
    {
        var mails = Take(store);
        Assert.Equal(Contents.Keys.Select(id => id.ToString()).Order(), mails.Select(mail => mail.Id.ToString()).Order());
        Assert.All(mails, mail => Assert.Equal(Contents[mail.Id], mail.ReadAll()));
    }
}
