namespace ActorSmtp.Server.Threads;

/// <summary>
/// Another background, of which no more than so many works are at once under way: for those that wait on their thread (content that is read from a database), so that the threads are left to
/// those that do not, and the database's answers among them. The others wait without one.
/// </summary>
internal sealed class NarrowBackground(IBackground all, int most) : IBackground
{
    private readonly SemaphoreSlim _room = new(most);

    public async Task<T> Run<T>(Func<T> work)
    {
        await _room.WaitAsync().ConfigureAwait(false);
        try
        {
            return await all.Run(work).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }
}
