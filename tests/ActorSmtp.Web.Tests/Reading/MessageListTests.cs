using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Reading;

namespace ActorSmtp.Web.Tests.Reading;

/// <summary>Lists over more mailboxes than are held ready at once.</summary>
public sealed class MessageListTests
{
    private const int Many = 2_501;

    private readonly ManyMailboxes _mailboxes = new(Many);

    [Fact]
    public async Task However_many_mailboxes_there_are_every_message_is_listed_once_newest_first()
    {
        var lists = Lists();
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await lists.ReadAsync(null, MailQuery.Everything, 200, cursor, default))!;
            Assert.True(page.Complete);
            seen.AddRange(page.Items.Select(m => m.Key));
            cursor = page.Next;
        }
        while (cursor is not null && seen.Count <= Many);

        Assert.Equal(_mailboxes.Keys, seen);
    }

    [Fact]
    public async Task Naming_one_finds_it_among_any_number()
    {
        var page = (await Lists().ReadAsync(null, MailQuery.Parse("mailbox:box02345", out _)!, 50, null, default))!;
        Assert.Equal("box02345", Assert.Single(page.Items).Mailbox);
        Assert.True(page.Complete);
    }

    [Fact]
    public async Task A_search_says_that_it_has_not_seen_all_and_goes_on()
    {
        var lists = Lists();
        var flagged = MailQuery.Parse("is:flagged", out _)!;
        var first = (await lists.ReadAsync(null, flagged, 50, null, default))!;
        Assert.Empty(first.Items);
        Assert.False(first.Complete);
        var second = (await lists.ReadAsync(null, flagged, 50, first.Next, default))!;
        Assert.Equal(_mailboxes.Oldest, Assert.Single(second.Items).Mailbox);
        Assert.Null(second.Next);
    }

    /// <summary>On a clock that stands: nothing is cut short because the machine is slow.</summary>
    private MessageLists Lists()
    {
        var index = new MailboxIndex(_mailboxes, TimeProvider.System);
        return new MessageLists(index, new MailReader(index), new StandingClock());
    }

    private sealed class StandingClock : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
