namespace ActorSmtp.Hocon.Parsing;

/// <summary>
/// Reads one text into nodes. Recursion is bounded by <see cref="HoconLimits.Depth"/>; every mistake is a
/// <see cref="HoconException"/> at the line and column where it is seen.
/// </summary>
internal sealed partial class TextParser
{
    private readonly string _text;
    private readonly string _source;
    private readonly HoconDialect _dialect;
    private readonly IncludeContext _includes;
    private readonly HoconPath _includedAt;
    private readonly int _depthAbove;
    private readonly bool _hasLines;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private TextParser(string text, string source, HoconDialect dialect, IncludeContext includes, HoconPath includedAt, int depthAbove, bool hasLines = true)
    {
        _text = text;
        _source = source;
        _dialect = dialect;
        _includes = includes;
        _includedAt = includedAt;
        _depthAbove = depthAbove;
        _hasLines = hasLines;
    }

    private HoconLimits Limits => _includes.Limits;

    private bool IsAkka => _dialect == HoconDialect.Akka;

    private bool AtEnd => _at >= _text.Length;

    /// <summary>The sign at the position; NUL at the end, where <see cref="AtEnd"/> tells it from one in the text.</summary>
    private char Here => _at < _text.Length ? _text[_at] : '\0';

    private HoconOrigin Place => _hasLines ? new(_source, _line, _at - _lineStart + 1) : HoconOrigin.Of(_source);

    /// <summary>Reads a whole text, whose root is an object with or without braces.</summary>
    public static ObjectNode Parse(
        string text, string source, HoconDialect dialect, IncludeContext includes, HoconPath includedAt, int depthAbove)
    {
        includes.Count(text, source);
        return new TextParser(text, source, dialect, includes, includedAt, depthAbove).Document();
    }

    /// <summary>Reads a text which is one value, as it could stand behind <c>key =</c>; its places have no lines.</summary>
    public static Node ParseValue(string text, string source, IncludeContext includes, HoconPath path)
    {
        includes.Count(text, source);
        var parser = new TextParser(text, source, HoconDialect.Full, includes, HoconPath.Root, path.Elements.Length, hasLines: false);
        parser.SkipBlank();
        var value = parser.Value(path, depth: 0);
        parser.SkipBlank();
        return parser.AtEnd ? value : throw parser.Wrong($"{parser.Shown} stands behind the value; give one value, in quotes if it is a text");
    }

    /// <summary>Reads a text which is one path.</summary>
    public static HoconPath ParsePath(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new TextParser(text, "path", HoconDialect.Full, new IncludeContext(HoconLimits.Default, null), HoconPath.Root, 0);
        parser.SkipSpace();
        var path = parser.PathElements(inSubstitution: false);
        return parser.AtEnd ? path : throw parser.Wrong($"{parser.Shown} cannot stand in a path; put the key in quotes");
    }

    private ObjectNode Document()
    {
        if (Here == '\uFEFF')
        {
            Step();
        }

        SkipBlank();
        var root = new ObjectNode(Place);
        if (Here == '[')
        {
            throw Wrong("the text is a list; a configuration is an object: write key = [ … ]");
        }

        if (Here != '{')
        {
            Members(root, _includedAt, Place, isBraced: false, depth: 0);
            return root;
        }

        var opened = Place;
        Step();
        Members(root, _includedAt, opened, isBraced: true, depth: 0);
        SkipBlank();
        if (!AtEnd && !IsAkka)
        {
            throw Wrong($"{Shown} stands behind the closing brace of the whole; put everything inside the braces or leave them out");
        }

        return root;
    }

    // Fields up to the closing brace or the end.
    private void Members(ObjectNode target, HoconPath path, HoconOrigin opened, bool isBraced, int depth)
    {
        CheckDepth(depth);
        while (true)
        {
            SkipBlank();
            if (AtEnd)
            {
                if (isBraced && !IsAkka)
                {
                    throw Wrong($"the text ends inside the object opened at line {opened.Line}, column {opened.Column}; add the missing '}}'");
                }

                return;
            }

            if (Here == '}')
            {
                if (isBraced)
                {
                    Step();
                    return;
                }

                if (IsAkka)
                {
                    _at = _text.Length; // it ends the text without a word
                    return;
                }

                throw Wrong("'}' closes nothing; take it away or add the '{' which is missing before it");
            }

            if (Here == ',')
            {
                throw Wrong("a comma without a field before it; take it away");
            }

            Field(target, path, depth);
            Separator("field", isBraced ? '}' : '\0');
        }
    }

    // Between two fields or elements: one comma, or a new line, or the end of the whole.
    private void Separator(string what, char close)
    {
        var line = _line;
        SkipBlank();
        if (Here == ',' && !AtEnd)
        {
            Step();
        }
        else if (!AtEnd && Here != close && _line == line && !IsAkka)
        {
            throw Wrong(Here is '}' or ']'
                ? $"'{Here}' closes nothing here"
                : $"{Shown} follows a {what} on the same line; put a comma or a new line between them");
        }
    }

    private void Field(ObjectNode target, HoconPath path, int depth)
    {
        if (AtInclude())
        {
            Include(target, path, depth);
            return;
        }

        var origin = Place;
        var keys = PathElements(inSubstitution: false);
        CheckDepth(depth + keys.Elements.Length);
        SkipBlank();
        var isBlock = Here == '{';
        var isAppend = Operator(keys);
        var parent = target;
        foreach (var key in keys.Elements.AsSpan()[..^1])
        {
            parent = Layering.Descend(parent, key, origin, _dialect);
        }

        SkipBlank();
        var inner = depth + keys.Elements.Length;
        var value = isBlock && IsAkka ? Piece(path.Add(keys), inner) : Value(path.Add(keys), inner); // there, a block ends its field
        Layering.Assign(parent, keys.Elements[^1], isAppend ? new AppendNode(value) : value, _dialect);
    }

    // True for +=.
    private bool Operator(HoconPath keys)
    {
        switch (Here)
        {
            case '{':
                return false;
            case '=' or ':':
                Step();
                return false;
            case '+' when _at + 1 < _text.Length && _text[_at + 1] == '=':
                Step();
                Step();
                return true;
            default:
                throw Wrong(AtEnd
                    ? $"the text ends behind the key {keys}; write a value: {keys} = …"
                    : $"{Shown} follows the key {keys}; expected '=', ':', '+=' or '{{'");
        }
    }

    private HoconException Wrong(string problem) => new(HoconMistake.Syntax, Place, problem);

    private HoconException Wrong(HoconOrigin at, string problem) => new(HoconMistake.Syntax, at, problem);

    /// <summary>What stands here, for a message.</summary>
    private string Shown => AtEnd ? "the end of the text" : Here switch
    {
        '\n' => "the end of the line",
        '\'' => "\"'\"",
        < ' ' or '\x7f' => $"the control character U+{(int)Here:X4}",
        _ => $"'{Here}'",
    };

    private void CheckDepth(int depth)
    {
        if (depth + _depthAbove > Limits.Depth)
        {
            throw new HoconException(HoconMistake.Limit, Place, $"more than {Limits.Depth} objects and lists in each other; make it flatter");
        }
    }
}
