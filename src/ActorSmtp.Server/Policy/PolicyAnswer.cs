using System.Collections.Immutable;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Policy;

/// <summary>What a check wants done, from the mildest to the most severe.</summary>
internal enum PolicyAction
{
    /// <summary>Go on. What was found is kept all the same.</summary>
    Pass,

    /// <summary>Go on, and say in front of the message what was found.</summary>
    Tag,

    /// <summary>4xx.</summary>
    Defer,

    /// <summary>5xx.</summary>
    Reject,

    /// <summary>250, and nothing is kept: only where an administrator's filter wants it.</summary>
    Discard,
}

/// <summary>Something that a check found out, with the reason: for log, story and figures.</summary>
/// <param name="Check">Whose it is.</param>
/// <param name="Result">One word: <c>pass</c>, <c>listed</c>, <c>early</c>…</param>
/// <param name="Reason">A few words for people: what made it so.</param>
/// <param name="Score">What it adds to the sum that <c>gatekeeping.scores</c> is about; below zero speaks for the peer.</param>
internal sealed record Finding(string Check, string Result, string Reason, double Score = 0);

/// <summary>What a check answers at a step.</summary>
/// <param name="Action">What it wants done.</param>
/// <param name="Reply">What the peer is told if that is no; null: a plain word of ours.</param>
internal sealed record PolicyAnswer(PolicyAction Action, Reply? Reply = null)
{
    /// <summary>Nothing to say.</summary>
    public static PolicyAnswer Pass { get; } = new(PolicyAction.Pass);

    /// <summary>What was found out, in order.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>Whole header lines, each ended by CRLF, that belong in front of the message if it is accepted; empty: none.</summary>
    public string Fields { get; init; } = "";

    /// <summary>Somebody else made the <see cref="Fields"/>: they have a share of their own, so that they leave room for what we find out and sign.</summary>
    public bool FieldsAreForeign { get; init; }

    /// <summary>With <see cref="PolicyAction.Tag"/>: it is to be set apart from other mail, as <c>gatekeeping.set-apart</c> says how.</summary>
    public bool SetsApart { get; init; }

    /// <summary>What is to be changed in the message, at the end of its content; null: nothing.</summary>
    public MessageChanges? Changes { get; init; }

    /// <summary>Who sent the message, at the end of its content, for those who are asked behind; null: nothing is said of it.</summary>
    public OriginFindings? Origin { get; init; }

    /// <summary>What was found, and what it leads to by the settings.</summary>
    /// <param name="no">What the peer is told where that is no; its first digit is made to fit.</param>
    public static PolicyAnswer Weighed(string check, string result, string reason, Settings.Weight weight, Reply no) =>
        new(weight.Action, weight.Action > PolicyAction.Tag ? no : null) { Findings = [new Finding(check, result, reason, weight.Score)] };

    /// <summary>Go on, with what was found.</summary>
    public static PolicyAnswer Found(params ImmutableArray<Finding> findings) => findings.IsEmpty ? Pass : Pass with { Findings = findings };
}
