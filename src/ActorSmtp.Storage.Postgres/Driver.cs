namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// Work of the driver with an end that is kept to. The driver cancels a statement by a connection of its own, and waits for that one on the thread
/// that cancels (https://github.com/npgsql/npgsql, NpgsqlConnector.PerformPostgresCancellation): at a database that does not answer that is until its time to
/// connect is over. So it cancels on a thread of its own, and who waited goes on at once.
/// </summary>
internal static class Driver
{
    /// <summary>Does the work until <paramref name="stop"/> ends; then it is left to the driver to come to an end, and its connection is not used again.</summary>
    /// <param name="stop">May be cancelled on any thread: nothing is waited for on it.</param>
    /// <exception cref="LeftBehindException">It had not ended by then. What it was given, buffers too, the driver may still read.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var own = new CancellationTokenSource();            // never disposed of: the thread that cancels may come late
        var running = work(own.Token);
        if (running.IsCompleted)
        {
            return await running.ConfigureAwait(false);
        }

        try
        {
            return await running.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!running.IsCompleted)
        {
            Cancel(own);
            _ = running.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw new LeftBehindException(stop);
        }
    }

    /// <summary>One thread for each statement that is cancelled, so never more than there are connections; it ends when the driver's time to connect has.</summary>
    private static void Cancel(CancellationTokenSource own) =>
        new Thread(
            () =>
            {
                try
                {
                    own.Cancel();
                }
                catch (AggregateException)
                {
                    // Of the driver, which breaks the connection anyhow.
                }
            },
            256 * 1024)
        { Name = "postgres cancel", IsBackground = true }.Start();
}

/// <summary>What was asked of the driver goes on without its caller.</summary>
internal sealed class LeftBehindException(CancellationToken stop) : OperationCanceledException("no answer in time", stop);
