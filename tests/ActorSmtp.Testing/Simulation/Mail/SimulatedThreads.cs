using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>Storage's threads: a step of one is something that can run, after as long as the disk takes.</summary>
internal sealed class SimulatedThreads(SimulatedHost host, Func<TimeSpan> diskTime) : IWorkThreads
{
    public IWorkThread Start(string name, IWork work, TimeSpan spin) => new Stepped(host, diskTime, name, work);

    /// <summary>At once: what goes on after it may not come back to this thread.</summary>
    public Task<T> Call<T>(Func<T> work, CancellationToken cancellation)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (Exception failed)
        {
            return Task.FromException<T>(failed);
        }
    }

    private sealed class Stepped : IWorkThread
    {
        private readonly SimulatedHost _host;
        private readonly Func<TimeSpan> _diskTime;
        private readonly string _name;
        private readonly IWork _work;
        private readonly ITimer _sleep;
        private bool _queued;
        private bool _disposed;

        public Stepped(SimulatedHost host, Func<TimeSpan> diskTime, string name, IWork work)
        {
            (_host, _diskTime, _name, _work) = (host, diskTime, name, work);
            _sleep = host.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Wake();
        }

        public void Wake()
        {
            if (!_queued && !_disposed)
            {
                _queued = true;
                _host.Post("step", _name, Step, _diskTime());
            }
        }

        public Task Until(Func<bool> done)
        {
            for (var steps = 0; !done(); steps++)
            {
                if (steps > 100_000)
                {
                    throw new InvariantException($"{_name} never comes to its end");
                }

                _work.Step();
            }

            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _disposed = true;
            _sleep.Dispose();
        }

        private void Step()
        {
            _queued = false;
            if (_disposed)
            {
                return;
            }

            var wait = _work.Step();
            if (wait == 0)
            {
                Wake();
            }
            else if (wait > 0 && !_queued)
            {
                _sleep.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
            }
        }
    }
}
