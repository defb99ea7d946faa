namespace ActorSmtp.Web.Access;

/// <summary>
/// Counts logins by network, right or wrong until one is right: so many in a minute, then none until the minute is over. By name nothing is counted here,
/// or anybody could lock an administrator out; what guesses at a name cost is <c>auth.guesses</c>. When the table is full, the network that began
/// longest ago is forgotten: a flood of networks keeps nobody out either.
/// </summary>
internal sealed class LoginGuesses(TimeProvider time, int mostNetworks = 10_000)
{
    /// <summary>Logins of one network in <see cref="Window"/>.</summary>
    public const int Most = 5;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Guesser>> _guessers = new(StringComparer.Ordinal);
    private readonly LinkedList<Guesser> _oldestFirst = [];

    /// <summary>Counts one more.</summary>
    /// <returns>Null: it may be looked at. Else how long to wait first.</returns>
    public TimeSpan? Count(string network)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_guessers.TryGetValue(network, out var node))
            {
                if (node.Value.Since + Window - now is var wait && wait > TimeSpan.Zero)
                {
                    node.Value.Count++;
                    return node.Value.Count > Most ? wait : null;
                }

                Remove(node);
            }

            if (_guessers.Count >= mostNetworks)
            {
                Remove(_oldestFirst.First!);
            }

            _guessers[network] = _oldestFirst.AddLast(new Guesser(network, now));
            return null;
        }
    }

    /// <summary>One of its logins was right.</summary>
    public void Forgive(string network)
    {
        lock (_gate)
        {
            if (_guessers.TryGetValue(network, out var node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Guesser> node)
    {
        _guessers.Remove(node.Value.Network);
        _oldestFirst.Remove(node);
    }

    private sealed class Guesser(string network, DateTimeOffset since)
    {
        public string Network => network;

        public DateTimeOffset Since => since;

        public int Count { get; set; } = 1;
    }
}
