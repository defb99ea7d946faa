using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
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
    public void One_of_which_nobody_here_hears_any_more_opens_after_a_while_and_is_not_kept()
    {
        var time = new StandingTime();
        var gate = new NoticeGate(this, time);
        MailId[] ids = [.. Enumerable.Range(0, 50).Select(_ => Id())];
        foreach (var id in ids)
        {
            gate.Close(id);
            gate.OpenLater(id);
        }

        gate.OpenLater(Id());                       // open already: nothing is kept of it
        time.Advance(NoticeGate.Later - TimeSpan.FromSeconds(1));
        Assert.True(gate.IsClosed(ids[0]));
        gate.Close(ids[1]);                         // tried again: closed until somebody opens it
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true, 49), (gate.IsClosed(ids[0]), gate.IsClosed(ids[1]), gate.Count));

        var other = Id();
        gate.Close(other);
        gate.OpenLater(other);
        Assert.Equal(2, gate.Count);
        gate.Open(ids[1]);
        Assert.True(gate.IsClosed(other));
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
