using System.Collections.Immutable;
using ActorSmtp.Storage.Access;

namespace ActorSmtp.Storage.Tests.Access;

/// <summary>What is listed, how often, and what is remembered.</summary>
public sealed class MailboxIndexTests
{
    private readonly SteppedClock _clock = new();
    private readonly Shelves _shelves;

    public MailboxIndexTests() => _shelves = new Shelves(_clock);

    [Fact]
    public async Task A_mailbox_that_did_not_change_is_listed_once()
    {
        _shelves.Put("bob", "1", "2", "3");
        var index = new MailboxIndex(_shelves, _clock);

        Assert.Equal(3, (await index.CountAsync("bob", default))!.Messages);
        Assert.Equal(["3", "2"], Keys(await index.BeforeAsync("bob", null, 2, default)));
        Assert.Equal(["1"], Keys(await index.BeforeAsync("bob", "2", 5, default)));
        Assert.Equal(["2", "3"], Keys(await index.AfterAsync("bob", "1", 5, default)));

        Assert.Equal(1, _shelves.Listings);
        Assert.Null(await index.CountAsync("eve", default));
    }

    [Fact]
    public async Task What_another_program_did_is_seen_at_the_next_question()
    {
        _shelves.Put("bob", "1");
        var index = new MailboxIndex(_shelves, _clock);
        await index.CountAsync("bob", default);

        for (var i = 2; i < 30; i++)
        {
            _shelves.Put("bob", $"{i}");
            Assert.Equal(i, (await index.CountAsync("bob", default))!.Messages);
        }
    }

    [Fact]
    public async Task What_arrives_is_there_without_a_listing()
    {
        _shelves.Put("bob", "1");
        _shelves.Takes = TimeSpan.FromSeconds(1);
        var index = new MailboxIndex(_shelves, _clock);
        await index.CountAsync("bob", default);

        _shelves.Put("bob", "2");
        index.Arrived("bob", "2");

        Assert.Equal(2, (await index.CountAsync("bob", default))!.Messages);
        Assert.Equal(1, _shelves.Listings);
    }

    [Fact]
    public async Task A_huge_mailbox_that_changes_all_the_time_is_listed_for_a_twentieth_of_the_time()
    {
        _shelves.Put("bob", "1");
        _shelves.Takes = TimeSpan.FromMilliseconds(100);
        var index = new MailboxIndex(_shelves, _clock);

        await AskForAMinute(index, "bob");

        Assert.InRange(_shelves.Listings, 20, 40);
    }

    [Fact]
    public async Task Many_mailboxes_that_change_all_the_time_share_one_twentieth()
    {
        var accounts = Enumerable.Range(0, 50).Select(i => $"user{i}").ToArray();
        _shelves.Takes = TimeSpan.FromMilliseconds(20);
        foreach (var account in accounts)
        {
            _shelves.Put(account, "1");
        }

        var index = new MailboxIndex(_shelves, _clock);
        await AskForAMinute(index, accounts);

        Assert.InRange(_shelves.Spent.TotalSeconds, 2, 6);      // the first listing of each is owed in any case: one second
    }

    [Fact]
    public async Task The_longest_unused_are_forgotten_first()
    {
        foreach (var account in (string[])["a", "b", "c"])
        {
            _shelves.Put(account, [.. Enumerable.Range(0, 1000).Select(i => $"{i:D40}")]);
        }

        var index = new MailboxIndex(_shelves, _clock, mostOctets: 200_000);
        await index.CountAsync("a", default);
        await index.CountAsync("b", default);
        await index.CountAsync("a", default);
        await index.CountAsync("c", default);

        Assert.Equal(2, index.Remembered);
        await index.CountAsync("a", default);
        Assert.Equal(3, _shelves.Listings);
    }

    [Fact]
    public async Task Mail_that_arrives_for_months_stays_within_the_bound_though_nobody_looks()
    {
        _shelves.Put("a", "1");
        _shelves.Put("b", "1");
        var index = new MailboxIndex(_shelves, _clock, mostOctets: 200_000);
        await index.CountAsync("a", default);
        await index.CountAsync("b", default);

        for (var i = 0; i < 10_000; i++)
        {
            index.Arrived("b", $"{i:D40}");
        }

        Assert.Equal(0, index.Remembered);                      // "a" was the longest unused, and then "b" alone was too much
        await index.CountAsync("a", default);
        await index.CountAsync("b", default);
        Assert.Equal(2, index.Remembered);
        Assert.Equal(4, _shelves.Listings);
    }

    [Fact]
    public async Task A_mailbox_that_was_forgotten_while_it_was_listed_counts_no_more()
    {
        var names = Enumerable.Range(0, 1000).Select(i => $"{i:D40}").ToArray();
        _shelves.Put("a", names);
        var index = new MailboxIndex(_shelves, _clock, mostOctets: 200_000);
        for (var i = 0; i < 20; i++)
        {
            _shelves.WhileListing = () =>
            {
                _shelves.WhileListing = null;
                index.Forget("a");
                index.CountAsync("a", default).GetAwaiter().GetResult();
            };
            await index.CountAsync("a", default);
            index.Forget("a");
        }

        _shelves.Put("b", "1");
        await index.CountAsync("a", default);
        await index.CountAsync("b", default);
        Assert.Equal(2, index.Remembered);
    }

    private async Task AskForAMinute(MailboxIndex index, params string[] accounts)
    {
        var until = _clock.GetTimestamp() + TimeSpan.TicksPerMinute;
        while (_clock.GetTimestamp() < until)
        {
            foreach (var account in accounts)
            {
                _shelves.Touch(account);
                await index.CountAsync(account, default);
            }

            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    private static IEnumerable<string> Keys(ImmutableArray<MailboxName>? names) => names!.Value.Select(n => n.Key);

    /// <summary>Mailboxes whose listing takes time on the clock.</summary>
    private sealed class Shelves(SteppedClock clock) : IMailboxReader
    {
        private readonly Dictionary<string, List<string>> _keys = [];
        private long _stamp;

        public TimeSpan Takes { get; set; } = TimeSpan.FromMicroseconds(10);

        public Action? WhileListing { get; set; }

        public int Listings { get; private set; }

        public TimeSpan Spent { get; private set; }

        public void Put(string account, params string[] keys)
        {
            (_keys.TryGetValue(account, out var own) ? own : _keys[account] = []).AddRange(keys);
            _stamp++;
        }

        public void Touch(string account) => Put(account);

        public Task<string[]> AccountsAsync(CancellationToken cancellation) => Task.FromResult(_keys.Keys.ToArray());

        public Task<long?> StampAsync(string account, CancellationToken cancellation) => Task.FromResult<long?>(_keys.ContainsKey(account) ? _stamp : null);

        public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation)
        {
            Listings++;
            Spent += Takes;
            clock.Advance(Takes);
            WhileListing?.Invoke();
            foreach (var key in _keys[account])
            {
                visit(key, "", isNew: true);
            }

            return Task.FromResult(true);
        }

        public Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
