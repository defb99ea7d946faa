using ActorSmtp.Storage;
using static ActorSmtp.Server.Mailboxes.MailboxMessages;

namespace ActorSmtp.Server.Tests.Mailboxes;

/// <summary>Mailboxes that cannot be written, or hang, take no room from the others; and nobody waits for them at the end.</summary>
public sealed class BrokenMailboxTests : MailboxTestKit
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("actorsmtp-");

    [Fact]
    public void What_waits_for_a_mailbox_in_trouble_takes_no_room_from_the_others()
    {
        var writer = StartWriter(maxInFlight: 3, batch: 3);
        Feed.Offer(Mail("bad"), Mail("bad"), Mail("bad"), Mail("bad"), Mail("good"));
        var given = ExpectMsg<Given>();
        NothingMore(writer);

        Fail(given, "bad");

        Assert.Equal(["bad", "good"], ExpectMsg<Given>().Batch.Select(d => d.Account));
        Feed.Offer(Mail("bad"));
        Assert.Equal("bad", ExpectMsg<Given>()[0].Account);                     // it keeps its place behind the others
    }

    [Fact]
    public void A_mailbox_that_is_well_again_is_counted_again()
    {
        var writer = StartWriter(maxInFlight: 2, batch: 2);
        Feed.Offer(Mail("bad"), Mail("bad"), Mail("bad"), Mail("bad"), Mail("good"), Mail("good"));
        var given = ExpectMsg<Given>();
        Fail(given, "bad");
        var more = ExpectMsg<Given>();                                          // two more of "bad"
        var good = ExpectMsg<Given>();
        Feed.Offer(Mail("late"));
        NothingMore(writer);

        given.Settle(Given.Done(given[0]));                                     // one was through before the trouble, which is still there
        ExpectMsg<Completed>();
        NothingMore(writer);
        Store.Troubles.Clear();
        given.Settle(Given.Done(given[1]));
        ExpectMsg<Completed>();
        good.Settle(Given.Done(good[0]), Given.Done(good[1]));
        ExpectMsg<Completed>();
        ExpectMsg<Completed>();
        NothingMore(writer);                                                    // the two others of "bad" fill it
        more.Settle(Given.Done(more[0]));
        ExpectMsg<Completed>();
        Assert.Equal("late", ExpectMsg<Given>()[0].Account);
    }

    [Fact]
    public void A_trouble_that_was_over_when_it_was_heard_of_changes_nothing()
    {
        var writer = StartWriter(maxInFlight: 1);
        Feed.Offer(Mail("bob"), Mail("ann"));
        var given = ExpectMsg<Given>();

        given.Observer.OnDelayed("bob", "no space", TimeSpan.FromSeconds(1));
        NothingMore(writer);

        given.Settle(Given.Done(given[0]));
        ExpectMsg<Completed>();
        Assert.Equal("ann", ExpectMsg<Given>()[0].Account);
    }

    [Fact]
    public void A_drain_does_not_wait_for_a_mailbox_in_trouble()
    {
        var writer = StartWriter();
        Feed.Offer(Mail("bad", "good"));
        var given = ExpectMsg<Given>();
        writer.Tell(Drain.Now, TestActor);
        Fail(given, "bad");
        NothingMore(writer);

        given.Settle(Given.Done(given[1]));
        ExpectMsg<Completed>();
        ExpectMsg<Drained>();

        Feed.Offer(Mail("late"));
        given.Settle(Given.Done(given[0]));                                     // it came right at the last moment: told to nobody twice
        ExpectMsg<Completed>();
        NothingMore(writer);
        Assert.Equal(1, Feed.Waiting);
    }

    [Fact]
    public void A_drain_that_comes_when_only_mailboxes_in_trouble_are_left_is_answered_at_once()
    {
        var writer = StartWriter();
        Feed.Offer(Mail("bad"));
        Fail(ExpectMsg<Given>(), "bad");
        NothingMore(writer);

        writer.Tell(Drain.Now, TestActor);

        ExpectMsg<Drained>();
    }

    [Fact]
    public void What_hangs_is_set_aside_when_there_is_no_room_and_nothing_moves()
    {
        StartWriter(maxInFlight: 2, batch: 2, stallAfter: TimeSpan.FromMilliseconds(20));
        Feed.Offer(Mail("hung"), Mail("hung"), Mail("good"));
        ExpectMsg<Given>();

        var given = ExpectMsg<Given>();

        Assert.Equal("good", given[0].Account);
        Assert.Contains(Lines.All, l => l.Contains("2 deliveries to 1 mailboxes hang", StringComparison.Ordinal));
    }

    [Fact]
    public void What_hangs_and_leaves_the_others_little_room_is_set_aside_while_they_move()
    {
        StartWriter(maxInFlight: 4, batch: 4, stallAfter: TimeSpan.FromMilliseconds(200));
        Feed.Offer(Mail("hung"), Mail("hung"), Mail("hung"), Mail("good"), Mail("good"));
        var given = ExpectMsg<Given>();
        given = new Given(given.Batch[3..], given.Observer);

        AwaitCondition(
            () =>
            {
                Feed.Offer(Mail("good"));
                given.Settle(Given.Done(given[0]));
                object message;
                while ((message = ExpectMsg<object>()) is not Given)            // one after the other, as there is room for no more
                {
                    Assert.IsType<Completed>(message);
                }

                given = (Given)message;
                return Lines.All.Any(l => l.Contains("mailboxes hang", StringComparison.Ordinal));
            },
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task After_five_thousand_messages_for_a_broken_mailbox_the_next_ones_are_delivered()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.CreateSubdirectory("mail").FullName, "bad"), "in the way");
        await using var store = Stores.Mailboxes(
            new StorageSettings(
                _directory.FullName, SyncPolicy.Never, SegmentSize: 1 << 20, Preallocate: 4 << 20, BacklogOctets: 1L << 30, BacklogMessages: 100_000,
                FreeSpaceFloor: 0, MemoryBudget: 1 << 20, Spin: TimeSpan.Zero, DeliveryThreads: 2, BurstDelay: TimeSpan.Zero),
            TimeProvider.System);
        var writer = StartWriter(maxInFlight: 4096, batch: 256, store);

        Feed.Offer([.. Enumerable.Range(0, 5000).Select(_ => Mail("bad"))]);
        var good = Mail("good");
        Feed.Offer(good);

        Assert.Same(good, ExpectMsg<Completed>(TimeSpan.FromSeconds(60)).Mail);
        Assert.Equal(5000, store.Condition("bad").Waiting);
        writer.Tell(Drain.Now, TestActor);
        ExpectMsg<Drained>(TimeSpan.FromSeconds(60));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _directory.Delete(recursive: true);
    }

    private void Fail(Given given, string account)
    {
        Store.Troubles[account] = "no space";
        given.Observer.OnDelayed(account, "no space", TimeSpan.FromSeconds(1));
    }
}
