using Akka.Actor;
using System.Text;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Sessions;
using static ActorSmtp.Server.Mailboxes.MailboxMessages;

namespace ActorSmtp.Server.Tests.Mailboxes;

/// <summary>From the feed to the mailboxes: nothing twice, nothing lost, never too much at once.</summary>
public sealed class MailboxWriterActorTests : MailboxTestKit
{
    [Fact]
    public void A_message_becomes_one_delivery_for_each_recipient_who_lives_here_and_has_it_not()
    {
        StartWriter();
        var mail = Mail("ann", "bob", "-", "eve");
        mail.CompleteAlready.Add(0);

        Feed.Offer(mail);

        var given = ExpectMsg<Given>();
        Assert.Equal([(1, "bob"), (3, "eve")], given.Batch.Select(d => (d.Recipient, d.Account)));
        Assert.All(given.Batch, d => Assert.Equal("Return-Path: <x@c.test>\r\n", Encoding.ASCII.GetString(d.Prefix.Span)));
    }

    [Theory]
    [InlineData("n1", "from n1, whose claim had ended")]
    [InlineData("", "from the database, where nobody had it")]
    [InlineData(null, null)]
    public async Task The_story_of_a_message_that_was_taken_over_says_from_whom(string? before, string? told)
    {
        StartWriter();
        var mail = Mail("bob");
        mail.Before = before;
        Feed.Offer(mail);
        ExpectMsg<Given>();
        var story = await new ChronicleStories(Chronicle, new SessionIds(1), [], "n2").ExplainAsync(mail.Id.ToString(), default);
        Assert.Equal(told, story?.Entries[0].Detail);
        Assert.Equal(told is null ? null : "/user/mailboxes taken over", story is null ? null : $"{story.Entries[0].Actor} {story.Entries[0].What}");
    }

    [Fact]
    public void Mail_for_others_that_has_no_way_out_goes_back_and_takes_nobodys_place()
    {
        var writer = StartWriter(maxInFlight: 1);
        var (away, both) = (Mail("-", "-"), Mail("-", "bob"));
        Feed.Offer(away, both);

        Assert.Equal(new Released(away, RetryImpossible), ExpectMsg<Released>());
        var given = ExpectMsg<Given>();
        given.Settle(Given.Done(given[0]));
        Assert.Equal(new Completed(both, 1), ExpectMsg<Completed>());
        Assert.Equal(new Released(both, RetryImpossible), ExpectMsg<Released>());
        NothingMore(writer);
        Assert.Contains(Lines.All, l => l.Contains("actorsmtp.outbound.routes has no way there", StringComparison.Ordinal));
    }

    [Fact]
    public void What_waits_before_the_start_is_delivered_too()
    {
        Feed.Offer(Mail("bob"), Mail("ann"));

        StartWriter();

        Assert.Equal(["bob", "ann"], ExpectMsg<Given>().Batch.Select(d => d.Account));
    }

    [Fact]
    public void Each_delivery_that_is_settled_is_completed_and_announced()
    {
        var writer = StartWriter();
        using var listening = Announcements.MailDelivered.Subscribe(m => TestActor.Tell(m, ActorRefs.NoSender));
        var mail = Mail("ann", "bob");
        Feed.Offer(mail);
        var given = ExpectMsg<Given>();

        given.Settle(Given.Done(given[1]));
        Assert.Equal(new MailDelivered(mail.Id, "bob", 7, ""), ExpectMsg<MailDelivered>());
        Assert.Equal(new Completed(mail, 1), ExpectMsg<Completed>());
        given.Settle(Given.Done(given[0]));
        Assert.Equal(new MailDelivered(mail.Id, "ann", 7, ""), ExpectMsg<MailDelivered>());
        Assert.Equal(new Completed(mail, 0), ExpectMsg<Completed>());
        NothingMore(writer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_message_that_two_mailboxes_cannot_take_is_given_back_once_when_nothing_of_it_is_in_flight(bool together)
    {
        var writer = StartWriter();
        var mail = Mail("ann", "bob", "eve");
        Feed.Offer(mail);
        var given = ExpectMsg<Given>();

        if (together)
        {
            given.Settle(Given.Impossible(given[0]), Given.Impossible(given[1]));
        }
        else
        {
            given.Settle(Given.Impossible(given[0]));
            given.Settle(Given.Impossible(given[1]));
        }

        NothingMore(writer);
        given.Settle(Given.Done(given[2]));
        Assert.Equal(new Completed(mail, 2), ExpectMsg<Completed>());
        Assert.Equal(new Released(mail, RetryImpossible), ExpectMsg<Released>());
        NothingMore(writer);
        Assert.Equal(2, Lines.All.Count(l => l.Contains("the name is too long; it is kept", StringComparison.Ordinal)));
    }

    [Fact]
    public void No_more_than_the_bound_is_in_flight_and_each_that_ends_makes_room()
    {
        var writer = StartWriter(maxInFlight: 3, batch: 2);
        Feed.Offer(Mail("a"), Mail("b"), Mail("c"), Mail("d"), Mail("e"));

        var first = ExpectMsg<Given>();
        var second = ExpectMsg<Given>();
        Assert.Equal((2, 1), (first.Batch.Length, second.Batch.Length));
        NothingMore(writer);
        Assert.Equal(2, Feed.Waiting);

        first.Settle(Given.Done(first[1]));
        ExpectMsg<Completed>();
        Assert.Equal("d", ExpectMsg<Given>()[0].Account);
        NothingMore(writer);
        second.Settle(Given.Impossible(second[0]));
        ExpectMsg<Released>();
        Assert.Equal("e", ExpectMsg<Given>()[0].Account);
    }

    [Fact]
    public void A_drain_is_answered_when_nothing_is_in_flight_and_nothing_new_is_taken()
    {
        var writer = StartWriter();
        Feed.Offer(Mail("a", "b"));
        var given = ExpectMsg<Given>();

        writer.Tell(Drain.Now, TestActor);
        Feed.Offer(Mail("c"));
        given.Settle(Given.Done(given[0]));
        ExpectMsg<Completed>();
        NothingMore(writer);

        given.Settle(Given.Done(given[1]));
        ExpectMsg<Completed>();
        ExpectMsg<Drained>();
        NothingMore(writer);
        Assert.Equal(1, Feed.Waiting);
        writer.Tell(Drain.Now, TestActor);
        ExpectMsg<Drained>();
    }

    [Fact]
    public void A_drain_with_time_has_all_delivered_that_waits_or_gathers()
    {
        var writer = StartWriter(maxInFlight: 1, batch: 1);
        Feed.Gathers = true;
        Feed.Offer(Mail("a"), Mail("b"));
        NothingMore(writer);

        writer.Tell(new Drain(TimeSpan.FromMinutes(1)), TestActor);
        foreach (var account in new[] { "a", "b" })
        {
            var given = ExpectMsg<Given>();
            Assert.Equal(account, given[0].Account);
            given.Settle(Given.Done(given[0]));
            ExpectMsg<Completed>();
        }

        ExpectMsg<Drained>();
        Feed.Offer(Mail("late"));                                               // the stores are about to close
        NothingMore(writer);
        Assert.Equal(1, Feed.Waiting);
    }

    [Fact]
    public void A_drain_whose_time_is_up_begins_nothing_more_and_waits_for_what_is_in_flight()
    {
        var writer = StartWriter(maxInFlight: 1, batch: 1);
        Feed.Offer(Mail("a"), Mail("b"));
        var given = ExpectMsg<Given>();
        writer.Tell(new Drain(TimeSpan.FromMinutes(1)), TestActor);
        writer.Tell(Drain.Now, TestActor);
        NothingMore(writer);

        given.Settle(Given.Done(given[0]));
        ExpectMsg<Completed>();
        ExpectMsg<Drained>();
        NothingMore(writer);
        Assert.Equal(1, Feed.Waiting);
    }

    [Fact]
    public void A_mailbox_in_trouble_is_logged()
    {
        StartWriter();
        Feed.Offer(Mail("bob"));
        ExpectMsg<Given>().Observer.OnDelayed("bob", "no space", TimeSpan.FromSeconds(5));

        AwaitCondition(() => Lines.All.Any(l => l.StartsWith("Warning mailbox bob cannot be written", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_was_taken_when_it_failed_is_given_back_and_what_was_in_flight_is_settled_and_counted()
    {
        var writer = StartWriter(maxInFlight: 2);
        var before = Mail("a");
        Feed.Offer(before);
        var given = ExpectMsg<Given>();
        Store.Fault = new InvalidOperationException("broken");
        var taken = Mail("b");
        Feed.Offer(taken);

        Assert.Same(taken, ExpectMsg<Released>().Mail);
        AwaitCondition(() => Feed.Subscribers == 2);
        Feed.Offer(Mail("c"), Mail("d"));
        Assert.Equal("c", ExpectMsg<Given>()[0].Account);                       // "a" is in flight still: there is room for one
        NothingMore(writer);

        given.Settle(Given.Done(given[0]));
        Assert.Equal(new Completed(before, 0), ExpectMsg<Completed>());
        Assert.Equal("d", ExpectMsg<Given>()[0].Account);
    }

    [Fact]
    public void Results_behind_the_one_it_failed_at_are_not_lost_nor_is_who_waits_for_the_end()
    {
        var writer = StartWriter();
        var bad = Mail("a");
        var good = Mail("b");
        Feed.Offer(bad, good, Mail("c"));
        var given = ExpectMsg<Given>();
        writer.Tell(Drain.Now, TestActor);
        NothingMore(writer);
        Feed.Fault = new InvalidOperationException("broken");

        given.Settle(Given.Done(given[0]), Given.Done(given[1]));

        Assert.Same(bad, ExpectMsg<Released>().Mail);
        Assert.Equal(new Completed(good, 0), ExpectMsg<Completed>());
        NothingMore(writer);
        given.Settle(Given.Done(given[2]));
        ExpectMsg<Completed>();
        ExpectMsg<Drained>();
    }
}
