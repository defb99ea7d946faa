using ActorSmtp.Server.Auth.Guesses;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Attempts whose turn has not come, by rank: those known first. When it is full, one of a better rank takes the place of the youngest of
/// the worst, so that a crowd of strangers keeps nobody out who has logged in before.
/// </summary>
internal sealed class VerificationQueue<T>(int capacity)
    where T : class
{
    private readonly LinkedList<T>[] _byRank = [new(), new(), new()];

    public int Count { get; private set; }

    /// <summary>Takes one in; answers whom it had no room for: another of a worse rank, the same, or nobody.</summary>
    public T? Add(T item, Rank rank)
    {
        T? pushedOut = null;
        if (Count >= capacity)
        {
            var worst = Array.FindLastIndex(_byRank, lane => lane.Count > 0);
            if (worst <= (int)rank)
            {
                return item;
            }

            pushedOut = _byRank[worst].Last!.Value;
            _byRank[worst].RemoveLast();
            Count--;
        }

        _byRank[(int)rank].AddLast(item);
        Count++;
        return pushedOut;
    }

    /// <summary>The next to have its turn.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? item)
    {
        foreach (var lane in _byRank)
        {
            if (lane.First is { } first)
            {
                item = first.Value;
                lane.RemoveFirst();
                Count--;
                return true;
            }
        }

        item = null;
        return false;
    }
}
