namespace ActorSmtp.Transport;

/// <summary>What code that runs in a connection's call-back may ask of the thread it runs on.</summary>
public static class IoThreads
{
    /// <summary>
    /// Does something once the events at hand are handled, or a few of them (less than a millisecond later), and once only however many ask for it
    /// meanwhile: so that a crowd wakes another thread with one system call instead of one for each.
    /// </summary>
    /// <param name="what">Short; never blocks or throws. The same delegate each time.</param>
    /// <returns>False: this is no I/O thread that pauses, and nothing is done.</returns>
    public static bool TryAtPause(Action what) => IoLane.TryAtPause(what);
}
