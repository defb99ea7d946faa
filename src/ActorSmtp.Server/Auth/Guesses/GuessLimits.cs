using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth.Guesses;

/// <summary>
/// Slows those who guess passwords: the more wrong ones an address sent lately, and the more an account got lately, the longer the next
/// attempt waits before anything is looked at. Nobody is ever locked out: a wait has a longest, and who logged in from an address before is
/// measured there by what went wrong since, not by what strangers do to the account or from the address.
/// </summary>
/// <remarks>
/// Addresses are those of <see cref="Network"/> (an IPv6 /64 is one). Names count whether or not they are accounts, so that nothing tells.
/// All tables are bounded; what is forgotten there is forgiven. One owner, no locks. What nodes count together goes by <c>.Sharing.cs</c>.
/// </remarks>
/// <param name="secret">What the keys are hashed with; the same in all nodes.</param>
/// <param name="isShared">What is counted here has to be told to others: <see cref="TakeUnshared"/>.</param>
internal sealed partial class GuessLimits(GuessSettings settings, TimeProvider time, ReadOnlyMemory<byte> secret = default, bool isShared = false)
{
    private readonly RecentTable<GuessKey, Score> _networks = new(settings.Table);
    private readonly RecentTable<GuessKey, Score> _names = new(settings.Table);
    private readonly RecentTable<GuessKey, Score> _known = new(settings.Table);
    private readonly GuessHash _hash = new(secret);
    private int _waiting;

    /// <summary>Attempts that wait now.</summary>
    public int Waiting => _waiting;

    /// <summary>Entries held now, of all tables.</summary>
    public int Entries => _networks.Count + _names.Count + _known.Count;

    /// <summary>What is to be done with an attempt that comes now. Where it says to wait, <see cref="WaitIsOver"/> has to follow.</summary>
    public Admission Admit(string network, string name)
    {
        var known = _known.Find(_hash.OfKnown(network, name));
        var delay = DelayOf(known, network, name);
        var ofNetwork = _hash.OfNetwork(network);
        var rank = known is not null ? Rank.Known : Recent(_networks.Find(ofNetwork)) < 0.5 ? Rank.Unsuspected : Rank.Suspected;
        if (delay == TimeSpan.Zero)
        {
            return new Admission(rank, TimeSpan.Zero, null);
        }

        var holder = known ?? _networks.FindOrAdd(ofNetwork, NewScore);
        if (holder.Waiting >= settings.WaitingPerAddress || _waiting >= settings.Waiting)
        {
            return new Admission(rank, Timeout.InfiniteTimeSpan, null);
        }

        holder.Waiting++;
        _waiting++;
        return new Admission(rank, delay, holder);
    }

    /// <summary>Whether an attempt that was admitted without a wait would have to wait now: others went wrong meanwhile.</summary>
    public bool IsSlowed(string network, string name) => DelayOf(_known.Find(_hash.OfKnown(network, name)), network, name) > TimeSpan.Zero;

    /// <summary>An attempt has waited as it was told to.</summary>
    public void WaitIsOver(Admission admission)
    {
        admission.Holder!.Waiting--;
        _waiting--;
    }

    /// <summary>It was wrong.</summary>
    public void Failed(string network, string name)
    {
        var (ofNetwork, ofKnown) = (_hash.OfNetwork(network), _hash.OfKnown(network, name));
        Count(ofNetwork, _networks.FindOrAdd(ofNetwork, NewScore));
        if (_known.Find(ofKnown) is { } known)
        {
            Count(ofKnown, known);
        }
        else
        {
            var ofName = _hash.OfName(name);
            Count(ofName, _names.FindOrAdd(ofName, NewScore));
        }
    }

    /// <summary>It was right: from there this account is known now.</summary>
    public void Succeeded(string network, string name)
    {
        var key = _hash.OfKnown(network, name);
        var score = _known.FindOrAdd(key, NewScore);
        NoteGood(key, score);
        score.Failures = 0;
    }

    private TimeSpan DelayOf(Score? known, string network, string name)
    {
        if (known is not null)
        {
            return DelayOf(Recent(known), settings.FreePerAddress);
        }

        var byNetwork = DelayOf(Recent(_networks.Find(_hash.OfNetwork(network))), settings.FreePerAddress);
        var byName = DelayOf(Recent(_names.Find(_hash.OfName(name))), settings.FreePerAccount);
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
    private double Recent(Score? score) => score is null ? 0 : Decayed(score.Failures, score.At);

    private double Decayed(double failures, long at) => failures == 0 ? 0 : failures * Math.Pow(0.5, time.GetElapsedTime(at) / settings.HalfForgotten);

    private void Count(GuessKey key, Score score)
    {
        score.Failures = Math.Min(Recent(score) + 1, GuessRules.MostFailures);
        score.Unshared = Math.Min(Decayed(score.Unshared, score.At) + 1, GuessRules.MostFailures);
        score.At = time.GetTimestamp();
        Note(key, score);
    }

    private static Score NewScore() => new();

    /// <summary>What went wrong lately for one address, name, or name at an address.</summary>
    internal sealed class Score
    {
        /// <summary>As far as is known here, of all nodes.</summary>
        public double Failures;

        /// <summary>Of these, those that the others have not been told of.</summary>
        public double Unshared;

        /// <summary>When both were so.</summary>
        public long At;
        public int Waiting;

        /// <summary>It was right, and the others have not been told.</summary>
        public bool IsGood;

        /// <summary>When the others were last told, or heard, that it was right; null: never.</summary>
        public long? ToldGoodAt;

        /// <summary>It stands among those to be told.</summary>
        public bool IsNoted;
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
