using ActorSmtp.Server.Policy;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>Places that strangers and users share: neither side keeps the other out.</summary>
public sealed class FairPlacesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Neither_side_gets_more_than_three_quarters(bool isKnown)
    {
        var places = new FairPlaces(8);
        var takes = Enumerable.Range(0, 8).Select(_ => places.TakeAsync(isKnown, default)).ToList();
        Assert.Equal(6, takes.Count(t => t.IsCompleted));

        Assert.True(places.TakeAsync(!isKnown, default).IsCompletedSuccessfully);
        Assert.True(places.TakeAsync(!isKnown, default).IsCompletedSuccessfully);
        var last = places.TakeAsync(!isKnown, default);
        Assert.False(last.IsCompleted);
        Assert.Equal(8, places.Taken);

        places.GiveBack(isKnown);
        await last;                                                 // it goes first, as its side has fewer
        Assert.Equal(6, takes.Count(t => t.IsCompleted));
        places.GiveBack(isKnown);
        await takes[6];
        Assert.Equal(8, places.Taken);
    }

    [Fact]
    public async Task Who_waits_no_longer_leaves_the_line_and_those_behind_come_in_order()
    {
        var places = new FairPlaces(1);
        await places.TakeAsync(false, default);
        using var impatient = new CancellationTokenSource();
        var (first, second, third) = (places.TakeAsync(false, impatient.Token), places.TakeAsync(false, default), places.TakeAsync(false, default));

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => places.TakeAsync(true, impatient.Token));
        places.GiveBack(false);

        await second;
        Assert.False(third.IsCompleted);
        places.GiveBack(false);
        await third;
        places.GiveBack(false);
        Assert.Equal(0, places.Taken);
    }

    [Fact]
    public async Task A_crowd_that_comes_and_goes_takes_no_more_than_there_is_and_leaves_nothing_behind()
    {
        var places = new FairPlaces(5);
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            using var patience = new CancellationTokenSource();
            var place = places.TakeAsync(n % 3 == 0, patience.Token);
            if (n % 7 == 0)
            {
                await patience.CancelAsync();
            }

            try
            {
                await place;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            lock (places)
            {
                most = Math.Max(most, ++inside);
            }

            await Task.Yield();
            lock (places)
            {
                inside--;
            }

            places.GiveBack(n % 3 == 0);
        }));

        Assert.InRange(most, 1, 5);
        Assert.Equal(0, places.Taken);
    }
}
