using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>The queue's actor with its store, when something is wrong: with the disk, the journal, the routes, a relay, or in what an administrator wants.</summary>
public sealed class OutboundActorTests : IAsyncLifetime
{
    private readonly StandingTime _time = new();
    private readonly GivenQueue _given;
    private QueueHarness _queue = null!;

    public OutboundActorTests() => _given = new GivenQueue(_time);

    public async Task InitializeAsync() => _queue = await QueueHarness.StartAsync(_time);

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task Content_that_was_harmed_is_given_up_at_once_and_the_sender_told_without_it()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        var relay = await CarryAsync("far.example", mail.Id);
        _queue.TurnContentOver();
        Assert.ThrowsAny<IOException>(() => relay.Errands.Single().Content.Read(0, new byte[10]));
        relay.Say(new Attempted(mail.Id, _given.Unreached("far.example", "the message cannot be read", 0), IsLast: true));

        var (envelope, text) = await _queue.NoticeAsync();
        Assert.Equal("ann@here.example", envelope.Recipients.Single().Address.ToString());
        Assert.Contains("Status: 5.3.0", text);
        Assert.Contains("cannot be given back", text);
        Assert.DoesNotContain("rfc822-headers", text);
        await GoneAsync(mail.Id);
    }

    [Fact]
    public async Task Orders_wait_for_their_turn_and_when_many_do_the_next_one_is_told_to_come_again()
    {
        await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        _queue.StoreWaits = true;                                           // so the first one is not done with
        var orders = Enumerable.Range(0, OutboundWork.MostOrders).Select(_ => _queue.Queue.ChangeAsync(QueueOrder.Hold, QueueFilter.All, default)).ToArray();
        var refused = await Assert.ThrowsAsync<StoreException>(() => _queue.Queue.ChangeAsync(QueueOrder.Hold, QueueFilter.All, default));
        Assert.Contains("give this one again", refused.Message, StringComparison.Ordinal);
        _queue.StoreWaits = false;
        Assert.Equal(1, (await Task.WhenAll(orders)).Sum());
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Release, QueueFilter.All, default));
    }

    [Fact]
    public async Task While_much_of_what_was_sent_is_not_on_record_nothing_more_is_sent()
    {
        const int All = OutboundWork.MostUnrecorded + 50;
        var sent = 0;
        _queue.RecordingWaits = true;
        _queue.OnTold = (relay, told) =>
        {
            if (told is Carry carry)
            {
                Interlocked.Increment(ref sent);
                relay.Say(new Attempted(carry.Errand.Id, _given.Answered("far.example", "250 2.0.0 thanks", 0), IsLast: true));
                relay.Forget(carry.Errand.Id);
                relay.Say(new Room("far.example", 1));
            }
        };
        for (var i = 0; i < All; i++)
        {
            await _queue.AddAsync(_given.Envelope("", "bob@far.example"));
        }

        (await _queue.RelayAsync("far.example")).Say(new Room("far.example", 4));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.WaitingForStore(QueueJobKind.Remove) >= OutboundWork.MostUnrecorded), "as many as may be");
        await _queue.TurnAsync();
        Assert.InRange(Volatile.Read(ref sent), OutboundWork.MostUnrecorded, OutboundWork.MostUnrecorded + 4);   // the relay had room for four
        _queue.RecordingWaits = false;
        await QueueHarness.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref sent) == All && _queue.Queue.Totals.Messages == 0), "all of it sent, and on record");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_listed_with_the_reason_and_tried_again_until_it_can()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        _queue.TurnContentOver();
        await _queue.RestartAsync();
        (await _queue.RelayAsync("far.example")).Say(new Room("far.example", 1));

        await QueueHarness.EventuallyAsync(async () => (await _queue.AllAsync(QueueFilter.All)).SingleOrDefault()?.Why?.StartsWith("cannot be read", StringComparison.Ordinal) == true, "the reason in the list");
        var entry = Assert.Single(await _queue.AllAsync(new() { Error = "cannot be read" }));
        Assert.Equal((mail.Id, "far.example", QueueState.Waiting), (entry.Id, entry.Destination, entry.State));
        Assert.Contains("cannot be read", (await _queue.Queue.ShowAsync(mail.Id.ToString(), default))!.Problem);
        Assert.Equal(1, _queue.Queue.Totals.Unreadable);

        _queue.TurnContentOver();
        _queue.Advance(TimeSpan.FromSeconds(16));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Relays["far.example"].Has(mail.Id)), "the message at its relay");
        await _queue.ReckonedAsync();
        Assert.Equal(0, _queue.Queue.Totals.Unreadable);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_can_be_removed()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        _queue.TurnContentOver();
        await _queue.RestartAsync();

        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [mail.Id] }, default));
        Assert.Empty(await _queue.AllAsync(QueueFilter.All));
        await _queue.RestartAsync();
        Assert.Empty(await _queue.AllAsync(QueueFilter.All));
    }

    [Fact]
    public async Task A_notice_that_the_journal_has_is_let_go_also_where_its_message_cannot_be_read()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        var relay = await CarryAsync("far.example", mail.Id);
        _queue.StoreWaits = true;
        relay.Say(new Attempted(mail.Id, _given.Answered("far.example", "550 5.1.1 no such user", 0), IsLast: true));
        await _queue.ReckonedAsync();
        _queue.PassToStore();
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.WaitingInJournal == 1), "the notice in the journal");
        _queue.TurnContentOver();
        await _queue.RestartAsync();                                    // it died before the queue had recorded that it is there
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Gate.Count == 0), "the gate opens");
        Assert.Single(_queue.Taken());
    }

    [Fact]
    public async Task Where_the_journal_takes_nothing_notices_wait_in_sight_and_come_once()
    {
        var mails = Enumerable.Range(0, 100).Select(i => _given.Envelope("ann@here.example", $"bob@d{i}.example")).ToList();
        foreach (var mail in mails)
        {
            await _queue.AddAsync(mail);
        }

        _queue.JournalTakes = false;
        Assert.Equal(100, await _queue.Queue.ChangeAsync(QueueOrder.Return, QueueFilter.All, default));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.UntoldWhy is not null && _queue.Statistics.Open == 0), "the reason, and nothing held in memory");
        Assert.Equal(100, _queue.Queue.Totals.Untold);
        var entries = await _queue.AllAsync(new() { Error = "Unavailable" });
        Assert.Equal(100, entries.Count);
        Assert.All(entries, e => Assert.Equal(("", "", "ann@here.example"), (e.Destination, e.From, e.To.Single())));
        Assert.Contains("failed is not stored yet", (await _queue.Queue.ShowAsync(mails[0].Id.ToString(), default))!.Notices.Single().Why);

        _queue.JournalTakes = true;
        var told = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            _queue.Advance(TimeSpan.FromMinutes(5));
            Assert.True(told.Add((await _queue.NoticeAsync()).Text.Split("Final-Log-ID: ")[1][..16]), "a message was returned twice");
        }

        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals is { Untold: 0, UntoldWhy: null, Messages: 0 }), "the end of it");
        Assert.Empty(_queue.Taken());
    }

    [Fact]
    public async Task Notices_that_are_not_stored_can_be_dropped_by_an_order()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        _queue.JournalTakes = false;
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Return, QueueFilter.All, default));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.UntoldWhy is not null), "the reason");

        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [mail.Id] }, default));
        await GoneAsync(mail.Id);
    }

    [Fact]
    public async Task Mail_whose_route_has_gone_waits_with_the_reason_and_goes_back_when_it_expires()
    {
        await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        await _queue.AddAsync(_given.Envelope("ann@here.example", "joe@other.example"));
        await _queue.RestartAsync(["no routes", "outbound.routes.\"other.example\"=mx"]);
        await _queue.RelayAsync("other.example");

        var entry = Assert.Single(await _queue.AllAsync(new() { Error = "no route leads there any more" }));
        Assert.Equal(("far.example", QueueState.Waiting, null), (entry.Destination, entry.State, entry.NextAt));
        Assert.Contains(await _queue.Queue.DestinationsAsync("far", 1, default), d => d is { RestsUntil: null, NextAt: null } && d.Why!.Contains("outbound.routes", StringComparison.Ordinal));
        Assert.False(_queue.Relays.ContainsKey("far.example"));
        Assert.Contains(_queue.Lines.All, line => line.Contains("no route leads to far.example any more", StringComparison.Ordinal));
        Assert.Equal(0, await _queue.Queue.ChangeAsync(QueueOrder.Retry, new() { Destination = "far.example" }, default));

        _queue.Advance(TimeSpan.FromDays(5) + TimeSpan.FromMinutes(2));
        string text;
        do
        {
            text = (await _queue.NoticeAsync()).Text;                   // a warning about the other one may come before
        }
        while (!text.Contains("bob@far.example", StringComparison.Ordinal));
        Assert.Contains("Action: failed", text);
        Assert.Contains("no route leads there any more", text);
    }

    [Fact]
    public async Task Without_any_route_the_queue_is_open_all_the_same()
    {
        await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        await _queue.RestartAsync(["no routes"]);

        Assert.Contains("no route", Assert.Single(await _queue.AllAsync(QueueFilter.All)).Why);
        Assert.Contains(_queue.Lines.All, line => line.Contains("1 messages wait in the queue and outbound.routes is empty", StringComparison.Ordinal));
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Remove, QueueFilter.All, default));
    }

    [Fact]
    public async Task A_relay_that_fails_is_not_made_again_at_once()
    {
        _queue.OnTold = FailAtCarry;
        await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        (await _queue.RelayAsync("far.example")).Say(new Room("far.example", 1));
        await QueueHarness.EventuallyAsync(async () => (await DestinationAsync()).Why?.Contains("its relay failed", StringComparison.Ordinal) == true, "the reason");
        for (var i = 0; i < 20; i++)
        {
            _queue.Look();
            await _queue.ReckonedAsync();
        }

        Assert.Equal(1, _queue.Made["far.example"]);
        _queue.Advance(TimeSpan.FromSeconds(5));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Made["far.example"] == 2), "another one after a while");
        _queue.OnTold = null;
        _queue.Relays["far.example"].Say(new Room("far.example", 1));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Relays["far.example"].Errands.Length == 1), "the message, which is as it was");
    }

    [Fact]
    public async Task What_a_relay_had_that_broke_is_closed_to_it_and_what_it_says_later_does_not_count()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        var broken = await CarryAsync("far.example", mail.Id);
        var content = broken.Errands.Single().Content;                  // a server may still be given it
        Assert.True(content.Read(0, new byte[10]) > 0);
        _queue.OnTold = FailAtCarry;
        await _queue.AddAsync(_given.Envelope("ann@here.example", "eve@far.example"));
        broken.Say(new Room("far.example", 1));
        await QueueHarness.EventuallyAsync(async () => (await DestinationAsync()).Why?.Contains("its relay failed", StringComparison.Ordinal) == true, "the reason");

        broken.Say(new Attempted(mail.Id, _given.Answered("far.example", "250 2.0.0 taken", 0), IsLast: true));
        await _queue.ReckonedAsync();
        Assert.Equal([QueueState.Waiting, QueueState.Waiting], (await _queue.AllAsync(QueueFilter.All)).Select(e => e.State));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Statistics.Open == 0), "everything closed");
        Assert.Throws<ObjectDisposedException>(() => content.Read(0, new byte[10]));
    }

    [Fact]
    public async Task An_order_to_try_wakes_a_destination_once()
    {
        for (var i = 0; i < 200; i++)
        {
            await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        }

        // Whenever it is made, it rests at once.
        var relay = await _queue.RelayAsync("far.example");
        _queue.OnTold = (script, told) =>
        {
            if (told is Carry or Hurry)
            {
                Rest(script);
            }
        };
        Rest(relay);
        await QueueHarness.EventuallyAsync(async () => (await DestinationAsync()).RestsUntil is not null, "its rest");
        Assert.Equal(1, _queue.Made["far.example"]);
        var changing = _queue.Queue.ChangeAsync(QueueOrder.Retry, QueueFilter.All, default);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Made["far.example"] == 2), "a relay");
        Rest(_queue.Relays["far.example"]);

        Assert.Equal(200, await changing);
        await _queue.ReckonedAsync();
        Assert.Equal(2, _queue.Made["far.example"]);

        void Rest(ScriptedRelay script) => script.Say(new Resting("far.example", _time.GetUtcNow().AddHours(1), "nobody answers", null));
    }

    [Fact]
    public async Task Orders_given_again_and_again_leave_nothing_behind()
    {
        await _queue.AddAsync(_given.Envelope("ann@here.example", "bob@far.example"));
        for (var i = 0; i < 250; i++)
        {
            (await RelayMadeAsync(i + 1)).Say(new Resting("far.example", _time.GetUtcNow().AddHours(1), "nobody answers", null));
            await QueueHarness.EventuallyAsync(async () => (await DestinationAsync()).RestsUntil is not null, "its rest");
            Assert.Equal(1, await ChangeAsync(QueueOrder.Retry));
        }

        Assert.InRange(_queue.Work.RestsKept, 0, 150);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1, await ChangeAsync(QueueOrder.Hold));
            Assert.Equal(1, await ChangeAsync(QueueOrder.Release));
        }

        Assert.InRange(_queue.Work.WarnsKept, 0, 1);

        async Task<ScriptedRelay> RelayMadeAsync(int times)
        {
            await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Made.GetValueOrDefault("far.example") == times), "a relay");
            return _queue.Relays["far.example"];
        }
    }

    [Fact]
    public async Task Orders_count_what_they_changed()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "joe@other.example");
        await _queue.AddAsync(mail);

        Assert.Equal(0, await ChangeAsync(QueueOrder.Retry));           // due already
        await _queue.TriedAsync(mail.Id, _given.Answered("far.example", "450 4.2.0 not now", 0));
        Assert.Equal(1, await ChangeAsync(QueueOrder.Retry));
        Assert.Equal(0, await ChangeAsync(QueueOrder.Retry));
        Assert.Equal(0, await ChangeAsync(QueueOrder.Release));
        Assert.Equal(2, await ChangeAsync(QueueOrder.Hold));
        Assert.Equal(0, await ChangeAsync(QueueOrder.Hold));
        Assert.Equal(0, await ChangeAsync(QueueOrder.Retry));
        Assert.Equal(2, await ChangeAsync(QueueOrder.Release));
        var relay = await CarryAsync("other.example", mail.Id);
        Assert.Equal(1, await ChangeAsync(QueueOrder.Remove));          // what is under way ends as it ends
        Assert.Equal(0, await ChangeAsync(QueueOrder.Return));
        relay.Say(new Attempted(mail.Id, _given.Answered("other.example", "250 2.0.0 thanks", 1), IsLast: true));
        await GoneAsync(mail.Id);
        Assert.Equal(0, await ChangeAsync(QueueOrder.Remove));
    }

    [Fact]
    public async Task A_message_for_many_domains_is_not_recorded_once_for_each()
    {
        var mail = _given.Envelope("", [.. Enumerable.Range(0, 150).Select(i => $"bob@d{i}.example")]);
        await _queue.AddAsync(mail);
        for (var i = 0; i < 150; i++)
        {
            await CarryAsync($"d{i}.example", mail.Id);
        }

        _queue.StoreWaits = true;
        for (var i = 0; i < 149; i++)
        {
            _queue.Relays[$"d{i}.example"].Say(new Attempted(mail.Id, _given.Answered($"d{i}.example", "250 2.0.0 thanks", i), IsLast: true));
        }

        await _queue.ReckonedAsync();
        _queue.StoreWaits = false;
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals is { Active: 1, Waiting: 0 }), "all but one done, and on record");
        Assert.InRange(_queue.Statistics.Saved, 1, 3);
    }

    [Fact]
    public async Task A_sender_at_an_address_of_this_server_is_told_here()
    {
        await _queue.AddAsync(_given.Envelope("ann@[192.0.2.77]", "bob@far.example"));
        Assert.Equal(1, await ChangeAsync(QueueOrder.Return));

        Assert.Equal("ann@here.example", (await _queue.NoticeAsync()).Envelope.Recipients.Single().Account);
    }

    [Fact]
    public async Task What_the_journal_brings_again_after_a_crash_is_not_taken_twice_though_it_left_meanwhile()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        await _queue.StoreAsync(mail);                                  // as if the journal had not recorded that it was taken
        await _queue.RestartAsync();
        await CarryAsync("far.example", mail.Id);
        _queue.Relays["far.example"].Say(new Attempted(mail.Id, _given.Answered("far.example", "250 2.0.0 thanks", 0), IsLast: true));
        await EmptyAsync();

        Assert.True((await _queue.HandOverAsync()).IsDone);
        await _queue.ReckonedAsync();
        Assert.Equal(0, _queue.Queue.Totals.Messages);
        Assert.Equal(0, _queue.Statistics.Added);
    }

    [Fact]
    public async Task What_was_removed_before_a_crash_stays_removed_when_the_journal_brings_it_again()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example");
        await _queue.AddAsync(mail);
        Assert.Equal(1, await ChangeAsync(QueueOrder.Remove));
        await _queue.StoreAsync(mail);
        await _queue.RestartAsync();

        Assert.True((await _queue.HandOverAsync()).IsDone);
        await _queue.ReckonedAsync();
        Assert.Equal(0, _queue.Queue.Totals.Messages);
    }

    [Fact]
    public async Task The_queue_of_a_server_that_does_not_run_can_be_looked_at()
    {
        var mail = _given.Envelope("ann@here.example", "bob@far.example", "joe@other.example");
        await _queue.AddAsync(mail);
        await _queue.AddAsync(_given.Envelope("", "eve@far.example"));
        await _queue.TriedAsync(mail.Id, _given.Answered("far.example", "450 4.2.0 not now", 0));
        Assert.Equal(1, await _queue.Queue.ChangeAsync(QueueOrder.Hold, new() { Destination = "other.example" }, default));
        var (listed, shown) = (await _queue.AllAsync(QueueFilter.All), (await _queue.Queue.ShowAsync(mail.Id.ToString(), default))!);
        var settings = Testing.Dialogues.TestMailServer.Settings(["outbound.routes.\"*\"=mx"]).Outbound;
        Assert.Contains("running", Assert.Throws<StoreException>(() => StoppedQueue.Open(_queue.DataDirectory, settings, _time, default)).Message);

        await _queue.CloseAsync();
        using (var stopped = StoppedQueue.Open(_queue.DataDirectory, settings, _time, default))
        {
            var totals = new StoppedTotals();
            Assert.Equal(Words(listed), Words(stopped.List(QueueFilter.All, totals)));
            Assert.Equal((2, 2, 1, 2), (totals.Totals.Messages, totals.Totals.Waiting, totals.Totals.Held, totals.Totals.Destinations));
            Assert.Equal(["eve@far.example"], stopped.List(new() { Sender = "<>" }, new StoppedTotals()).Select(e => e.To.Single()));
            var still = stopped.Show(mail.Id)!;
            Assert.Equal(shown.Recipients.Select(r => r.ToString()), still.Recipients.Select(r => r.ToString()));
            Assert.Equal(shown.Attempts.Select(a => (a.At, a.Took, a.Destination, AttemptWords.Server(a), AttemptWords.Why(a))), still.Attempts.Select(a => (a.At, a.Took, a.Destination, AttemptWords.Server(a), AttemptWords.Why(a))));
            Assert.Null(stopped.Show(_given.Envelope("", "a@b.example").Id));
        }

        await _queue.ReopenAsync();                                     // it was not harmed, nor is it locked
        Assert.Equal(3, (await _queue.AllAsync(QueueFilter.All)).Count);

        static IEnumerable<string> Words(IEnumerable<QueueEntry> entries) =>
            entries.Select(e => $"{e.Id} {e.Destination} {e.State} {e.From} {string.Join(',', e.To)} {e.Recipients} {e.Length} {e.ReceivedAt:O} {e.Failures} {e.Why} {e.Host}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Questions_that_make_no_sense_are_refused_or_answered_with_nothing()
    {
        await Assert.ThrowsAsync<FormatException>(() => _queue.Queue.ListAsync(QueueFilter.All, "12", 10, default));
        await Assert.ThrowsAsync<FormatException>(() => _queue.Queue.ListAsync(QueueFilter.All, "-1.2", 10, default));
        Assert.Empty((await _queue.Queue.ListAsync(QueueFilter.All, "99999999.0", int.MaxValue, default)).Items);
        Assert.Null(await _queue.Queue.ShowAsync("", default));
        Assert.Equal(0, await _queue.Queue.ChangeAsync(QueueOrder.Remove, new() { Ids = [_given.Envelope("", "a@b.example").Id] }, default));
        Assert.False(((OutboundDoor)_queue.Queue).IsFull);
    }

    private static void FailAtCarry(ScriptedRelay relay, object told)
    {
        if (told is Carry)
        {
            throw new InvalidOperationException("a relay that fails");
        }
    }

    private Task<int> ChangeAsync(QueueOrder order) => _queue.Queue.ChangeAsync(order, QueueFilter.All, default);

    private async Task<DestinationTotals> DestinationAsync() => Assert.Single(await _queue.Queue.DestinationsAsync(null, 2, default));

    private async Task<ScriptedRelay> CarryAsync(string destination, MailId id)
    {
        var relay = await _queue.RelayAsync(destination);
        relay.Say(new Room(destination, 1));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Has(id)), $"{id} at {destination}");
        return relay;
    }

    private Task EmptyAsync() => QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.Messages == 0), "an empty queue");

    private Task GoneAsync(MailId id) => QueueHarness.EventuallyAsync(async () => await _queue.Queue.ShowAsync(id.ToString(), default) is null, $"the end of {id}");
}
