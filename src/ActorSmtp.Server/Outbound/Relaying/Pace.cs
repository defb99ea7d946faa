namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// How much may be under way at once to somebody who may not like much: doubles at first, is halved when he says so, and grows by one with each whole round that went
/// well from then on. What was begun before he was heard counts once, however often he says it.
/// </summary>
/// <param name="first">To begin with.</param>
/// <param name="most">Never more.</param>
internal sealed class Pace(int first, int most)
{
    private long _begun;
    private long _heard;
    private int _good;
    private bool _wasSlowed;

    /// <summary>So many at once now; at least 1.</summary>
    public int Limit { get; private set; } = Math.Clamp(first, 1, most);

    /// <summary>How often in a row it did not go well, each round counted once.</summary>
    public int BadInRow { get; private set; }

    /// <summary>Something is begun; the number goes to <see cref="Bad"/>.</summary>
    public long Begin() => ++_begun;

    /// <summary>It went well.</summary>
    public void Good()
    {
        BadInRow = 0;
        if (Limit < most && ++_good >= (_wasSlowed ? Limit : 1))
        {
            Limit++;
            _good = 0;
        }
    }

    /// <summary>He said that it is too much.</summary>
    /// <param name="number">Of <see cref="Begin"/>.</param>
    /// <returns>It counted: he had not said so of this round before.</returns>
    public bool Bad(long number)
    {
        if (number <= _heard)
        {
            return false;
        }

        _heard = _begun;
        _good = 0;
        _wasSlowed = true;
        BadInRow++;
        Limit = Math.Max(1, Limit / 2);
        return true;
    }

    /// <summary>It has gone well for a while since he said so: one more.</summary>
    public void Recover() => Limit = Math.Min(Limit + 1, most);

    /// <summary>What was bad is forgotten; it goes on as slowly as it was.</summary>
    public void Forgive() => BadInRow = 0;
}
