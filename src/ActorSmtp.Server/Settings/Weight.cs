using System.Globalization;
using ActorSmtp.Server.Policy;

namespace ActorSmtp.Server.Settings;

/// <summary>What a finding counts: so much in the sum of scores, or a word of its own: <c>2.5</c>, <c>tag</c>, <c>defer</c>, <c>reject</c>.</summary>
public sealed record Weight
{
    /// <summary>What one is, for messages.</summary>
    public const string Expected = "a score from -1000 to 1000, or tag, defer or reject";

    private Weight(double score, PolicyAction action) => (Score, Action) = (score, action);

    /// <summary>What it adds to the sum; 0 where it is a word.</summary>
    public double Score { get; }

    /// <summary>The word; pass where it is a score.</summary>
    internal PolicyAction Action { get; }

    /// <summary>It changes nothing.</summary>
    public static Weight None { get; } = new(0, PolicyAction.Pass);

    /// <summary>Whether anything may come of it.</summary>
    public bool Counts => Score != 0 || Action != PolicyAction.Pass;

    /// <summary>So much.</summary>
    public static Weight Of(double score) => new(score, PolicyAction.Pass);

    /// <summary>Reads one; null: it is none.</summary>
    public static Weight? Parse(string text) => text switch
    {
        "tag" => new Weight(0, PolicyAction.Tag),
        "defer" => new Weight(0, PolicyAction.Defer),
        "reject" => new Weight(0, PolicyAction.Reject),
        _ => ScoreOf(text),
    };

    internal static Weight From(SettingsReader r, string key) => r.Parsed(key, Expected, Parse) ?? None;

    /// <summary>One that may only be a score.</summary>
    internal static Weight ScoreFrom(SettingsReader r, string key, string why) => r.Parsed(key, $"a score from -1000 to 1000: {why}", ScoreOf) ?? None;

    private static Weight? ScoreOf(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var score) && Math.Abs(score) <= 1000 ? Of(score) : null;
}
