using System.Net;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests;

/// <summary>What every greylist does, wherever it keeps what it learns.</summary>
public abstract class GreylistStoreContract
{
    protected static readonly GreylistRules Rules = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(24), TimeSpan.FromDays(36), NetworkPasses: 3, Size: 1000);

    private readonly SimulatedTime _time = new();

    /// <summary>One that is empty, not opened, and goes by this clock.</summary>
    protected abstract IGreylistStore Make(TimeProvider time);

    [SkippableFact]
    public Task A_stranger_waits_comes_back_and_is_known() => WithAsync(async store =>
    {
        Assert.Equal(new GreylistAnswer(TimeSpan.FromMinutes(1), GreylistReason.New), await AskAsync(store, "192.0.2.0/24"));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(new GreylistAnswer(TimeSpan.FromSeconds(40), GreylistReason.TooEarly), await AskAsync(store, "192.0.2.0/24"));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(new GreylistAnswer(TimeSpan.Zero, GreylistReason.CameBack), await AskAsync(store, "192.0.2.0/24"));
        Assert.Equal(new GreylistAnswer(TimeSpan.Zero, GreylistReason.Known), await AskAsync(store, "192.0.2.0/24"));
    });

    [SkippableFact]
    public Task Network_sender_and_recipient_all_count() => WithAsync(async store =>
    {
        await AskAsync(store, "192.0.2.0/24", "a@x.test", "b@y.test");
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.3.0/24", "a@x.test", "b@y.test")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "c@x.test", "b@y.test")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "a@x.test", "c@y.test")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "a@x.testb@y.test", "")).Why);
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(store, "192.0.2.0/24", "a@x.test", "b@y.test")).Why);
    });

    [SkippableFact]
    public Task Who_comes_back_after_the_window_is_new() => WithAsync(async store =>
    {
        await AskAsync(store, "192.0.2.0/24");
        _time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));

        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24")).Why);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(store, "192.0.2.0/24")).Why);
    });

    [SkippableFact]
    public Task What_has_passed_is_kept_from_its_last_mail_on() => WithAsync(async store =>
    {
        await PassAsync(store, "192.0.2.0/24", "a@x.test");
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(GreylistReason.Known, (await AskAsync(store, "192.0.2.0/24", "a@x.test")).Why);
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(GreylistReason.Known, (await AskAsync(store, "192.0.2.0/24", "a@x.test")).Why);
        _time.Advance(TimeSpan.FromDays(37));
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "a@x.test")).Why);
    });

    [SkippableFact]
    public Task When_enough_of_a_network_came_back_all_of_it_is_let_in() => WithAsync(async store =>
    {
        foreach (var sender in (string[])["a@x.test", "b@x.test", "c@x.test"])
        {
            Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", sender)).Why);
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(GreylistReason.CameBack, (await AskAsync(store, "192.0.2.0/24", sender)).Why);
        }

        Assert.Equal(GreylistReason.NetworkKnown, (await AskAsync(store, "192.0.2.0/24", "d@x.test")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.3.0/24", "d@x.test")).Why);
        _time.Advance(TimeSpan.FromDays(37));
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "d@x.test")).Why);
    });

    [SkippableFact]
    public Task A_clock_that_was_set_back_makes_nobody_wait_longer_than_the_delay() => WithAsync(async store =>
    {
        await AskAsync(store, "192.0.2.0/24");
        _time.Advance(TimeSpan.FromHours(-3));
        Assert.Equal(TimeSpan.FromMinutes(1), (await AskAsync(store, "192.0.2.0/24")).Wait);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(store, "192.0.2.0/24")).Why);
    });

    [SkippableFact]
    public Task What_is_remembered_is_listed_page_by_page_the_oldest_first() => WithAsync(async store =>
    {
        for (var n = 0; n < 25; n++)
        {
            await AskAsync(store, "192.0.2.0/24", $"{n:00}@x.test");
            _time.Advance(TimeSpan.FromSeconds(n % 3));
        }

        var (senders, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = await store.ListAsync(new GreylistFilter(), cursor, 7, CancellationToken.None);
            Assert.InRange(page.Entries.Length, 1, 7);
            senders.AddRange(page.Entries.Select(e => e.Sender));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(n => $"{n:00}@x.test"), senders);
    });

    [SkippableFact]
    public Task Entries_tell_what_they_are_and_a_filter_finds_them() => WithAsync(async store =>
    {
        var began = _time.GetUtcNow();
        await PassAsync(store, "192.0.2.0/24", "ann@x.test", "bob@y.test");
        var passed = _time.GetUtcNow();
        await AskAsync(store, "2001:db8::/64", "", "eve@y.test");

        Assert.Equal(
            new GreylistEntry(GreylistState.Passed, IPNetwork.Parse("192.0.2.0/24"), "ann@x.test", "bob@y.test", began, passed, 1, passed + Rules.Keep),
            await OnlyAsync(store, new GreylistFilter(GreylistState.Passed)));
        Assert.Equal(
            new GreylistEntry(GreylistState.Network, IPNetwork.Parse("192.0.2.0/24"), "", "", passed, passed, 1, passed + Rules.Keep),
            await OnlyAsync(store, new GreylistFilter(GreylistState.Network, IPAddress.Parse("192.0.2.99"))));
        Assert.Equal(
            new GreylistEntry(GreylistState.Waiting, IPNetwork.Parse("2001:db8::/64"), "", "eve@y.test", passed, passed, 0, passed + Rules.RetryWindow),
            await OnlyAsync(store, new GreylistFilter(Address: IPAddress.Parse("2001:db8::77"))));
        Assert.Equal("bob@y.test", (await OnlyAsync(store, new GreylistFilter(Sender: "ANN@"))).Recipient);
        Assert.Equal("ann@x.test", (await OnlyAsync(store, new GreylistFilter(Recipient: "Bob"))).Sender);
        Assert.Equal((1, 1, 1, 0), (store.Figures.Waiting, store.Figures.Passed, store.Figures.Networks, store.Figures.Known));
    });

    [SkippableFact]
    public Task What_is_cleared_is_new_again_and_the_rest_stays() => WithAsync(async store =>
    {
        await PassAsync(store, "192.0.2.0/24", "ann@x.test");
        await PassAsync(store, "192.0.3.0/24", "eve@x.test");

        Assert.Equal(1, await store.ClearAsync(new GreylistFilter(Sender: "ann@"), CancellationToken.None));
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.2.0/24", "ann@x.test")).Why);
        Assert.Equal(GreylistReason.Known, (await AskAsync(store, "192.0.3.0/24", "eve@x.test")).Why);

        Assert.Equal(4, await store.ClearAsync(new GreylistFilter(), CancellationToken.None));
        Assert.Empty((await store.ListAsync(new GreylistFilter(), null, 1000, CancellationToken.None)).Entries);
        Assert.Equal(GreylistReason.New, (await AskAsync(store, "192.0.3.0/24", "eve@x.test")).Why);
    });

    [SkippableFact]
    public Task Asked_from_many_threads_each_stranger_is_new_once() => WithAsync(async store =>
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 800).Select(n => Task.Run(async () => (await AskAsync(store, "192.0.2.0/24", $"{n % 20}@x.test")).Why)));

        Assert.Equal(20, answers.Count(a => a == GreylistReason.New));
        Assert.Equal(780, answers.Count(a => a == GreylistReason.TooEarly));
    });

    protected static ValueTask<GreylistAnswer> AskAsync(IGreylistStore store, string network, string sender = "a@x.test", string recipient = "b@y.test") =>
        store.AskAsync(new GreylistTriplet(IPNetwork.Parse(network), sender, recipient), CancellationToken.None);

    private static async Task<GreylistEntry> OnlyAsync(IGreylistStore store, GreylistFilter filter) =>
        Assert.Single((await store.ListAsync(filter, null, 1000, CancellationToken.None)).Entries);

    private async Task PassAsync(IGreylistStore store, string network, string sender, string recipient = "b@y.test")
    {
        await AskAsync(store, network, sender, recipient);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, (await AskAsync(store, network, sender, recipient)).Wait);
    }

    private async Task WithAsync(Func<IGreylistStore, Task> what)
    {
        await using var store = Make(_time);
        Assert.Null((await store.OpenAsync(Rules, new Unheard(), CancellationToken.None)).Damage);
        await what(store);
    }

    private sealed class Unheard : IGreylistObserver
    {
        public void OnGreylistTrouble(string reason) => Assert.Fail(reason);

        public void OnGreylistKept()
        {
        }
    }
}
