namespace ActorSmtp.Hocon;

/// <summary>
/// Bounds of reading and resolving. They keep a hostile or broken text from taking the process down: each passed bound is a
/// <see cref="HoconException"/> with <see cref="HoconMistake.Limit"/>.
/// </summary>
public sealed record HoconLimits
{
    /// <summary>What a server's configuration never reaches.</summary>
    public static HoconLimits Default { get; } = new();

    /// <summary>UTF-16 units of all texts read for one tree, includes together.</summary>
    public int Characters { get; init; } = 4 * 1024 * 1024;

    /// <summary>Objects and arrays in each other, each element of a dotted key being an object.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Includes in each other.</summary>
    public int IncludeDepth { get; init; } = 16;

    /// <summary>Files included for one tree.</summary>
    public int Includes { get; init; } = 256;

    /// <summary>Substitutions which lead to each other before a value comes.</summary>
    public int SubstitutionDepth { get; init; } = 200;

    /// <summary>Fields, elements and characters which resolving may make; bounds what substitutions multiply.</summary>
    public int Work { get; init; } = 4 * 1024 * 1024;
}
