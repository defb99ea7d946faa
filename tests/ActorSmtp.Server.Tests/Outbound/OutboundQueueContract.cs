using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>What everybody who looks into the queue, or gives orders, may count on: whoever keeps it.</summary>
public abstract class OutboundQueueContract : IAsyncLifetime
{
    private IOutboundQueue _queue = null!;
    private Envelope _one = null!;
    private Envelope _two = null!;
    private Envelope _bounce = null!;

    /// <summary>The clock that the queue goes by.</summary>
    private protected StandingTime Time { get; } = new();

    /// <summary>Makes a queue with these messages, taken in one after the other, nothing tried yet and nothing being tried.</summary>
    protected abstract Task<IOutboundQueue> WithAsync(IReadOnlyList<Envelope> mails);

    /// <summary>Totals are those of the moment.</summary>
    protected virtual Task ReckonedAsync() => Task.CompletedTask;

    /// <summary>One more message is taken in.</summary>
    protected abstract Task AddAsync(Envelope mail);

    /// <summary>An attempt came to this, and was noted; what it put off waits for a while.</summary>
    protected abstract Task TriedAsync(MailId id, AttemptReport report);

    protected GivenQueue Given { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Given = new GivenQueue(Time);
        _one = Given.Envelope("ann@here.example", "bob@far.example", "eve@far.example", "joe@other.example");
        Time.Advance(TimeSpan.FromHours(1));
        _two = Given.Envelope("Zoe@here.example", "bob@sub.far.example");
        _bounce = Given.Envelope("", "ann@other.example");
        _queue = await WithAsync([_one, _two, _bounce]);
    }

    public virtual Task DisposeAsync() => Task.CompletedTask;

    [SkippableFact]
    public async Task A_message_is_listed_once_for_each_of_its_destinations()
    {
        var all = await AllAsync(QueueFilter.All);

        Assert.Equal(
            [$"{_one.Id} far.example 2", $"{_one.Id} other.example 1", $"{_two.Id} sub.far.example 1", $"{_bounce.Id} other.example 1"],
            all.OrderBy(e => e.Id).ThenBy(e => e.Destination, StringComparer.Ordinal).Select(e => $"{e.Id} {e.Destination} {e.Recipients}"));
        Assert.Equal(["bob@far.example", "eve@far.example"], all.Single(e => e.Destination == "far.example").To.AsEnumerable());
        Assert.Equal(["", "Zoe@here.example", "ann@here.example"], all.Select(e => e.From).Distinct().Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Pages_hold_everything_once_whatever_their_size()
    {
        foreach (var size in new[] { 1, 2, 3, 100 })
        {
            Assert.Equal(4, (await AllAsync(QueueFilter.All, size)).Select(e => $"{e.Id}/{e.Destination}").Distinct().Count());
        }
    }

    [SkippableFact]
    public async Task The_oldest_come_first_also_in_places_that_others_had()
    {
        Assert.Equal(1, await _queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [_two.Id] }, default));
        Time.Advance(TimeSpan.FromHours(1));
        var late = Given.Envelope("ann@here.example", "joe@late.example");
        await AddAsync(late);

        var ids = (await AllAsync(QueueFilter.All)).Select(e => e.Id).ToList();
        Assert.Equal([_one.Id, _one.Id, _bounce.Id, late.Id], ids);
        Assert.Equal(2, (await AllAsync(new() { Ids = [late.Id, _bounce.Id] }, size: 1)).Count);
    }

    [SkippableFact]
    public async Task A_page_goes_on_behind_a_message_that_has_gone_meanwhile()
    {
        var first = await _queue.ListAsync(QueueFilter.All, null, 3, default);
        Assert.Equal(_two.Id, first.Items[2].Id);
        Assert.Equal(3, await _queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [_one.Id, _two.Id] }, default));

        var second = await _queue.ListAsync(QueueFilter.All, first.Next, 3, default);
        Assert.Equal(_bounce.Id, Assert.Single(second.Items).Id);
    }

    [SkippableFact]
    public async Task A_place_from_nowhere_is_refused() =>
        await Assert.ThrowsAsync<FormatException>(() => _queue.ListAsync(QueueFilter.All, "somewhere", 10, default));

    [SkippableFact]
    public async Task Totals_count_messages_once_and_states_by_destination()
    {
        await ReckonedAsync();
        var totals = _queue.Totals;

        Assert.Equal((3, 3, 4), (totals.Messages, totals.Destinations, totals.Waiting + totals.Active));
        Assert.Equal((0, _one.ReceivedAt), (totals.Held, totals.OldestAt));
        Assert.Equal(2, await _queue.ChangeAsync(QueueOrder.Hold, new() { Destination = "other.example" }, default));
        await ReckonedAsync();
        Assert.Equal((3, 2), (_queue.Totals.Messages, _queue.Totals.Held));
    }

    [SkippableFact]
    public async Task Destinations_come_the_largest_first()
    {
        var all = await _queue.DestinationsAsync(null, 10, default);

        Assert.Equal("other.example 2", $"{all[0].Destination} {all[0].Messages}");
        Assert.Equal(["far.example", "sub.far.example"], all.Skip(1).Select(d => d.Destination).Order(StringComparer.Ordinal));
        Assert.Single(await _queue.DestinationsAsync(null, 1, default));
        Assert.Equal(2, (await _queue.DestinationsAsync("FAR", 10, default)).Length);
    }

    [SkippableFact]
    public async Task Filters_narrow_down_together()
    {
        await TriedAsync(_one.Id, Given.Answered("other.example", "450 4.2.0 Greylisted", 2));

        Assert.Equal(2, await CountAsync(new() { Ids = [_one.Id] }));
        Assert.Equal(1, await CountAsync(new() { Destination = "FAR.example" }));
        Assert.Equal(1, await CountAsync(new() { Destination = ".far.example" }));
        Assert.Equal(1, await CountAsync(new() { Sender = "zoe" }));
        Assert.Equal(1, await CountAsync(new() { Sender = "<>" }));
        Assert.Equal(1, await CountAsync(new() { Sender = "" }));
        Assert.Equal(2, await CountAsync(new() { Recipient = "BOB@" }));
        Assert.Equal(1, await CountAsync(new() { Recipient = "bob@", OlderThan = TimeSpan.FromMinutes(30) }));
        Assert.Equal(2, await CountAsync(new() { OlderThan = TimeSpan.FromMinutes(30) }));
        Assert.Equal(1, await CountAsync(new() { Error = "greylist" }));
        Assert.Equal(1, await CountAsync(new() { Error = "mx.other" }));
        Assert.Equal(0, await CountAsync(new() { Error = "greylist", Destination = "far.example" }));
        Assert.Equal(0, await CountAsync(new() { State = QueueState.Held }));
    }

    [SkippableFact]
    public async Task What_an_attempt_settled_is_shown_as_settled_and_listed_no_more()
    {
        await TriedAsync(_one.Id, Given.Answered("far.example", "250 2.0.0 OK", 0) with
        {
            Outcomes = [.. Given.Answered("far.example", "250 2.0.0 OK", 0).Outcomes, .. Given.Answered("far.example", "452 4.2.2 Full", 1).Outcomes],
        });

        var entry = (await AllAsync(new() { Destination = "far.example" })).Single();
        Assert.Equal(("eve@far.example", 1, 1, "452 4.2.2 Full", "mx.far.example [192.0.2.1]:25"), (Assert.Single(entry.To), entry.Recipients, entry.Failures, entry.Why, entry.Host));
        var shown = (await _queue.ShowAsync(_one.Id.ToString().ToLowerInvariant(), default))!;
        Assert.Equal([RecipientState.Delivered, RecipientState.Waiting], shown.Recipients.Take(2).Select(r => r.State));
        Assert.Equal(("452 4.2.2 Full", "4.2.2", 1), (shown.Recipients[1].Why, shown.Recipients[1].Status?.ToString(), Assert.Single(shown.Attempts).Outcomes.Count(o => o.Kind == OutcomeKind.Later)));
        Assert.Equal(_one, shown.Envelope);
    }

    [SkippableFact]
    public async Task A_server_behind_a_socket_is_named_and_found_by_its_path()
    {
        const string Path = "/run/lists/lmtp.sock";
        await TriedAsync(_one.Id, Given.Answered("far.example", "450 4.2.0 not now", 0, 1) with { Host = Path, Address = null, Tls = null, TlsPolicy = "none" });

        var entry = Assert.Single(await AllAsync(new() { Error = "/run/LISTS/" }));
        Assert.Equal((_one.Id, "far.example", Path), (entry.Id, entry.Destination, entry.Host));
        var attempt = (await _queue.ShowAsync(_one.Id.ToString(), default))!.Attempts[^1];
        Assert.Equal((Path, null, Path), (attempt.Host, attempt.Address, AttemptWords.Server(attempt)));
        Assert.Equal(1, await _queue.ChangeAsync(QueueOrder.Hold, new() { Error = Path }, default));
    }

    [SkippableFact]
    public async Task What_is_held_is_tried_when_it_is_released()
    {
        Assert.Equal(2, await _queue.ChangeAsync(QueueOrder.Hold, new() { Ids = [_one.Id] }, default));
        Assert.Equal(0, await _queue.ChangeAsync(QueueOrder.Hold, new() { Ids = [_one.Id] }, default));
        Assert.Equal(0, await _queue.ChangeAsync(QueueOrder.Retry, new() { Ids = [_one.Id] }, default));
        var held = await AllAsync(new() { State = QueueState.Held });
        Assert.All(held, e => Assert.Null(e.NextAt));
        Assert.Equal(2, held.Count);
        Assert.All((await _queue.ShowAsync(_one.Id.ToString(), default))!.Recipients, r => Assert.Equal(RecipientState.Held, r.State));
        Assert.Equal(1, await _queue.ChangeAsync(QueueOrder.Release, new() { Destination = "far.example" }, default));
        Assert.Equal("other.example", Assert.Single(await AllAsync(new() { State = QueueState.Held })).Destination);
    }

    [SkippableFact]
    public async Task What_is_removed_is_gone()
    {
        Assert.Equal(1, await _queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [_one.Id], Destination = "far.example" }, default));
        Assert.Equal(3, (await AllAsync(QueueFilter.All)).Count);
        Assert.Equal(3, await _queue.ChangeAsync(QueueOrder.Remove, QueueFilter.All, default));
        Assert.Empty(await AllAsync(QueueFilter.All));
        Assert.Null(await _queue.ShowAsync(_one.Id.ToString(), default));
        await ReckonedAsync();
        Assert.Equal((0, 0, 0), (_queue.Totals.Messages, _queue.Totals.Waiting, _queue.Totals.Octets));
    }

    [SkippableFact]
    public async Task What_is_no_id_is_not_there()
    {
        Assert.Null(await _queue.ShowAsync("nobody", default));
        Assert.Null(await _queue.ShowAsync(Given.Envelope("a@b.example", "c@d.example").Id.ToString(), default));
    }

    private async Task<int> CountAsync(QueueFilter filter) => (await AllAsync(filter)).Count;

    private async Task<List<QueueEntry>> AllAsync(QueueFilter filter, int size = 2)
    {
        var all = new List<QueueEntry>();
        string? after = null;
        do
        {
            var page = await _queue.ListAsync(filter, after, size, default);
            Assert.True(page.Items.Length <= size);
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }
}

/// <summary>The contract for the queue that other tests use in its place.</summary>
public sealed class MemoryQueueTests : OutboundQueueContract
{
    private MemoryQueue _queue = null!;

    protected override Task<IOutboundQueue> WithAsync(IReadOnlyList<Envelope> mails)
    {
        _queue = new MemoryQueue(Time) { MostLooked = 3 };
        foreach (var mail in mails)
        {
            _queue.Add(mail);
        }

        return Task.FromResult<IOutboundQueue>(_queue);
    }

    protected override Task AddAsync(Envelope mail)
    {
        _queue.Add(mail);
        return Task.CompletedTask;
    }

    protected override Task TriedAsync(MailId id, AttemptReport report)
    {
        _queue.Tried(id, report, TimeSpan.FromMinutes(5));
        return Task.CompletedTask;
    }
}

/// <summary>The contract for the real one.</summary>
public sealed class StoredQueueTests : OutboundQueueContract
{
    private QueueHarness _harness = null!;

    protected override async Task<IOutboundQueue> WithAsync(IReadOnlyList<Envelope> mails)
    {
        _harness = await QueueHarness.StartAsync(Time);
        foreach (var mail in mails)
        {
            await _harness.AddAsync(mail);
        }

        return _harness.Queue;
    }

    protected override Task AddAsync(Envelope mail) => _harness.AddAsync(mail);

    protected override Task ReckonedAsync() => _harness.ReckonedAsync();

    protected override Task TriedAsync(MailId id, AttemptReport report) => _harness.TriedAsync(id, report);

    public override async Task DisposeAsync() => await _harness.DisposeAsync();
}
