namespace ActorSmtp.Storage.Postgres.Greylist;

/// <summary>
/// What this node learned of strangers since the greylist was last kept within its size: so many in all, or of one network, and it is to be done at once; four times as many, and
/// who learns more waits until it is. So what stands there for want of a sweep has a bound, however many come.
/// </summary>
internal sealed class GreylistNews(GreylistRules rules)
{
    private const int FewestAtOnce = 64;
    private const int Slack = 4;

    private readonly int _many = Math.Max(FewestAtOnce, rules.Size / 16);
    private readonly Lock _gate = new();
    private Dictionary<string, int> _byNetwork = new(StringComparer.Ordinal);
    private int _count;
    private TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Has one permit where it is to be done at once.</summary>
    public SemaphoreSlim Many { get; } = new(0);

    /// <summary>A stranger was written down.</summary>
    public Task LearnedAsync(string network, CancellationToken cancellation)
    {
        Task? done = null;
        lock (_gate)
        {
            _count++;
            var ofNetwork = _byNetwork[network] = _byNetwork.GetValueOrDefault(network) + 1;
            if ((_count >= _many || ofNetwork >= rules.MostOfNetwork) && Many.CurrentCount == 0)
            {
                Many.Release();
            }

            if (_count >= Slack * _many || ofNetwork >= Slack * rules.MostOfNetwork)
            {
                done = _done.Task;
            }
        }

        return done is null ? Task.CompletedTask : Wait(done);

        async Task Wait(Task until) => await until.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>It begins: the networks of which there is something new.</summary>
    public string[] Take()
    {
        lock (_gate)
        {
            string[] all = [.. _byNetwork.Keys];
            _byNetwork = new Dictionary<string, int>(StringComparer.Ordinal);
            _count = 0;
            return all;
        }
    }

    /// <summary>It has ended. Where it could not be done, nobody waits for it all the same: what fails here fails for who asks, too.</summary>
    public void Done()
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            (before, _done) = (_done, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        before.TrySetResult();
    }
}
