namespace ActorSmtp.Storage;

/// <summary>
/// The rules of greylisting, the same whoever keeps the entries: from what is known of a triplet and of its network to the answer, and to what is known afterwards.
/// </summary>
/// <param name="Delay">Before that, coming back is too early.</param>
/// <param name="RetryWindow">After that, it counts as new.</param>
/// <param name="Keep">A triplet or network that has passed is forgotten when nothing came of it for so long.</param>
/// <param name="NetworkPasses">From so many triplets that came back on, all of their network is let in; 0: never.</param>
/// <param name="Size">Triplets that are remembered at most, and networks of which some have passed.</param>
public sealed record GreylistRules(TimeSpan Delay, TimeSpan RetryWindow, TimeSpan Keep, int NetworkPasses, int Size)
{
    private const int FewestOfNetwork = 64;

    /// <summary>Strangers of one network at most; one more takes the place of the one that has waited longest.</summary>
    public int MostOfNetwork => Math.Max(FewestOfNetwork, Size / 100);

    /// <summary>Strangers that stay also where there is no room for those who have passed: half of all.</summary>
    public int Strangers => (Size + 1) / 2;

    /// <summary>Judges.</summary>
    /// <param name="triplet">What is known of it; null: nothing.</param>
    /// <param name="network">What is known of its network; null: nothing.</param>
    /// <remarks>A clock that was set back makes nothing older than it is, and nobody wait longer than the delay.</remarks>
    public GreylistVerdict Judge(GreylistTrace? triplet, GreylistStanding? network, DateTimeOffset now)
    {
        var standing = network is { } stands && !IsOver(stands, now) ? stands : (GreylistStanding?)null;
        if (NetworkPasses > 0 && standing?.Passes >= NetworkPasses)
        {
            return new GreylistVerdict(new GreylistAnswer(TimeSpan.Zero, GreylistReason.NetworkKnown), null, standing.Value with { Last = now });
        }

        if (triplet is not { } trace || IsOver(trace, now))
        {
            return new GreylistVerdict(new GreylistAnswer(Delay, GreylistReason.New), new GreylistTrace(now, now, 0), null);
        }

        if (trace.Passes > 0)
        {
            return new GreylistVerdict(new GreylistAnswer(TimeSpan.Zero, GreylistReason.Known), trace with { Last = now, Passes = Capped(trace.Passes) }, null);
        }

        var age = now - trace.First;
        if (age < Delay)
        {
            var wait = age < TimeSpan.Zero ? Delay : Delay - age;
            return new GreylistVerdict(new GreylistAnswer(wait, GreylistReason.TooEarly), age < TimeSpan.Zero ? new GreylistTrace(now, now, 0) : null, null);
        }

        return new GreylistVerdict(
            new GreylistAnswer(TimeSpan.Zero, GreylistReason.CameBack),
            trace with { Last = now, Passes = 1 },
            new GreylistStanding(standing?.First ?? now, now, Capped(standing?.Passes ?? 0)));
    }

    /// <summary>When a triplet is forgotten if nothing comes.</summary>
    public DateTimeOffset EndOf(GreylistTrace trace) => trace.Passes > 0 ? trace.Last + Keep : trace.First + RetryWindow;

    /// <summary>When a network is.</summary>
    public DateTimeOffset EndOf(GreylistStanding standing) => standing.Last + Keep;

    /// <summary>Whether a triplet counts no longer.</summary>
    public bool IsOver(GreylistTrace trace, DateTimeOffset now) => EndOf(trace) < now;

    /// <summary>Whether a network counts no longer.</summary>
    public bool IsOver(GreylistStanding standing, DateTimeOffset now) => EndOf(standing) < now;

    private static int Capped(int passes) => passes < int.MaxValue ? passes + 1 : passes;
}

/// <summary>What is known of a triplet.</summary>
/// <param name="First">When it came first.</param>
/// <param name="Last">When it was last let in; before that as First.</param>
/// <param name="Passes">How often it was let in.</param>
public readonly record struct GreylistTrace(DateTimeOffset First, DateTimeOffset Last, int Passes);

/// <summary>What is known of a network.</summary>
/// <param name="First">When the first of it came back.</param>
/// <param name="Last">When mail of it was last let in, or one more came back.</param>
/// <param name="Passes">How many of its triplets came back.</param>
public readonly record struct GreylistStanding(DateTimeOffset First, DateTimeOffset Last, int Passes);

/// <summary>What is answered, and what is known from now on.</summary>
/// <param name="Triplet">Null: what it was.</param>
/// <param name="Network">Null: what it was.</param>
public readonly record struct GreylistVerdict(GreylistAnswer Answer, GreylistTrace? Triplet, GreylistStanding? Network);
