namespace ActorSmtp.Server.Listening;

/// <summary>So many at a time and no more. Any thread.</summary>
internal sealed class Places(int most)
{
    private int _taken;

    /// <summary>How many are taken now.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes one, to be given back; or says no.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>One is free again.</summary>
    public void GiveBack() => Interlocked.Decrement(ref _taken);
}
