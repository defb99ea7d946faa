using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Auth.Guesses;

/// <summary>
/// Slows those who guess passwords: the more wrong ones an address sent lately, and the more an account got lately, the longer the next
/// attempt waits before anything is looked at. Nobody is ever locked out: a wait has a longest, and who logged in from an address before is
/// measured there by what went wrong since, not by what strangers do to the account or from the address.
/// </summary>
/// <remarks>
/// Addresses are those of <see cref="Network"/> (an IPv6 /64 is one). Names count whether or not they are accounts, so that nothing tells.
/// All tables are bounded; what is forgotten there is forgiven. One owner, no locks.
/// </remarks>
internal sealed class GuessLimits(GuessSettings settings, TimeProvider time)
{
    private readonly RecentTable<string, Score> _networks = new(settings.Table);
    private readonly RecentTable<string, Score> _names = new(settings.Table);
    private readonly RecentTable<(string Network, string Name), Score> _known = new(settings.Table);
    private int _waiting;

    /// <summary>Attempts that wait now.</summary>
    public int Waiting => _waiting;

    /// <summary>Entries held now, of all tables.</summary>
    public int Entries => _networks.Count + _names.Count + _known.Count;

    /// <summary>What is to be done with an attempt that comes now. Where it says to wait, <see cref="WaitIsOver"/> has to follow.</summary>
    public Admission Admit(string network, string name)
    {
        var known = _known.Find((network, name));
        var delay = DelayOf(known, network, name);
        var rank = known is not null ? Rank.Known : Recent(_networks.Find(network)) < 0.5 ? Rank.Unsuspected : Rank.Suspected;
        if (delay == TimeSpan.Zero)
        {
            return new Admission(rank, TimeSpan.Zero, null);
        }

        var holder = known ?? _networks.FindOrAdd(network, NewScore);
        if (holder.Waiting >= settings.WaitingPerAddress || _waiting >= settings.Waiting)
        {
            return new Admission(rank, Timeout.InfiniteTimeSpan, null);
        }

        holder.Waiting++;
        _waiting++;
        return new Admission(rank, delay, holder);
    }

    /// <summary>Whether an attempt that was admitted without a wait would have to wait now: others went wrong meanwhile.</summary>
    public bool IsSlowed(string network, string name) => DelayOf(_known.Find((network, name)), network, name) > TimeSpan.Zero;

    /// <summary>An attempt has waited as it was told to.</summary>
    public void WaitIsOver(Admission admission)
    {
        admission.Holder!.Waiting--;
        _waiting--;
    }

    /// <summary>It was wrong.</summary>
    public void Failed(string network, string name)
    {
        Count(_networks.FindOrAdd(network, NewScore));
        Count(_known.Find((network, name)) ?? _names.FindOrAdd(name, NewScore));
    }

    /// <summary>It was right: from there this account is known now.</summary>
    public void Succeeded(string network, string name) => _known.FindOrAdd((network, name), NewScore).Failures = 0;

    private TimeSpan DelayOf(Score? known, string network, string name)
    {
        if (known is not null)
        {
            return DelayOf(Recent(known), settings.FreePerAddress);
        }

        var byNetwork = DelayOf(Recent(_networks.Find(network)), settings.FreePerAddress);
        var byName = DelayOf(Recent(_names.Find(name)), settings.FreePerAccount);
        return byNetwork > byName ? byNetwork : byName;
    }

    /// <summary>None for the first few, then doubling to the longest.</summary>
    private TimeSpan DelayOf(double failures, int free)
    {
        var over = (int)Math.Round(failures) - free;
        return over < 0 ? TimeSpan.Zero
            : over > 30 ? settings.LongestDelay
            : TimeSpan.FromTicks(Math.Min(settings.LongestDelay.Ticks, settings.FirstDelay.Ticks << over));
    }

    /// <summary>Failures, of which half are forgotten in each <see cref="GuessSettings.HalfForgotten"/>.</summary>
    private double Recent(Score? score) => score is null || score.Failures == 0 ? 0
        : score.Failures * Math.Pow(0.5, time.GetElapsedTime(score.At) / settings.HalfForgotten);

    private void Count(Score score)
    {
        score.Failures = Math.Min(Recent(score) + 1, 1_000);       // bounded, so that an hour of attack is not held against anybody for days
        score.At = time.GetTimestamp();
    }

    private static Score NewScore() => new();

    /// <summary>What went wrong lately for one address, name, or name at an address.</summary>
    internal sealed class Score
    {
        public double Failures;
        public long At;
        public int Waiting;
    }
}

/// <summary>Who goes first where not all can.</summary>
internal enum Rank
{
    /// <summary>Logged in from there before.</summary>
    Known,

    /// <summary>Nothing went wrong from there lately.</summary>
    Unsuspected,

    /// <summary>Something did.</summary>
    Suspected,
}

/// <summary>What is to be done with an attempt to log in.</summary>
internal readonly record struct Admission(Rank Rank, TimeSpan Delay, GuessLimits.Score? Holder)
{
    /// <summary>It is looked at without a wait.</summary>
    public bool IsImmediate => Delay == TimeSpan.Zero;

    /// <summary>It is not looked at: others of its kind wait already.</summary>
    public bool IsRefused => Delay == Timeout.InfiniteTimeSpan;
}
