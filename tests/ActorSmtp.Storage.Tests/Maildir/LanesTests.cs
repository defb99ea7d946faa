using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>Who has a mailbox when: one worker, or the one who removes it.</summary>
public sealed class LanesTests : IMailboxObserver
{
    private readonly SimulatedTime _time = new();
    private readonly Lanes _lanes;

    public LanesTests() => _lanes = new Lanes(_time, workers: 4);

    [Fact]
    public void A_mailbox_in_trouble_that_is_being_removed_is_nobody_s_even_when_its_time_comes()
    {
        var lane = Fail("bob");
        Assert.True(_lanes.TryHold("bob", out var held));
        Assert.Same(lane, held);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(Take(out var wait));
        Assert.Equal(-1, wait);

        _lanes.LetGo(held);
        Assert.Single(Take(out _));
        Assert.Empty(Take(out _));
    }

    [Fact]
    public void The_time_a_mailbox_had_to_wait_before_it_was_removed_does_not_count_afterwards()
    {
        Fail("bob");
        Assert.True(_lanes.TryHold("bob", out var held));
        _lanes.LetGo(held);
        var taken = Take(out _);
        _lanes.Leave(held, taken, "again", foreign: false);         // the second failure in a row: two seconds

        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Empty(Take(out var wait));
        Assert.Equal(500, wait);
    }

    [Fact]
    public void A_mailbox_that_is_being_removed_cannot_be_removed_a_second_time_meanwhile()
    {
        Fail("bob");
        Assert.True(_lanes.TryHold("bob", out var held));
        Assert.False(_lanes.TryHold("bob", out _));
        _lanes.LetGo(held);
        Assert.Single(Take(out _));
    }

    void IMailboxObserver.OnSettled(ReadOnlySpan<DeliveryResult> results)
    {
    }

    void IMailboxObserver.OnDelayed(string account, string reason, TimeSpan delay)
    {
    }

    private Lane Fail(string account)
    {
        var id = TestMail.NextId();
        _lanes.Add([new MailboxDelivery(new MemoryMail(id, TestMail.Envelope(id), [], sequence: 1), 0, account, default)], this);
        var taken = Take(out _);
        _lanes.Leave(taken[0].Lane, taken, "no space", foreign: false);
        return taken[0].Lane;
    }

    private List<Delivery> Take(out int wait)
    {
        var taken = new List<Delivery>();
        wait = _lanes.Take(taken, 100);
        return taken;
    }
}
