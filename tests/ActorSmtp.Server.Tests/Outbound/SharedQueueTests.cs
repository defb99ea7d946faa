using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>The contract for a queue that two nodes share: what one of them has in hand, the other one shows and gives orders about.</summary>
public sealed class SharedQueueContractTests : OutboundQueueContract
{
    private SharedNodes? _nodes;

    protected override async Task<IOutboundQueue> WithAsync(IReadOnlyList<Envelope> mails)
    {
        _nodes = new SharedNodes(Time);
        await _nodes.StartAsync();
        foreach (var mail in mails)
        {
            await _nodes[0].AddAsync(mail);
        }

        return _nodes[1].Queue;
    }

    protected override Task AddAsync(Envelope mail) => _nodes![0].AddAsync(mail);

    protected override Task ReckonedAsync() => _nodes![1].CountAsync();

    protected override Task TriedAsync(MailId id, AttemptReport report) => _nodes![0].TriedAsync(id, report);

    public override async Task DisposeAsync() => await (_nodes?.DisposeAsync() ?? ValueTask.CompletedTask);
}

/// <summary>Who sends what, where several nodes share a queue.</summary>
public sealed class SharedQueueTests : IAsyncLifetime
{
    private readonly StandingTime _time = new();
    private SharedNodes? _nodes;
    private GivenQueue _given = null!;

    public Task InitializeAsync()
    {
        _given = new GivenQueue(_time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await (_nodes?.DisposeAsync() ?? ValueTask.CompletedTask);

    [SkippableFact]
    public async Task What_a_dead_node_had_in_hand_another_one_sends_once_its_lease_has_ended()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _nodes![0].AddAsync(mail);
        Assert.True((await _nodes[0].RelayAsync("far.example")) is not null);
        Assert.Equal("n0", _nodes.Ask<string>("SELECT holder FROM outbound"));
        await _nodes.KillAsync(0);
        _nodes.Execute("UPDATE outbound SET due = now()");                  // its lease ends before its time

        await _nodes[1].TriedAsync(mail.Id, _given.Answered("far.example", "250 2.0.0 OK", 0));
        await GoneAsync();
        Assert.Equal((0L, 0L), (_nodes.Ask<long>("SELECT count(*) FROM bodies"), _nodes.Ask<long>("SELECT count(*) FROM chunks")));
    }

    [SkippableFact]
    public async Task A_node_that_slept_past_its_lease_changes_nothing_when_its_attempt_ends()
    {
        await StartAsync(sleepers: 1);
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        var slept = await AtRelayAsync(_nodes![0], mail);

        _nodes.Execute("UPDATE outbound SET due = now()");
        var taker = await _nodes[1].RelayAsync("far.example");
        taker.Say(new Room("far.example", 1));
        await UntilAsync(() => taker.Has(mail.Id), "the message at the second node's relay");

        slept.Say(new Attempted(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 0), IsLast: true));
        await UntilAsync(() => _nodes![0].Lines.All.Any(line => line.Contains("another node's by now", StringComparison.Ordinal)), "the loss in the log");
        Assert.Equal(1L, _nodes!.Count());
        Assert.Equal(0, _nodes[0].WaitingInJournal);                        // no bounce

        taker.Say(new Attempted(mail.Id, _given.Answered("far.example", "250 2.0.0 OK", 0), IsLast: true));
        await GoneAsync();
    }

    [SkippableFact]
    public async Task What_waits_for_long_is_nobodys_and_whoever_comes_first_tries_it_next()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _nodes![0].AddAsync(mail);
        await _nodes[0].TriedAsync(mail.Id, _given.Answered("far.example", "450 4.2.0 Later", 0));
        await UntilAsync(() => _nodes.Count("token = 0 AND due > now()") == 1, "the message given back");

        await _nodes.KillAsync(0);
        _nodes.Execute("UPDATE outbound SET due = now()");                  // its wait is over, and the second node's clock is behind
        await _nodes[1].TriedAsync(mail.Id, _given.Answered("far.example", "250 2.0.0 OK", 0));
        await GoneAsync();
    }

    [SkippableFact]
    public async Task A_destination_that_rests_for_one_node_rests_for_all_and_holds_up_nobody()
    {
        await StartAsync();
        var dead = _given.Envelope("ann@here.example", "bob@dead.example");
        await _nodes![0].AddAsync(dead);
        var relay = await _nodes[0].RelayAsync("dead.example");
        relay.Say(new Resting("dead.example", _time.GetUtcNow() + TimeSpan.FromHours(1), "nobody answers", null));
        await UntilAsync(() => _nodes.Count("token = 0") == 1, "the message given back");
        await UntilAsync(() => _nodes.Ask<long>("SELECT count(*) FROM outbound_lines WHERE until > now()") == 1, "the rest on record");

        _nodes.Execute("UPDATE outbound SET due = now()");                  // and a million more of them, all due
        var well = _given.Envelope("ann@here.example", "bob@well.example");
        await _nodes[1].AddAsync(well);
        await _nodes[1].TriedAsync(well.Id, _given.Answered("well.example", "250 2.0.0 OK", 0));
        Assert.DoesNotContain("dead.example", _nodes[1].Relays.Keys);
        var rests = (await _nodes[1].Queue.DestinationsAsync(null, 10, default)).Single();
        Assert.Equal(("dead.example", "nobody answers", true), (rests.Destination, rests.Why, rests.RestsUntil > _time.GetUtcNow()));

        // An order wakes it, by whichever node.
        Assert.Equal(1, await _nodes[1].Queue.ChangeAsync(QueueOrder.Retry, new() { Destination = "dead.example" }, default));
        await _nodes[1].TriedAsync(dead.Id, _given.Answered("dead.example", "250 2.0.0 OK", 0));
        await GoneAsync();
    }

    [SkippableFact]
    public async Task An_order_waits_for_an_attempt_that_another_node_has_under_way()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        var relay = await AtRelayAsync(_nodes![0], mail);
        Assert.Equal("n0", Assert.Single((await _nodes[1].Queue.ListAsync(QueueFilter.All, null, 10, default)).Items).Node);

        var order = _nodes[1].Queue.ChangeAsync(QueueOrder.Hold, new() { Ids = [mail.Id] }, default);
        await UntilAsync(() => _nodes.Count("wanted IS NOT NULL") == 1, "the wish");
        Assert.False(order.IsCompleted);
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "450 4.2.0 Later", 0), IsLast: true));

        Assert.Equal(1, await order.WaitAsync(TimeSpan.FromSeconds(90)));
        Assert.Equal(QueueState.Held, Assert.Single((await _nodes[0].Queue.ListAsync(QueueFilter.All, null, 10, default)).Items).State);
        await UntilAsync(() => _nodes.Count("token = 0 AND due > now() + INTERVAL '1 year'") == 1, "the held message given back");
    }

    [SkippableFact]
    public async Task An_order_reaches_a_message_that_its_node_is_just_giving_back()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        var relay = await AtRelayAsync(_nodes![0], mail);
        _nodes[0].StoreWaits = true;
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "450 4.2.0 Later", 0), IsLast: true));
        await UntilAsync(() => _nodes[0].WaitingForStore(QueueJobKind.Save) == 1, "the attempt's end to be recorded");
        _nodes[0].PassToStore();
        await UntilAsync(() => _nodes[0].WaitingForStore(QueueJobKind.GiveBack) == 1, "the message to be given back");

        var order = _nodes[0].Queue.ChangeAsync(QueueOrder.Hold, new() { Ids = [mail.Id] }, default);
        for (var looks = 0; looks < 20; looks++)
        {
            await _nodes[0].Queue.ShowAsync(mail.Id.ToString(), default);   // as many turns and statements: the order's first ones are among them
        }

        _nodes[0].StoreWaits = false;
        Assert.Equal(1, await order.WaitAsync(TimeSpan.FromSeconds(90)));
        Assert.Equal(QueueState.Held, Assert.Single((await _nodes[1].Queue.ListAsync(QueueFilter.All, null, 10, default)).Items).State);
    }

    [SkippableFact]
    public async Task A_node_that_ends_gives_the_others_at_once_what_it_has_not_begun()
    {
        await StartAsync(sleepers: 1);
        var (begun, waits) = (_given.Envelope("ann@here.example", "bob@far.example"), _given.Envelope("ann@here.example", "bob@far.example"));
        var relay = await AtRelayAsync(_nodes![0], begun);
        await _nodes[0].AddAsync(waits);
        Assert.Equal(2L, _nodes.Count("holder = 'n0'"));

        var draining = _nodes[0].DrainAsync();
        await _nodes[1].TriedAsync(waits.Id, _given.Answered("far.example", "250 2.0.0 OK", 0));
        Assert.False(draining.IsCompleted);
        relay.Say(new Attempted(begun.Id, _given.Answered("far.example", "250 2.0.0 OK", 0), IsLast: true));
        await draining;
        await GoneAsync();
    }

    [SkippableFact]
    public async Task A_bounce_that_a_dead_node_owed_is_sent_by_another()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _nodes![0].AddAsync(mail);
        _nodes[0].JournalTakes = false;
        await _nodes[0].TriedAsync(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 0));
        await UntilAsync(() => _nodes.Count("line = '-'") == 1, "the end of the attempt on record");
        await _nodes.KillAsync(0);
        _nodes.Execute("UPDATE outbound SET due = now()");

        var (envelope, text) = await _nodes[1].NoticeAsync();
        Assert.Equal("ann@here.example", envelope.Recipients.Single().Address.ToString());
        Assert.Contains("550 5.1.1 Nobody", text, StringComparison.Ordinal);
        await GoneAsync();
    }

    [SkippableFact]
    public async Task Mail_that_has_waited_too_long_goes_back_also_where_its_destination_rests()
    {
        await StartAsync();
        var mail = _given.Envelope("ann@here.example", "bob@dead.example");
        await _nodes![0].AddAsync(mail);
        var relay = await _nodes[0].RelayAsync("dead.example");
        _time.Advance(TimeSpan.FromDays(6));
        relay.Say(new Resting("dead.example", _time.GetUtcNow() + TimeSpan.FromHours(1), "nobody answers", null));
        var (_, text) = await _nodes[0].NoticeAsync();
        Assert.Contains("nobody answers", text, StringComparison.Ordinal);
        await GoneAsync();
    }

    [SkippableFact]
    public async Task An_order_for_a_message_says_nothing_about_the_next_one_in_its_slot()
    {
        await StartAsync(sleepers: 1);
        var first = _given.Envelope("ann@here.example", "bob@far.example");
        var far = await AtRelayAsync(_nodes![0], first);
        var order = _nodes[1].Queue.ChangeAsync(QueueOrder.Hold, new() { Ids = [first.Id] }, default);
        await UntilAsync(() => _nodes.Count("wanted IS NOT NULL") == 1, "the wish");
        await UntilAsync(() => _nodes[0].Work.OrdersKept == (1, 0), "the wish at the node that has it");
        far.Say(new Attempted(first.Id, _given.Answered("far.example", "250 2.0.0 OK", 0), IsLast: true));
        Assert.Equal(0, await order.WaitAsync(TimeSpan.FromSeconds(90)));
        await GoneAsync();
        Assert.Equal((0, 0), _nodes[0].Work.OrdersKept);

        // Put off at one destination and due at another, it stays where it is, though there it sleeps.
        var second = _given.Envelope("ann@here.example", "bob@far.example", "joe@other.example");
        await _nodes[0].AddAsync(second);
        far.Say(new Room("far.example", 1));
        await UntilAsync(() => far.Has(second.Id), "the next message at the relay");
        var other = await _nodes[0].RelayAsync("other.example");
        far.Say(new Attempted(second.Id, _given.Answered("far.example", "450 4.2.0 Later", 0), IsLast: true));
        await UntilAsync(() => _nodes[0].Lines.All.Any(line => line.Contains("450 4.2.0 Later", StringComparison.Ordinal)), "the attempt in the log");
        await _nodes[0].TurnAsync();
        other.Say(new Room("other.example", 1));
        await UntilAsync(() => other.Has(second.Id), "the next message at its other relay");
        Assert.Equal("n0", _nodes.Ask<string>("SELECT holder FROM outbound WHERE line <> ''"));
    }

    [SkippableFact]
    public async Task What_was_fetched_for_an_order_and_is_gone_holds_nothing_in_its_slot()
    {
        await StartAsync();
        var first = _given.Envelope("ann@here.example", "bob@far.example");
        await _nodes![0].AddAsync(first);
        await _nodes[0].TriedAsync(first.Id, _given.Answered("far.example", "450 4.2.0 Later", 0));
        await UntilAsync(() => _nodes.Count("token = 0 AND due > now()") == 1, "the message given back");
        Assert.Equal(1, await _nodes[1].Queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [first.Id] }, default).WaitAsync(TimeSpan.FromSeconds(90)));
        await GoneAsync();
        await UntilAsync(() => _nodes[1].Work.OrdersKept == (0, 0), "nothing kept for it");

        var second = _given.Envelope("ann@here.example", "bob@far.example");
        await _nodes[1].AddAsync(second);
        await _nodes[1].TriedAsync(second.Id, _given.Answered("far.example", "450 4.2.0 Later", 0));
        await UntilAsync(() => _nodes.Count("token = 0 AND due > now()") == 1, "the next message given back too");
    }

    [SkippableFact]
    public async Task Nothing_is_asked_of_a_slot_behind_the_removal_of_what_cannot_be_read()
    {
        _nodes = new SharedNodes(_time);
        await _nodes.StartAsync(nodes: 1);
        var (node, mail) = (_nodes[0], _given.Envelope("ann@here.example", "bob@far.example"));
        await node.AddAsync(mail);
        await node.TriedAsync(mail.Id, _given.Answered("far.example", "450 4.2.0 Later", 0));
        await UntilAsync(() => _nodes.Count("token = 0") == 1, "the message given back");
        _nodes.Execute("UPDATE outbound SET envelope = decode('00', 'hex')");
        await node.FetchAsync(mail.Id);
        await UntilAsync(() => node.Work.OrdersKept == (0, 1), "the message fetched for an order");

        node.StoreWaits = true;
        var loads = node.Asked.Count(job => job.Kind == QueueJobKind.Load);
        var order = node.OrderAsync(QueueOrder.Remove, new() { Ids = [mail.Id] });
        await UntilAsync(() => node.Asked.Count(job => job.Kind == QueueJobKind.Load) > loads, "the message asked for");
        node.PassToStore();                                                     // and it cannot be read
        await UntilAsync(() => node.Asked.Any(job => job.Kind == QueueJobKind.Remove), "the removal asked for");
        var slot = node.Asked.Last(job => job.Kind == QueueJobKind.Remove).Slot;
        node.Lose(slot);                                                        // said of the time before the removal
        await UntilAsync(() => node.Lines.All.Any(line => line.Contains("another node's by now", StringComparison.Ordinal)), "the loss in the log");
        await node.TurnAsync();
        node.StoreWaits = false;
        Assert.Equal(1, (await order).Count);
        await node.TurnAsync();
        Assert.Equal(QueueJobKind.Remove, node.Asked.Last(job => job.Slot == slot).Kind);

        var next = _given.Envelope("ann@here.example", "eve@far.example");      // in the same slot
        await node.AddAsync(next);
        await node.TriedAsync(next.Id, _given.Answered("far.example", "250 2.0.0 OK", 0));
        await GoneAsync();
    }

    [SkippableFact]
    public async Task A_report_of_an_errand_that_was_lost_says_nothing_about_the_message_when_it_has_come_back()
    {
        _nodes = new SharedNodes(_time);
        await _nodes.StartAsync(nodes: 1);
        var (node, mail) = (_nodes[0], _given.Envelope("ann@here.example", "bob@far.example"));
        var relay = await AtRelayAsync(node, mail);
        var lost = relay.Errands.Single();
        relay.Forget(mail.Id);
        _nodes.Execute("UPDATE outbound SET token = token + 1, due = now() + INTERVAL '1 hour'");       // another node has it meanwhile
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "450 4.2.0 Later", 0), IsLast: false) { Of = lost.Content });
        await UntilAsync(() => node.Lines.All.Any(line => line.Contains("another node's by now", StringComparison.Ordinal)), "the loss in the log");
        _nodes.Execute("UPDATE outbound SET due = now()");                      // and is gone: it comes back
        relay.Say(new Room("far.example", 1));
        await UntilAsync(() => relay.Has(mail.Id), "the message at the relay again");
        var again = relay.Errands.Single();
        Assert.NotSame(lost.Content, again.Content);

        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 0), IsLast: true) { Of = lost.Content });
        await node.TurnAsync();
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "250 2.0.0 OK", 0), IsLast: true) { Of = again.Content });
        await GoneAsync();
        await node.TurnAsync();
        Assert.Equal(0, node.WaitingInJournal);                                 // no bounce
    }

    [SkippableFact]
    public async Task A_notice_whose_message_was_lost_before_that_was_on_record_is_not_delivered_at_once()
    {
        await StartAsync(sleepers: 1);
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "joe@other.example");
        var relay = await AtRelayAsync(_nodes![0], mail);
        _nodes[0].StoreWaits = true;
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "550 5.1.1 Nobody", 0), IsLast: true));
        await UntilAsync(() => Saves() == 1, "the end of the attempt on its way");
        _nodes[0].PassToStore();
        await UntilAsync(() => Saves() == 2, "that the notice is given on its way");

        // The notice is in the journal. Before that is on record another node has the message, and stores it again under the same id.
        var (envelope, _) = await _nodes[0].NoticeAsync();
        _nodes.Execute("UPDATE outbound SET due = now()");
        Assert.Equal(envelope.Id, (await _nodes[1].NoticeAsync()).Envelope.Id);
        _nodes[0].StoreWaits = false;
        await UntilAsync(() => _nodes[0].Lines.All.Any(line => line.Contains("another node's by now", StringComparison.Ordinal)), "the loss in the log");
        await _nodes[0].TurnAsync();
        Assert.True(_nodes[0].Gate.IsClosed(envelope.Id));
        _time.Advance(NoticeGate.Later);
        Assert.False(_nodes[0].Gate.IsClosed(envelope.Id));
        await _nodes[1].TriedAsync(mail.Id, _given.Answered("other.example", "250 2.0.0 OK", 1));
        await GoneAsync();

        int Saves() => _nodes[0].Asked.Count(job => job.Kind == QueueJobKind.Save);
    }

    private async Task StartAsync(int sleepers = 0)
    {
        _nodes = new SharedNodes(_time) { Sleepers = sleepers };
        await _nodes.StartAsync();
    }

    /// <summary>A node takes the message in, and its relay begins it.</summary>
    private static async Task<ScriptedRelay> AtRelayAsync(QueueHarness node, Envelope mail)
    {
        await node.AddAsync(mail);
        var relay = await node.RelayAsync("far.example");
        relay.Say(new Room("far.example", 1));
        await UntilAsync(() => relay.Has(mail.Id), "the message at the relay");
        return relay;
    }

    private Task GoneAsync() => UntilAsync(() => _nodes!.Count() == 0, "an empty queue");

    private static Task UntilAsync(Func<bool> holds, string what) => QueueHarness.EventuallyAsync(() => Task.FromResult(holds()), what);
}
