using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// What is used again: the last given back is the first taken, since it is the one still in the cache. Any thread; nothing is allocated once it has grown.
/// </summary>
/// <remarks>
/// Not a <c>ConcurrentBag</c>: that keeps its items at the threads that gave them back, and items that know the store would hold it, and all that it has in
/// memory, for as long as the thread lives, whether anybody needs the store or not.
/// </remarks>
internal sealed class FreeList<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Stack<T> _free = new();

    public bool TryTake([NotNullWhen(true)] out T? item)
    {
        lock (_gate)
        {
            return _free.TryPop(out item);
        }
    }

    public void Add(T item)
    {
        lock (_gate)
        {
            _free.Push(item);
        }
    }
}
