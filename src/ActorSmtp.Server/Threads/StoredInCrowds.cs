using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Threads;

/// <summary>
/// Takes the completions of a large batch: runs them on the store's thread, but marks that thread meanwhile, so that each session's part only
/// hands its answer to its I/O thread. That costs the store's thread a few nanoseconds each and one wake-up for all.
/// </summary>
public sealed class StoredInCrowds : ICompletionRunner
{
    [ThreadStatic]
    private static bool _underWay;

    /// <summary>Whether this thread is handing out the completions of a large batch.</summary>
    public static bool IsUnderWay => _underWay;

    public void Post(ICompletions completions)
    {
        _underWay = true;
        try
        {
            completions.Run();
        }
        finally
        {
            _underWay = false;
        }
    }

    /// <summary>On an I/O thread what several sessions commit in one round wakes the store once.</summary>
    public bool TryWakeLater(Action wake) => IoThreads.TryAtPause(wake);
}
