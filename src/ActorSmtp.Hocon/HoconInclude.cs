namespace ActorSmtp.Hocon;

/// <summary>How an include names what it wants.</summary>
public enum HoconIncludeKind
{
    /// <summary><c>include "name"</c>: relative to the including text.</summary>
    Plain,

    /// <summary><c>include file("name")</c>.</summary>
    File,

    /// <summary><c>include url("name")</c>.</summary>
    Url,

    /// <summary><c>include classpath("name")</c>: a resource.</summary>
    Resource,
}

/// <summary>One include as it is asked of a <see cref="HoconIncludeReader"/>.</summary>
/// <param name="Kind">The form it has in the text.</param>
/// <param name="Name">The name in quotes, with <c>.conf</c> or <c>.json</c> added where a plain name has no ending.</param>
/// <param name="From">The source of the text which holds the include.</param>
public sealed record HoconInclude(HoconIncludeKind Kind, string Name, string From);

/// <summary>What an include brings in.</summary>
/// <param name="Source">The name for origins and for includes inside it.</param>
/// <param name="Text">The text.</param>
public sealed record HoconIncludeText(string Source, string Text);

/// <summary>
/// Answers an include with its text, or with null when there is no such thing (which is an error only for <c>required(…)</c>).
/// Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it exists and cannot be read; both become a
/// <see cref="HoconException"/> at the place of the include.
/// </summary>
public delegate HoconIncludeText? HoconIncludeReader(HoconInclude include);
