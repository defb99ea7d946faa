namespace ActorSmtp.Server.Policy;

/// <summary>Memory that many may hold together.</summary>
internal sealed class OctetBudget(long most)
{
    private long _taken;

    /// <summary>How much is held now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes so much, to be given back; or says no.</summary>
    public bool TryTake(long octets)
    {
        if (Interlocked.Add(ref _taken, octets) <= most)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -octets);
        return false;
    }

    /// <summary>So much is free again.</summary>
    public void GiveBack(long octets) => Interlocked.Add(ref _taken, -octets);
}
