using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <content>
/// Where nodes share a database they count wrong passwords together: what went wrong here is told soon after, and what went wrong elsewhere is heard every second. No attempt
/// waits for that; where nobody can be told, this node goes on by what it knows and tells it later.
/// </content>
internal sealed partial class AuthActor
{
    /// <summary>How often the others are heard.</summary>
    private static readonly TimeSpan s_hearEvery = TimeSpan.FromSeconds(1);

    /// <summary>What went wrong is told after so long: what goes wrong together is told together.</summary>
    private static readonly TimeSpan s_tellAfter = TimeSpan.FromMilliseconds(100);

    private ICancelable? _nextSharing;
    private bool _isSharing;
    private bool _isSoon;
    private bool _hasHeardAll;

    /// <summary>All that is known is heard first: a node that was restarted has forgotten nothing.</summary>
    private void BeginSharing()
    {
        if (_at.Guesses is not null)
        {
            Share();
        }
    }

    private void Share()
    {
        _nextSharing?.Cancel();
        (_isSharing, _isSoon) = (true, false);
        _at.Guesses!.ShareAsync(_limits.TakeUnshared(), all: !_hasHeardAll, CancellationToken.None)
            .PipeTo(Self, success: counts => new Shared(counts), failure: _ => NotShared.Instance);
    }

    private void OnShared(Shared m)
    {
        _limits.Shared(m.Counts);
        _hasHeardAll = true;
        ShareAgain(_limits.HasUnshared ? s_tellAfter : s_hearEvery);
    }

    private void OnNotShared()
    {
        _limits.NotShared();
        ShareAgain(s_hearEvery);
    }

    private void ShareAgain(TimeSpan after)
    {
        (_isSharing, _isSoon) = (false, after == s_tellAfter);
        _nextSharing?.Cancel();
        _nextSharing = Context.System.Scheduler.ScheduleTellOnceCancelable(after, Self, ShareDue.Instance, ActorRefs.NoSender);
    }

    /// <summary>Something went wrong: not only when the others are heard next.</summary>
    private void TellSoon()
    {
        if (_at.Guesses is not null && !_isSharing && !_isSoon && _limits.HasUnshared)
        {
            ShareAgain(s_tellAfter);
        }
    }

    private sealed class ShareDue
    {
        public static readonly ShareDue Instance = new();
    }

    private sealed record Shared(ImmutableArray<GuessCount> Counts) : INoSerializationVerificationNeeded;

    private sealed class NotShared
    {
        public static readonly NotShared Instance = new();
    }
}
