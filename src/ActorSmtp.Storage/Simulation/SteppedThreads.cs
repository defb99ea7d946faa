using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Simulation;

/// <summary>Storage's threads as things to step: whoever drives the simulation says who goes next, on virtual time.</summary>
internal sealed class SteppedThreads(TimeProvider time) : IWorkThreads
{
    private readonly List<Stepped> _all = [];

    public IWorkThread Start(string name, IWork work, TimeSpan spin)
    {
        var thread = new Stepped(this, name, work);
        _all.Add(thread);
        return thread;
    }

    /// <summary>At once, on the caller's thread.</summary>
    public Task<T> Call<T>(Func<T> work, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            return Task.FromResult(work());
        }
        catch (OperationCanceledException cancelled)
        {
            return Task.FromCanceled<T>(cancelled.CancellationToken);
        }
        catch (Exception failed)
        {
            return Task.FromException<T>(failed);
        }
    }

    /// <summary>Those that have something to do now.</summary>
    public IReadOnlyList<string> Runnable => [.. _all.Where(thread => thread.IsRunnable(time)).Select(thread => thread.Name)];

    /// <summary>When the first sleeper is due; null: none ever.</summary>
    public long? NextDue => _all.Min(thread => thread.Due);

    /// <summary>Steps one of those that have something to do; false: none has.</summary>
    public bool Step(Random random)
    {
        var runnable = _all.Where(thread => thread.IsRunnable(time)).ToList();
        if (runnable.Count == 0)
        {
            return false;
        }

        runnable[random.Next(runnable.Count)].Step(time);
        return true;
    }

    private sealed class Stepped(SteppedThreads owner, string name, IWork work) : IWorkThread
    {
        private volatile bool _woken = true;

        public string Name => name;

        public long? Due { get; private set; }

        public bool IsRunnable(TimeProvider time) => _woken || Due <= time.GetTimestamp();

        public void Step(TimeProvider time)
        {
            _woken = false;
            Due = null;
            var wait = work.Step();
            if (wait == 0)
            {
                _woken = true;
            }
            else if (wait > 0)
            {
                Due = time.GetTimestamp() + (wait * time.TimestampFrequency / 1000);
            }
        }

        public void Wake() => _woken = true;

        public Task Until(Func<bool> done)
        {
            for (var steps = 0; !done(); steps++)
            {
                if (steps > 1_000_000)
                {
                    throw new InvalidOperationException($"{name} never comes to its end.");
                }

                work.Step();
            }

            return Task.CompletedTask;
        }

        public void Dispose() => owner._all.Remove(this);
    }
}

/// <summary>A clock that moves when told.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => new(_ticks, TimeSpan.Zero);

    public void Advance(TimeSpan by) => _ticks += by.Ticks;
}
