namespace ActorSmtp.Hocon.Parsing;

/// <summary>What the texts of one tree share: the bounds, what was read of them, who answers includes.</summary>
internal sealed class IncludeContext(HoconLimits limits, HoconIncludeReader? reader, Func<string, ObjectNode>? akkaInclude = null)
{
    private int _characters;
    private int _included;
    private int _depth;

    public HoconLimits Limits { get; } = limits;

    /// <summary>Akka's include callback gives a value, not a text.</summary>
    public Func<string, ObjectNode>? AkkaInclude { get; } = akkaInclude;

    public void Count(string text, string source)
    {
        if (text.Length > Limits.Characters - _characters)
        {
            throw new HoconException(HoconMistake.Limit, new HoconOrigin(source, 1, 1),
                $"the configuration is longer than {Limits.Characters} characters; a configuration is small: is this the right file?");
        }

        _characters += text.Length;
    }

    /// <summary>The text of an include, or null where there is none.</summary>
    public HoconIncludeText? Read(HoconInclude include, HoconOrigin origin)
    {
        if (reader is null)
        {
            throw new HoconException(HoconMistake.Include, origin, "include is not possible here; write the values themselves");
        }

        if (++_included > Limits.Includes)
        {
            throw new HoconException(HoconMistake.Limit, origin, $"more than {Limits.Includes} files are included; does a file include itself?");
        }

        try
        {
            return reader(include);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HoconException(HoconMistake.Include, origin, $"cannot read \"{include.Name}\": {e.Message}");
        }
    }

    public void Enter(HoconOrigin origin)
    {
        if (++_depth > Limits.IncludeDepth)
        {
            throw new HoconException(HoconMistake.Limit, origin,
                $"more than {Limits.IncludeDepth} includes in each other; does a file include itself?");
        }
    }

    public void Leave() => _depth--;
}
