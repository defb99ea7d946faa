namespace ActorSmtp.Storage;

/// <summary>
/// Where the journal hands what a sync has finished, so that replies are sent while the next sync is on its way. One or
/// two completions are called right on the journal's thread (a lone client then has no further wake-up); more go here.
/// </summary>
public interface ICompletionRunner
{
    /// <summary>Calls <see cref="ICompletions.Run"/> soon, once, on another thread. Must not block or throw.</summary>
    void Post(ICompletions completions);

    /// <summary>
    /// Asked by whoever has handed something to the store: may the store's thread be woken a little later, from here, with what others hand over until
    /// then? A thread that sleeps costs a system call to wake, and then begins with what is there.
    /// </summary>
    /// <param name="wake">Wakes it; always the same.</param>
    /// <returns>False: it is woken at once.</returns>
    bool TryWakeLater(Action wake) => false;
}

/// <summary>A batch of callbacks; pooled, so not to be kept after <see cref="Run"/>.</summary>
public interface ICompletions
{
    int Count { get; }

    /// <summary>Calls them all, in the order the messages were committed.</summary>
    void Run();
}
