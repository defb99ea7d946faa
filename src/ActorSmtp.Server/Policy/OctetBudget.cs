namespace ActorSmtp.Server.Policy;

/// <summary>Memory that many may hold together.</summary>
/// <param name="most">Octets.</param>
/// <param name="forStrangers">Beyond so many only those get more who logged in, and neighbours.</param>
internal sealed class OctetBudget(long most, long forStrangers = long.MaxValue)
{
    private long _taken;

    /// <summary>How much is held now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes so much, to be given back; or says no.</summary>
    /// <param name="isKnown">For somebody who logged in, or a neighbour.</param>
    public bool TryTake(long octets, bool isKnown = false)
    {
        if (Interlocked.Add(ref _taken, octets) <= (isKnown ? most : Math.Min(most, forStrangers)))
        {
            return true;
        }

        Interlocked.Add(ref _taken, -octets);
        return false;
    }

    /// <summary>So much is free again.</summary>
    public void GiveBack(long octets) => Interlocked.Add(ref _taken, -octets);
}
