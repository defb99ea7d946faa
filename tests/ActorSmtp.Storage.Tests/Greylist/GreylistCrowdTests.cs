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
    public async Task Memory_does_not_grow_with_the_crowd()
    {
        await OpenAsync(size: 20_000);
        var longest = new string('x', 200);
        for (var n = 0; n < 40_000; n++)
        {
            await AskAsync(Network(n), $"{longest}{n}");
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; n < 200_000; n++)
        {
            await AskAsync(Network(100_000 + n), $"{longest}{n}");
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 4 << 20, $"{grown} octets more after ten times as many strangers");
        GC.KeepAlive(_store);
    }

    private async Task OpenAsync(int size = Size) =>
        await _store.OpenAsync(new GreylistRules(TimeSpan.FromMinutes(1), TimeSpan.FromHours(24), TimeSpan.FromDays(36), 0, size), null!, CancellationToken.None);

    private ValueTask<GreylistAnswer> AskAsync(IPNetwork network, string sender) => _store.AskAsync(new GreylistTriplet(network, sender, "b@y.test"), CancellationToken.None);

    private static IPNetwork Network(int n) => new(new IPAddress([10, (byte)(n >> 16), (byte)(n >> 8), (byte)n]), 32);
}
