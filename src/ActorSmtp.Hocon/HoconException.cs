namespace ActorSmtp.Hocon;

/// <summary>What kind of mistake a <see cref="HoconException"/> tells of.</summary>
public enum HoconMistake
{
    /// <summary>The text does not follow the grammar.</summary>
    Syntax,

    /// <summary>An unquoted text holds <c>:</c> or <c>=</c>.</summary>
    SeparatorInText,

    /// <summary>A substitution finds no value.</summary>
    Unresolved,

    /// <summary>A substitution leads back to itself.</summary>
    Cycle,

    /// <summary>Objects, arrays and texts stand side by side in one value.</summary>
    MixedTypes,

    /// <summary>An include cannot be had.</summary>
    Include,

    /// <summary>A bound of <see cref="HoconLimits"/> is passed.</summary>
    Limit,
}

/// <summary>
/// The only exception which reading, resolving and rendering throw for what a text holds. <see cref="Exception.Message"/> is one line:
/// <c>file:line:column: what is wrong; what to do</c>.
/// </summary>
public sealed class HoconException : Exception
{
    public HoconException(HoconMistake mistake, HoconOrigin origin, string problem)
        : base(Describe(origin, problem))
    {
        Mistake = mistake;
        Origin = origin;
        Problem = problem;
    }

    /// <summary>The kind of mistake.</summary>
    public HoconMistake Mistake { get; }

    /// <summary>Where it stands.</summary>
    public HoconOrigin Origin { get; }

    /// <summary>The message without its place.</summary>
    public string Problem { get; }

    private static string Describe(HoconOrigin origin, string problem)
    {
        var place = origin.ToString();
        return place.Length == 0 ? problem : $"{place}: {problem}";
    }
}
