using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Tests.Threads;

public sealed class NarrowBackgroundTests
{
    [Fact]
    public async Task No_more_than_so_many_are_under_way_at_once_and_the_others_have_their_turn()
    {
        var all = new Collecting();
        var narrow = new NarrowBackground(all, 2);
        var asked = Enumerable.Range(0, 5).Select(n => narrow.Run(() => n)).ToArray();
        for (var done = 0; done < asked.Length; done++)
        {
            await all.UntilAsync(Math.Min(done + 2, asked.Length));
            Assert.Equal(Math.Min(done + 2, asked.Length), all.Begun);
            all.End(done);
            await Task.WhenAny(asked);
        }

        Assert.Equal([0, 1, 2, 3, 4], (await Task.WhenAll(asked)).Order());
    }

    [Fact]
    public async Task One_that_fails_makes_room_too()
    {
        var narrow = new NarrowBackground(new PoolBackground(), 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => narrow.Run<int>(() => throw new InvalidOperationException()));
        Assert.Equal(1, await narrow.Run(() => 1).WaitAsync(TimeSpan.FromSeconds(90)));
    }

    /// <summary>Begins what it is given, and ends it when it is told to.</summary>
    private sealed class Collecting : IBackground
    {
        private readonly List<TaskCompletionSource> _begun = [];

        public int Begun
        {
            get
            {
                lock (_begun)
                {
                    return _begun.Count;
                }
            }
        }

        public void End(int which)
        {
            TaskCompletionSource ending;
            lock (_begun)
            {
                ending = _begun[which];
            }

            ending.SetResult();
        }

        public async Task UntilAsync(int begun)
        {
            while (Begun < begun)
            {
                await Task.Yield();
            }
        }

        public async Task<T> Run<T>(Func<T> work)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_begun)
            {
                _begun.Add(end);
            }

            await end.Task;
            return work();
        }
    }
}
