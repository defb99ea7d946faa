using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>A notice that the journal has is not delivered before it is on record that it was given.</summary>
public sealed class NoticeGateTests : IDeliveryFeed
{
    private readonly MailIdGenerator _ids = new(1);

    public (long Asked, long Stable) Completions { get; private set; }

    public bool HasMore => false;

    [Fact]
    public void Who_is_closed_waits_until_it_is_opened_and_nobody_else_does()
    {
        var (gate, one, other) = (new NoticeGate(this), Id(), Id());
        gate.Close(one);
        Assert.Equal((true, false, 1), (gate.IsClosed(one), gate.IsClosed(other), gate.Count));
        gate.Open(one);
        Assert.Equal((false, 0), (gate.IsClosed(one), gate.Count));
        gate.OpenWhenRecorded(one);                 // open already: nothing is kept of it
        Assert.Equal(0, gate.Count);
    }

    [Fact]
    public void It_opens_by_itself_when_what_was_asked_of_the_journal_by_then_is_stable()
    {
        var (gate, id) = (new NoticeGate(this), Id());
        gate.Close(id);
        Completions = (7, 5);
        gate.OpenWhenRecorded(id);
        Completions = (9, 6);
        Assert.True(gate.IsClosed(id));
        Completions = (9, 7);
        Assert.False(gate.IsClosed(id));
        Assert.Equal(0, gate.Count);
    }

    [Fact]
    public void What_stays_closed_is_looked_at_less_and_less_often()
    {
        var (gate, id) = (new NoticeGate(this), Id());
        gate.Close(id);
        var pauses = Enumerable.Range(0, 200).Select(_ => gate.PauseOf(id)).ToList();
        Assert.Equal(TimeSpan.FromMilliseconds(50), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromSeconds(5), pauses[^1]);
    }

    void IDeliveryFeed.Subscribe(Action wake)
    {
    }

    void IDeliveryFeed.Hasten()
    {
    }

    int IDeliveryFeed.Take(Span<StoredMail> into) => 0;

    void IDeliveryFeed.Complete(StoredMail mail, int recipient)
    {
    }

    void IDeliveryFeed.Complete(StoredMail mail)
    {
    }

    IReadOnlyList<MailId> IDeliveryFeed.FindWaiting(Func<MailId, bool> which) => [];

    void IDeliveryFeed.Release(StoredMail mail, TimeSpan delay)
    {
    }

    private MailId Id() => _ids.Next(DateTimeOffset.UnixEpoch.AddYears(60));
}
