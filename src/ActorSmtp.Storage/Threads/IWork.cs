namespace ActorSmtp.Storage.Threads;

/// <summary>What one of storage's threads does, cut into steps so that a simulation can choose who goes next.</summary>
internal interface IWork
{
    /// <summary>
    /// Does what is there to do. Zero: did something, call again. <see cref="Nothing"/>: wait until woken. Else:
    /// wait until woken, but no longer than so many milliseconds.
    /// </summary>
    int Step();

    /// <summary>What <see cref="Step"/> answers where only a wake-up brings work.</summary>
    const int Nothing = -1;

    /// <summary>
    /// When work was last said to be near, by <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>: from then on the thread may look for it for
    /// a while instead of sleeping. Zero: never.
    /// </summary>
    long AnnouncedAt => 0;
}

/// <summary>Makes the threads.</summary>
internal interface IWorkThreads
{
    IWorkThread Start(string name, IWork work, TimeSpan spin);

    /// <summary>Does something once that waits for the disk, off the caller's thread where threads are real.</summary>
    Task<T> Call<T>(Func<T> work, CancellationToken cancellation);
}

/// <summary>A thread that steps its work. Disposing waits for the step it is in.</summary>
internal interface IWorkThread : IDisposable
{
    /// <summary>There is work; cheap when the thread is awake. A wake-up is never lost.</summary>
    void Wake();

    /// <summary>Keeps it stepping until this is so.</summary>
    Task Until(Func<bool> done);
}
