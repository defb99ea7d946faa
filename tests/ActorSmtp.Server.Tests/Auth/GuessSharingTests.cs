using System.Collections.Immutable;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Auth.Guesses;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Auth;

/// <summary>Guesses at several nodes, counted together.</summary>
public sealed class GuessSharingTests : AuthTestKit
{
    private const string There = "198.51.100.7";

    private static readonly GuessSettings Settings = new(
        FreePerAddress: 3, FreePerAccount: 5, FirstDelay: TimeSpan.FromSeconds(1), LongestDelay: TimeSpan.FromSeconds(10),
        HalfForgotten: TimeSpan.FromMinutes(10), WaitingPerAddress: 2, Waiting: 3, Table: 100);

    [Fact]
    public void Guesses_spread_over_nodes_are_slowed_as_if_they_were_at_one()
    {
        var sums = new Sums();
        GuessLimits[] nodes = [Limits(), Limits(), Limits()];
        for (var i = 0; i < 4; i++)
        {
            nodes[i % 3].Failed(Here, $"name{i}");
            nodes[i % 3].Failed($"203.0.113.{i}", "bob");
        }

        Assert.All(nodes, node => Assert.Equal(0, DelayAt(node, Here, "x")));
        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.All(nodes, node => Assert.Equal(2, DelayAt(node, Here, "x")));
        nodes[0].Failed("203.0.113.9", "bob");
        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.All(nodes, node => Assert.Equal(1, DelayAt(node, There, "bob")));
        Assert.All(nodes, node => Assert.Equal(0, DelayAt(node, There, "ann")));
    }

    [Fact]
    public void Where_an_account_logged_in_at_one_node_it_is_known_at_the_others_and_no_guesser_slows_it()
    {
        var sums = new Sums();
        GuessLimits[] nodes = [Limits(), Limits()];
        nodes[0].Succeeded(Here, "bob");
        for (var i = 0; i < 50; i++)
        {
            nodes[i % 2].Failed($"203.0.113.{i}", "bob");
        }

        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.All(nodes, node => Assert.Equal(0, DelayAt(node, Here, "bob")));
        Assert.All(nodes, node => Assert.Equal(10, DelayAt(node, There, "bob")));

        for (var i = 0; i < 4; i++)
        {
            nodes[1].Failed(Here, "bob");                       // and yet nobody guesses for ever from there
        }

        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.All(nodes, node => Assert.Equal(2, DelayAt(node, Here, "bob")));
        nodes[0].Succeeded(Here, "bob");
        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.All(nodes, node => Assert.Equal(0, DelayAt(node, Here, "bob")));
    }

    [Fact]
    public void What_went_wrong_while_it_was_told_counts_once()
    {
        var sums = new Sums();
        var node = Limits();
        node.Failed(Here, "a");
        var taken = node.TakeUnshared();
        node.Failed(Here, "b");
        node.Shared(sums.Add(taken));
        sums.Exchange(node);
        node.Failed(Here, "c");
        Assert.Equal(1, DelayAt(node, Here, "x"));              // three
        Assert.Equal(2, sums.Of(new GuessHash(Secret).OfNetwork(Here)), 0.01);
    }

    [Fact]
    public void What_nobody_could_be_told_counts_here_and_is_told_later()
    {
        var sums = new Sums();
        GuessLimits[] nodes = [Limits(), Limits()];
        for (var i = 0; i < 4; i++)
        {
            nodes[0].Failed(Here, $"{i}");
            nodes[0].TakeUnshared();
            nodes[0].NotShared();
            nodes[1].Failed(Here, $"{i}");
        }

        Assert.All(nodes, node => Assert.Equal(2, DelayAt(node, Here, "x")));
        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.Equal(8, sums.Of(new GuessHash(Secret).OfNetwork(Here)), 0.01);
        Assert.All(nodes, node => Assert.Equal(10, DelayAt(node, Here, "x")));
    }

    [Fact]
    public void A_login_that_was_right_while_earlier_failures_were_told_forgives_them()
    {
        var sums = new Sums();
        GuessLimits[] nodes = [Limits(), Limits()];
        nodes[0].Succeeded(Here, "bob");
        sums.Exchange(nodes);
        for (var i = 0; i < 4; i++)
        {
            nodes[0].Failed(Here, "bob");
        }

        var taken = nodes[0].TakeUnshared();
        nodes[0].Succeeded(Here, "bob");
        nodes[0].Shared(sums.Add(taken));
        Assert.Equal(0, DelayAt(nodes[0], Here, "bob"));
        sums.Exchange(nodes);
        sums.Exchange(nodes);
        Assert.Equal(0, DelayAt(nodes[1], Here, "bob"));
    }

    [Fact]
    public void A_login_from_where_it_is_known_is_told_once_a_day()
    {
        var sums = new Sums();
        var node = Limits();
        node.Succeeded(Here, "bob");
        sums.Exchange(node);
        for (var i = 0; i < 100; i++)
        {
            node.Succeeded(Here, "bob");
        }

        Assert.False(node.HasUnshared);
        Time.Advance(TimeSpan.FromHours(25));
        node.Succeeded(Here, "bob");
        Assert.True(Assert.Single(node.TakeUnshared()).IsGood);
    }

    [Fact]
    public void What_waits_to_be_told_stays_bounded_however_long_nobody_can_be()
    {
        var node = Limits();
        for (var i = 0; i < 10_000; i++)
        {
            node.Failed($"n{i}", $"u{i}");
            if (i % 100 == 0)
            {
                node.TakeUnshared();
                node.NotShared();
            }
        }

        var told = 0;
        while (node.HasUnshared)
        {
            told += node.TakeUnshared().Length;
            node.Shared([]);
        }

        Assert.InRange(told, 1, (3 * Settings.Table) + IGuessStore.MostChanges);
    }

    [Fact]
    public void No_login_waits_for_those_who_count()
    {
        var never = new TaskCompletionSource<ImmutableArray<GuessCount>>();
        var store = new Store(_ => never.Task);
        var auth = StartAuth(guesses: store);
        Assert.Equal(new AuthMessages.Granted("bob"), Verify(auth, "bob", "secret"));
        Assert.Equal(new AuthMessages.Denied(DenialReason.WrongPassword), Verify(auth, "bob", "wrong"));
        Assert.Equal(new AuthMessages.Granted("ann"), Verify(auth, "ann", "secret"));
        Assert.Single(store.Calls);
    }

    [Fact]
    public void A_node_that_begins_anew_hears_all_and_slows_by_it_at_once()
    {
        var hash = new GuessHash(Secret);
        var store = new Store(_ => Task.FromResult<ImmutableArray<GuessCount>>([new(hash.OfNetwork(Here), 30, TimeSpan.Zero), new(hash.OfKnown(There, "bob"), 0, TimeSpan.Zero)]));
        var auth = StartAuth(guesses: store, sets: ["guesses.first-delay=1m", "guesses.longest-delay=1m", "guesses.waiting-per-address=1"]);
        AwaitAssert(() => Assert.True(store.Calls.Count >= 2), TimeSpan.FromSeconds(60));                     // what the first brought has been taken in
        auth.Tell(new AuthMessages.Verify(new Protocol.Sasl.Credentials("ann", "secret"), Here), TestActor);        // waits for a minute
        Assert.Equal(new AuthMessages.Denied(DenialReason.Slowed), Verify(auth, "ann", "secret"));
        Assert.Equal(new AuthMessages.Granted("bob"), Verify(auth, "bob", "secret", from: There));
        Assert.Equal([true, false], store.Calls.Take(2).Select(c => c.All));
    }

    [Fact]
    public void While_those_who_count_are_away_it_is_counted_here_and_told_when_they_are_back()
    {
        var hash = new GuessHash(Secret);
        var away = true;
        var store = new Store(_ => Volatile.Read(ref away) ? Task.FromException<ImmutableArray<GuessCount>>(new StoreException("away")) : Task.FromResult(ImmutableArray<GuessCount>.Empty));
        var auth = StartAuth(guesses: store, sets: ["guesses.free-per-address=2", "guesses.first-delay=1m", "guesses.longest-delay=1m", "guesses.waiting-per-address=1"]);
        Verify(auth, "bob", "1");
        Verify(auth, "bob", "2");
        auth.Tell(new AuthMessages.Verify(new Protocol.Sasl.Credentials("bob", "3"), Here), TestActor);
        Assert.Equal(new AuthMessages.Denied(DenialReason.Slowed), Verify(auth, "bob", "4"));
        AwaitAssert(() => Assert.Contains(store.Calls, c => c.Changes.Any(x => x.Key == hash.OfNetwork(Here))), TimeSpan.FromSeconds(60));
        Volatile.Write(ref away, false);
        var before = store.Calls.Count;
        AwaitAssert(() => Assert.Contains(store.Calls.Skip(before), c => c.All && c.Changes.Any(x => x.Key == hash.OfNetwork(Here) && Math.Round(x.Failures) == 2)), TimeSpan.FromSeconds(60));
    }

    private GuessLimits Limits() => new(Settings, Time, Secret, isShared: true);

    private static double DelayAt(GuessLimits limits, string network, string name)
    {
        var admission = limits.Admit(network, name);
        if (!admission.IsImmediate)
        {
            limits.WaitIsOver(admission);
        }

        return admission.Delay.TotalSeconds;
    }

    /// <summary>What a database would do, at one moment.</summary>
    private sealed class Sums
    {
        private readonly Dictionary<GuessKey, double> _all = [];

        public double Of(GuessKey key) => _all.GetValueOrDefault(key);

        public ImmutableArray<GuessCount> Add(ImmutableArray<GuessChange> changes)
        {
            foreach (var change in changes)
            {
                _all[change.Key] = (change.IsGood ? 0 : _all.GetValueOrDefault(change.Key)) + change.Failures;
            }

            return [.. _all.Select(e => new GuessCount(e.Key, e.Value, TimeSpan.Zero))];
        }

        public void Exchange(params GuessLimits[] nodes)
        {
            foreach (var node in nodes)
            {
                node.Shared(Add(node.TakeUnshared()));
            }
        }
    }

    private sealed class Store(Func<int, Task<ImmutableArray<GuessCount>>> answer) : IGuessStore
    {
        public System.Collections.Concurrent.ConcurrentQueue<(ImmutableArray<GuessChange> Changes, bool All)> Calls { get; } = new();

        public Task<ImmutableArray<GuessCount>> ShareAsync(ImmutableArray<GuessChange> changes, bool all, CancellationToken cancellation)
        {
            Calls.Enqueue((changes, all));
            return answer(Calls.Count);
        }

        public ValueTask DisposeAsync() => default;
    }
}
