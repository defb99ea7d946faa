namespace ActorSmtp.Hocon;

/// <summary>Where a value or a mistake stands: the name of its source and, in a text, line and column (both from 1).</summary>
/// <param name="Source">A file's name as it was given, or a phrase such as <c>environment variable HOME</c>.</param>
/// <param name="Line">Line from 1; 0 where the source has no lines.</param>
/// <param name="Column">Column from 1, in UTF-16 units; 0 where the source has no lines.</param>
public readonly record struct HoconOrigin(string Source, int Line, int Column)
{
    /// <summary>An origin without lines: an environment variable, a command line argument.</summary>
    public static HoconOrigin Of(string source) => new(source, 0, 0);

    /// <summary><c>file:line:column</c>, or the bare source.</summary>
    public override string ToString() => Line == 0 ? Source ?? "" : $"{Source}:{Line}:{Column}";
}
