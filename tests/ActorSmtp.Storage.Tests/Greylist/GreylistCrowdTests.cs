using System.Net;
using ActorSmtp.Storage.Simulation;

namespace ActorSmtp.Storage.Tests.Greylist;

/// <summary>A crowd of strangers: memory has its bound, and who is known stays known.</summary>
public sealed class GreylistCrowdTests
{
    private const int Size = 2000;

    private readonly SimulatedTime _time = new();
    private readonly IGreylistStore _store;

    public GreylistCrowdTests() => _store = Stores.GreylistInMemory(_time);

    [Fact]
    public async Task Strangers_from_everywhere_take_half_of_the_room_and_who_has_passed_stays()
    {
        await OpenAsync();
        for (var n = 0; n < Size / 2; n++)
        {
            await AskAsync(Network(n), "good");
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        for (var n = 0; n < Size / 2; n++)
        {
            Assert.Equal(GreylistReason.CameBack, (await AskAsync(Network(n), "good")).Why);
        }

        for (var n = 0; n < 10 * Size; n++)
        {
            await AskAsync(Network(100_000 + n), "bad");
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal((Size / 2, Size / 2), (_store.Figures.Waiting, _store.Figures.Passed));
        Assert.Equal(9 * Size + (Size / 2), _store.Figures.Evicted);
        for (var n = 0; n < Size / 2; n++)
        {
            Assert.Equal(GreylistReason.Known, (await AskAsync(Network(n), "good")).Why);
        }
    }

    [Fact]
    public async Task One_network_takes_its_own_room_and_nobody_elses()
    {
        await OpenAsync();
        await AskAsync(Network(1), "good");
        for (var n = 0; n < 10 * Size; n++)
        {
            await AskAsync(Network(2), $"bad{n}");
        }

        Assert.InRange(_store.Figures.Waiting, 2, 1 + 64);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(Network(1), "good")).Why);
        Assert.Equal(GreylistReason.CameBack, (await AskAsync(Network(2), $"bad{(10 * Size) - 1}")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(Network(2), "bad0")).Why);
    }

    [Fact]
    public async Task Networks_that_passed_have_their_bound_too()
    {
        await OpenAsync();
        for (var n = 0; n < 2 * Size; n++)
        {
            await AskAsync(Network(n), "a");
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(GreylistReason.CameBack, (await AskAsync(Network(n), "a")).Why);
        }

        Assert.Equal((0, Size, Size), (_store.Figures.Waiting, _store.Figures.Passed, _store.Figures.Networks));
    }

    [Fact]
    public async Task What_is_kept_of_each_has_a_bound_and_still_the_longest_names_are_told_apart()
    {
        await OpenAsync();
        var longest = new string('x', 2000);
        for (var n = 0; n < 4 * Size; n++)
        {
            Assert.Equal(GreylistReason.New, (await AskAsync(Network(n), $"{longest}{n}")).Why);
        }

        Assert.Equal(Size, _store.Figures.Waiting);
        Assert.Equal(GreylistReason.TooEarly, (await AskAsync(Network((4 * Size) - 1), $"{longest}{(4 * Size) - 1}")).Why);
        Assert.Equal(GreylistReason.New, (await AskAsync(Network((4 * Size) - 1), $"{longest}!")).Why);
        Assert.All((await _store.ListAsync(new GreylistFilter(), null, 1000, CancellationToken.None)).Entries, e => Assert.Equal(GreylistTriplet.MostShown, e.Sender.Length));
    }

    private async Task OpenAsync(int size = Size) =>
        await _store.OpenAsync(new GreylistRules(TimeSpan.FromMinutes(1), TimeSpan.FromHours(24), TimeSpan.FromDays(36), 0, size), null!, CancellationToken.None);

    private ValueTask<GreylistAnswer> AskAsync(IPNetwork network, string sender) => _store.AskAsync(new GreylistTriplet(network, sender, "b@y.test"), CancellationToken.None);

    private static IPNetwork Network(int n) => new(new IPAddress([10, (byte)(n >> 16), (byte)(n >> 8), (byte)n]), 32);
}
