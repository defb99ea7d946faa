using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>A crowd that commits in one round of an I/O thread wakes the journal once, and shares one sync.</summary>
public sealed class WakingTests : IMailWriterObserver, ICompletionRunner
{
    private readonly SimulatedTime _time = new();
    private readonly Random _random = new(1);
    private readonly SteppedThreads _threads;
    private readonly JournalMailStore _store;
    private readonly HashSet<Action> _putOff = [];
    private bool _inRound;
    private int _stored;

    public WakingTests()
    {
        _threads = new SteppedThreads(_time);
        _store = new JournalMailStore(TestMail.Settings("/data"), new SimulatedDisk(1), _threads, this, _time);
        _store.Open(default);
        Rest();
    }

    [Fact]
    public void What_is_committed_in_one_round_is_written_by_one_sync()
    {
        Commit();
        Rest();
        var before = _store.Statistics.Syncs;

        _inRound = true;
        for (var i = 0; i < 20; i++)
        {
            Commit();
        }

        Rest();
        Assert.Equal(1, _stored);
        Assert.Single(_putOff).Invoke();
        Rest();

        Assert.Equal(21, _stored);
        Assert.Equal(1, _store.Statistics.Syncs - before);
    }

    [Fact]
    public void Outside_a_round_it_is_woken_at_once()
    {
        Commit();
        Rest();

        Assert.Equal(1, _stored);
        Assert.Empty(_putOff);
    }

    bool ICompletionRunner.TryWakeLater(Action wake) => _inRound && (_putOff.Add(wake) || true);

    void ICompletionRunner.Post(ICompletions completions) => completions.Run();

    void IMailWriterObserver.OnReady(MailId id)
    {
    }

    void IMailWriterObserver.OnStored(MailId id) => _stored++;

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => Assert.Fail(failure.ToString());

    private void Commit()
    {
        var id = TestMail.NextId();
        var writer = _store.Begin(id, this);
        writer.Write(TestMail.Content(1, 500));
        writer.Commit(TestMail.Envelope(id));
    }

    private void Rest()
    {
        while (_threads.Step(_random))
        {
        }
    }
}
