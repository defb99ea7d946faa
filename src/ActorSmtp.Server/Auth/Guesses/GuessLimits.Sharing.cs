using System.Collections.Immutable;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth.Guesses;

/// <content>
/// What nodes count together. Failures are forgotten at the same rate everywhere, so in whatever order what each counted is added, the sum is the same; a node
/// goes by the last sum that it heard and what it counted itself since.
/// </content>
internal sealed partial class GuessLimits
{
    /// <summary>That an account is still known from somewhere is told so often.</summary>
    private static readonly TimeSpan s_tellKnownEvery = TimeSpan.FromDays(1);

    private readonly Queue<(GuessKey Key, Score Score)> _unshared = new();
    private readonly List<(GuessChange Change, Score Score, long At)> _underWay = [];

    /// <summary>There is something that the others have not been told of.</summary>
    public bool HasUnshared => _unshared.Count > 0;

    /// <summary>What is to be told now. <see cref="Shared"/> or <see cref="NotShared"/> has to follow before the next.</summary>
    public ImmutableArray<GuessChange> TakeUnshared()
    {
        var changes = ImmutableArray.CreateBuilder<GuessChange>();
        while (changes.Count < IGuessStore.MostChanges && _unshared.TryDequeue(out var next))
        {
            var (key, score) = next;
            var change = new GuessChange(key, Decayed(score.Unshared, score.At), score.IsGood);
            (score.Unshared, score.IsGood, score.IsNoted) = (0, false, false);
            _underWay.Add((change, score, time.GetTimestamp()));
            changes.Add(change);
        }

        return changes.ToImmutable();
    }

    /// <summary>It was told, and this is what all nodes together counted.</summary>
    public void Shared(ImmutableArray<GuessCount> counts)
    {
        foreach (var (change, score, _) in _underWay)
        {
            if (change.IsGood)
            {
                score.ToldGoodAt = time.GetTimestamp();
            }
        }

        _underWay.Clear();
        foreach (var count in counts)
        {
            var score = (count.Key.Kind switch
            {
                GuessKind.Network => _networks,
                GuessKind.Name => _names,
                _ => _known,
            }).FindOrAdd(count.Key, NewScore);
            if (!score.IsGood)                              // right meanwhile: what went wrong before counts no longer
            {
                score.Unshared = Decayed(score.Unshared, score.At);
                score.Failures = Math.Min(count.Failures + score.Unshared, GuessRules.MostFailures);
                score.At = time.GetTimestamp();
                score.ToldGoodAt ??= time.GetTimestamp() - (long)(count.Age.TotalSeconds * time.TimestampFrequency);
            }
        }
    }

    /// <summary>Nobody knows whether it was told: it is told again. What comes twice by that is a wait more for a guesser, and forgotten like the rest.</summary>
    public void NotShared()
    {
        foreach (var (change, score, at) in _underWay)
        {
            if (!score.IsGood)
            {
                score.Unshared = Math.Min(Decayed(score.Unshared, score.At) + Decayed(change.Failures, at), GuessRules.MostFailures);
                score.Failures = Math.Max(Recent(score), score.Unshared);
                score.At = time.GetTimestamp();
                score.IsGood = change.IsGood;
            }

            Note(change.Key, score);
        }

        _underWay.Clear();
    }

    private void NoteGood(GuessKey key, Score score)
    {
        score.Unshared = 0;
        if (score.Failures > 0 || score.ToldGoodAt is not { } told || time.GetElapsedTime(told) > s_tellKnownEvery)
        {
            score.IsGood = true;
            Note(key, score);
        }
    }

    /// <summary>Where nobody can be told for long, more than the tables hold is not kept for it.</summary>
    private void Note(GuessKey key, Score score)
    {
        if (isShared && !score.IsNoted && _unshared.Count < 3 * settings.Table)
        {
            score.IsNoted = true;
            _unshared.Enqueue((key, score));
        }
    }
}
