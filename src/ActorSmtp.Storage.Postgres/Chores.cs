using System.Collections.Concurrent;

namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// What a node does again and again, each by itself. None of them ends before it is told to: what fails is tried again after a wait that grows and has some
/// chance in it, and the server's health shows it until it has been done. What the program itself does wrong, so often that nothing else is to be
/// expected, is a fault: the node is to end then, and the others have its work.
/// </summary>
internal sealed class Chores(Database database, TimeProvider time)
{
    /// <summary>So often in a row a chore may fail by a mistake of the program before that is a fault.</summary>
    public const int MostMistakes = 20;

    /// <summary>So often it may fail because the database said something, before anybody is to know: that it is away is known anyhow.</summary>
    private const int MostRefusals = 3;

    /// <summary>For a count of very much.</summary>
    public static readonly TimeSpan CountPatience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Chore> _all = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<StoreFault> _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when one of them can never be done; never while all is well.</summary>
    public Task<StoreFault> Fault => _fault.Task;

    /// <summary>What is not done at present, and why; null: nothing.</summary>
    public string? Trouble
    {
        get
        {
            string? all = null;
            foreach (var (_, chore) in _all)
            {
                if (chore.Trouble is { } trouble)
                {
                    all = all is null ? trouble : $"{all}; {trouble}";
                }
            }

            return all;
        }
    }

    /// <summary>One of them.</summary>
    /// <param name="what">What is done, as it stands before "fails".</param>
    public Chore Of(string what) => _all.GetOrAdd(what, static (what, of) => new Chore(what, of), this);

    /// <summary>Does it now and again, with some chance between, until told to end; not while the database is away.</summary>
    public async Task RepeatAsync(string what, TimeSpan period, Func<CancellationToken, Task> work, CancellationToken stop)
    {
        await Task.Yield();
        var chore = Of(what);
        try
        {
            while (true)
            {
                await database.WhenBack(stop).ConfigureAwait(false);
                try
                {
                    await work(stop).ConfigureAwait(false);
                    chore.Succeeded();
                }
                catch (Exception failed) when (!(failed is OperationCanceledException && stop.IsCancellationRequested))
                {
                    await chore.FailedAsync(failed, stop).ConfigureAwait(false);
                }

                await Task.Delay(Database.Jittered(period), time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to end.
        }
    }

    /// <summary>At an opening: a second for what is done again soon. Neither that it takes longer nor that it fails keeps anybody from starting.</summary>
    public async Task BrieflyAsync(Task work, CancellationToken cancellation)
    {
        await Task.WhenAny(work, Task.Delay(s_brief, time, cancellation)).ConfigureAwait(false);
        _ = work.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>One chore: how it goes.</summary>
    internal sealed class Chore(string what, Chores all)
    {
        private int _failures;
        private volatile string? _trouble;

        public string? Trouble => _trouble;

        public void Succeeded()
        {
            if (Volatile.Read(ref _failures) != 0)
            {
                Volatile.Write(ref _failures, 0);
                _trouble = null;
            }
        }

        /// <summary>Tells it, and waits a while before it is tried again.</summary>
        /// <exception cref="OperationCanceledException">Told to end.</exception>
        public Task FailedAsync(Exception failed, CancellationToken stop)
        {
            var failures = Interlocked.Increment(ref _failures);
            if (DatabaseException.Of(failed is StoreException { InnerException: { } inner } ? inner : failed) is { } said)
            {
                if (failures >= MostRefusals)
                {
                    _trouble = $"{what} fails: {said.Message}";
                }
            }
            else
            {
                _trouble = $"{what} fails: {failed.Message.TrimEnd('.')} ({failed.GetType().Name})";
                if (failures >= MostMistakes)
                {
                    all._fault.TrySetResult(new StoreFault(what, $"it failed {failures} times in a row, the last time by {failed.GetType().Name}: {failed.Message}"));
                }
            }

            var wait = s_shortest * (1 << Math.Min(failures - 1, 10));
            return Task.Delay(Database.Jittered(wait < s_longest ? wait : s_longest), all.Time, stop);
        }
    }

    private TimeProvider Time => time;
}
