using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Outbound;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>Who is served when more destinations want it than there are places: whoever takes long keeps nobody else waiting for more than a slice.</summary>
public sealed class PlacesTests : IAsyncLifetime
{
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(31);

    private readonly StandingTime _time = new();
    private readonly GivenQueue _given;
    private QueueHarness _queue = null!;

    public PlacesTests() => _given = new GivenQueue(_time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task Destinations_whose_servers_take_for_ever_keep_others_waiting_for_a_slice_only()
    {
        await StartAsync(places: 4);
        for (var i = 0; i < 4; i++)
        {
            await HangsAsync($"slow{i}.example", messages: 2);
        }

        var well = await AddAsync("well.example");
        await _queue.ReckonedAsync();
        Assert.False(_queue.Relays.ContainsKey("well.example"));

        _queue.Advance(s_slice);
        var relay = await _queue.RelayAsync("well.example");
        relay.Say(new Room("well.example", 1));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Has(well)), "the message at its relay");
        Assert.All(Enumerable.Range(0, 4), i => Assert.Single(_queue.Relays[$"slow{i}.example"].Errands));       // what is under way goes on
    }

    [Fact]
    public async Task What_a_destination_has_not_begun_when_its_slice_is_over_comes_back_and_goes_the_next_time()
    {
        await StartAsync(places: 1);
        var (first, second) = (await AddAsync("far.example"), await AddAsync("far.example"));
        var relay = await _queue.RelayAsync("far.example");
        relay.Say(new Room("far.example", 2));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Errands.Length == 2), "both at the relay");
        await AddAsync("well.example");
        _queue.Advance(TimeSpan.FromSeconds(10));
        await _queue.ReckonedAsync();
        Assert.DoesNotContain(relay.Told, told => told is Finish);

        _queue.Advance(s_slice);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Told.Any(told => told is Finish)), "that it is to end");
        relay.Say(new Attempted(second, new AttemptReport { At = _time.GetUtcNow(), Took = TimeSpan.Zero, Destination = "far.example" }, IsLast: true));
        relay.Forget(second);
        await EndsAsync("well.example", TimeSpan.FromMilliseconds(100));
        relay.Say(new Attempted(first, _given.Answered("far.example", "250 2.0.0 kept", 0), IsLast: true));

        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Made["far.example"] == 2), "its next turn");
        relay = _queue.Relays["far.example"];
        relay.Say(new Room("far.example", 2));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Has(second)), "the second at its relay, without a wait");
        Assert.Null((await _queue.Queue.DestinationsAsync(null, 10, default)).Single().Why);          // that a relay ends is no failure
    }

    [Fact]
    public async Task A_part_of_the_places_is_kept_from_those_that_were_slow_for_those_that_were_not()
    {
        await StartAsync(places: 4);
        for (var i = 0; i < 4; i++)
        {
            await HangsAsync($"slow{i}.example", messages: 2);
        }

        for (var i = 0; i < 4; i++)
        {
            await AddAsync($"well{i}.example");
        }

        _queue.Advance(s_slice);
        for (var i = 0; i < 4; i++)
        {
            await EndsAsync($"well{i}.example", TimeSpan.FromMilliseconds(100));
        }

        for (var i = 0; i < 4; i++)
        {
            await EndsAsync($"slow{i}.example", TimeSpan.FromMinutes(2));
        }

        // Each has a further message. Nobody else waits, so they may have all places but the part that is kept.
        await QueueHarness.EventuallyAsync(() => Task.FromResult(Enumerable.Range(0, 4).Count(MadeAgain) == 3), "three of them again");
        await AddAsync("new.example");
        await _queue.RelayAsync("new.example");
        Assert.Equal(3, Enumerable.Range(0, 4).Count(MadeAgain));

        bool MadeAgain(int slow) => _queue.Made.GetValueOrDefault($"slow{slow}.example") == 2;
    }

    [Fact]
    public async Task Slow_destinations_have_their_turns_too()
    {
        await StartAsync(places: 4);
        for (var i = 0; i < 4; i++)
        {
            await HangsAsync($"slow{i}.example", messages: 2);
        }

        for (var i = 0; i < 4; i++)
        {
            await HangsAsync($"later{i}.example", messages: 1, waits: true);
        }

        _queue.Advance(s_slice);
        for (var i = 0; i < 4; i++)
        {
            await GivenAsync($"later{i}.example");
        }

        for (var i = 0; i < 4; i++)
        {
            await EndsAsync($"slow{i}.example", TimeSpan.FromMinutes(2));
        }

        await _queue.ReckonedAsync();
        Assert.Equal(4, Enumerable.Range(0, 4).Sum(i => _queue.Made[$"slow{i}.example"]));      // places are taken, by some that were never slow before
        _queue.Advance(s_slice);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(Enumerable.Range(0, 4).Any(i => _queue.Made[$"slow{i}.example"] == 2)), "one of them again");
    }

    [Fact]
    public async Task Where_nobody_waits_a_destination_keeps_its_place_and_is_given_more()
    {
        await StartAsync(places: 1);
        await HangsAsync("slow.example", messages: 1);
        _queue.Advance(TimeSpan.FromMinutes(10));
        var second = await AddAsync("slow.example");
        var relay = _queue.Relays["slow.example"];
        relay.Say(new Room("slow.example", 1));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Has(second)), "the second message at the same relay");
        Assert.Equal(1, _queue.Made["slow.example"]);
    }

    [Fact]
    public async Task So_many_may_end_what_they_have_beside_the_places()
    {
        await StartAsync(places: 1);
        for (var i = 0; i < 5; i++)
        {
            await HangsAsync($"slow{i}.example", messages: 1);
            await AddAsync($"slow{i + 1}.example");
            _queue.Advance(s_slice);
        }

        await _queue.ReckonedAsync();
        Assert.False(_queue.Relays.ContainsKey("slow5.example"));       // one in its place and four beside it
        await EndsAsync("slow0.example", TimeSpan.FromMinutes(3));
        await _queue.RelayAsync("slow5.example");
    }

    [Fact]
    public async Task Thousands_for_a_dead_domain_are_not_opened_and_take_no_place()
    {
        await StartAsync(places: 1);
        for (var i = 0; i < 1000; i++)
        {
            await _queue.StoreAsync(_given.Envelope("ann@here.example", $"u{i}@dead.example"));
        }

        for (var taken = 0; taken < 1000;)
        {
            taken += (await _queue.HandOverAsync()).Mails.Length;
        }

        var relay = await _queue.RelayAsync("dead.example");
        relay.Say(new Room("dead.example", 10));
        await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Errands.Length == 10), "as many as the relay has room for");
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Statistics.Open == 10), "what is not at a relay on the disk only");
        relay.Say(new Resting("dead.example", _time.GetUtcNow() + TimeSpan.FromHours(1), "connection refused", null));

        for (var i = 0; i < 20; i++)
        {
            await AddAsync($"well{i}.example");
            await EndsAsync($"well{i}.example", TimeSpan.FromMilliseconds(100));
        }

        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Queue.Totals.Messages == 1000), "the end of all others");
        Assert.Equal(1, _queue.Made["dead.example"]);
        await QueueHarness.EventuallyAsync(() => Task.FromResult(_queue.Statistics.Open == 0), "nothing held in memory");
    }

    private async Task StartAsync(int places) => _queue = await QueueHarness.StartAsync(_time, $"outbound.destinations={places}");

    private async Task<MailId> AddAsync(string destination)
    {
        var mail = _given.Envelope("ann@here.example", $"bob@{destination}");
        await _queue.AddAsync(mail);
        return mail.Id;
    }

    /// <summary>Messages for a destination, one of which its relay gets.</summary>
    /// <param name="waits">It has to wait for its place.</param>
    private async Task HangsAsync(string destination, int messages, bool waits = false)
    {
        for (var i = 0; i < messages; i++)
        {
            await AddAsync(destination);
        }

        if (!waits)
        {
            await GivenAsync(destination);
        }
    }

    private async Task<ScriptedRelay> GivenAsync(string destination)
    {
        var relay = await _queue.RelayAsync(destination);
        if (relay.Errands.Length == 0)
        {
            relay.Say(new Room(destination, 1));
            await QueueHarness.EventuallyAsync(() => Task.FromResult(relay.Errands.Length == 1), $"a message at the relay of {destination}");
        }

        return relay;
    }

    /// <summary>What a destination's relay has is delivered.</summary>
    private async Task EndsAsync(string destination, TimeSpan took)
    {
        var relay = await GivenAsync(destination);
        foreach (var errand in relay.Errands)
        {
            relay.Say(new Attempted(errand.Id, _given.Answered(destination, "250 2.0.0 kept", [.. errand.Recipients]) with { Took = took }, IsLast: true));
            relay.Forget(errand.Id);
            await QueueHarness.EventuallyAsync(async () => (await _queue.AllAsync(new QueueFilter { Ids = [errand.Id] })).Count == 0, $"the end of {errand.Id}");
        }
    }
}
