using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Tests.Threads;

/// <summary>Real threads: no wake-up is lost, and no stop.</summary>
public sealed class DedicatedThreadTests
{
    /// <summary>The thread is in the midst of its round, and woken, whenever the stop comes: one of thousands of stops would meet the wrong moment.</summary>
    [Fact]
    public async Task A_stop_is_never_lost()
    {
        for (var i = 0; i < 3000; i++)
        {
            var work = new Restless();
            var thread = new DedicatedThread("restless", work, TimeSpan.Zero);
            work.Thread = thread;
            thread.Wake();
            Thread.SpinWait(i % 50 * 20);
            await Task.Run(() =>
            {
                work.Thread = null;
                thread.Dispose();
            }).WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>Wakes itself in each step, until it is to rest.</summary>
    private sealed class Restless : IWork
    {
        private volatile IWorkThread? _thread;

        public IWorkThread? Thread
        {
            set => _thread = value;
        }

        public int Step()
        {
            _thread?.Wake();
            return IWork.Nothing;
        }
    }
}
