using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Journal;

/// <summary>The feed and the keeper's clock together: what gathered is handed out, whatever was going on when it began to.</summary>
public sealed class GatheringTests : IMailWriterObserver
{
    private readonly SimulatedTime _time = new();
    private readonly Random _random = new(1);
    private readonly SteppedThreads _threads;
    private readonly JournalMailStore _store;
    private int _stored;

    public GatheringTests()
    {
        _threads = new SteppedThreads(_time);
        var settings = TestMail.Settings("/data") with { BurstDelay = TimeSpan.FromSeconds(2) };
        _store = new JournalMailStore(settings, new SimulatedDisk(1), _threads, null, _time);
        _store.Open(default);
    }

    /// <summary>Nothing comes after the crowd, so nothing but the clock can begin it again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(60)]
    public void A_crowd_that_ends_is_handed_out(int messages)
    {
        Store(messages);
        Assert.Equal(messages, _stored);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        Rest();

        Assert.Equal(messages, _store.Deliveries.Take(new StoredMail[100]));
    }

    /// <summary>A stop does not wait for the clock, and neither gather what is written behind it.</summary>
    [Fact]
    public void A_crowd_is_handed_out_at_once_when_it_is_hastened()
    {
        var woken = 0;
        Store(60);
        _store.Deliveries.Subscribe(() => woken++);
        Assert.Equal(0, woken);
        Assert.Equal(0, _store.Deliveries.Take(new StoredMail[100]));
        Assert.True(_store.Deliveries.HasMore);

        _store.Deliveries.Hasten();
        Assert.Equal(1, woken);
        Assert.Equal(60, _store.Deliveries.Take(new StoredMail[100]));
        Assert.False(_store.Deliveries.HasMore);

        Store(60);
        Assert.Equal(60, _store.Deliveries.Take(new StoredMail[100]));
    }

    void IMailWriterObserver.OnReady(MailId id)
    {
    }

    void IMailWriterObserver.OnStored(MailId id) => _stored++;

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => Assert.Fail(failure.ToString());

    private void Store(int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            var id = TestMail.NextId();
            var writer = _store.Begin(id, this);
            writer.Write(TestMail.Content(i, 500));
            writer.Commit(TestMail.Envelope(id));
            Rest();
        }
    }

    private void Rest()
    {
        while (_threads.Step(_random))
        {
        }
    }
}
