using System.Collections.Immutable;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>What came of a milter, for figures and findings.</summary>
internal enum MilterOutcome
{
    /// <summary>It looked at a message to the end, and wants nothing.</summary>
    Passed,

    /// <summary>It wants to see no more of it, or of the session.</summary>
    Accepted,

    /// <summary>It wants something changed.</summary>
    Changed,

    Quarantined,
    Discarded,
    Deferred,
    Rejected,

    /// <summary>It did not do its part.</summary>
    Failed,
}

/// <summary>What a milter wants changed in a message, besides its header and body.</summary>
/// <param name="Sender">Null: it stays.</param>
/// <param name="Quarantine">Why nobody is to see it; null: they may.</param>
internal sealed record MilterWishes(SmtpCommand.Mail? Sender, ImmutableArray<RecipientChange> Recipients, string? Quarantine)
{
    public static MilterWishes None { get; } = new(null, [], null);
}

/// <summary>What a milter said at one step.</summary>
internal sealed record MilterSaid(PolicyAction Action, Reply? Reply = null)
{
    /// <summary>Go on, and ask it again at the next step.</summary>
    public static MilterSaid GoOn { get; } = new(PolicyAction.Pass);

    /// <summary>Go on without it.</summary>
    public static MilterSaid Accepts { get; } = new(PolicyAction.Pass) { IsLast = true };

    /// <summary>No more of the body.</summary>
    public static MilterSaid Skips { get; } = new(PolicyAction.Pass) { IsLast = true };

    /// <summary>Not said, but what its failure leads to: what went wrong.</summary>
    public string? Failure { get; init; }

    /// <summary>It was told of already, and holds still.</summary>
    public bool IsOld { get; init; }

    /// <summary>At the end of a message: what it wants changed besides header and body; null: nothing, or that is not over.</summary>
    public MilterWishes? Wishes { get; init; }

    /// <summary>A few words about what it wants changed.</summary>
    public string Words { get; init; } = "";

    /// <summary>It has nothing more to say: of this message, or before MAIL of the session.</summary>
    public bool IsLast { get; init; }

    /// <summary>A verdict as an answer to a command; null: it has no place there.</summary>
    public static MilterSaid? Of(MilterReply reply, MilterCommand command, MilterOptions options) => reply switch
    {
        MilterReply.Refusal no => new(no.Reply.IsPermanent ? PolicyAction.Reject : PolicyAction.Defer, no.Reply) { IsLast = true },
        MilterReply.Plain { Word: var word } => word switch
        {
            MilterWord.Continue => GoOn,
            MilterWord.Accept => Accepts,
            MilterWord.Reject => new(PolicyAction.Reject) { IsLast = true },
            MilterWord.TemporaryFailure => new(PolicyAction.Defer) { IsLast = true },
            MilterWord.ShutDown or MilterWord.ConnectionFailure => new(PolicyAction.Defer, Replies.FilterHangsUp) { IsLast = true },
            MilterWord.Discard when command is not (MilterCommand.Connect or MilterCommand.Hello) => new(PolicyAction.Discard) { IsLast = true },
            MilterWord.Skip when command == MilterCommand.Body && options.Steps.HasFlag(MilterSteps.Skip) => Skips,
            _ => null,
        },
        _ => null,
    };
}
