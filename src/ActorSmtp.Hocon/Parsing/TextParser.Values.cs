using System.Text;

namespace ActorSmtp.Hocon.Parsing;

/// <content>Values and what they are put together of.</content>
internal sealed partial class TextParser
{
    // One value up to the end of line, comma or closing sign: a piece, or pieces side by side.
    private Node Value(HoconPath path, int depth)
    {
        var start = Place;
        Node? first = null;
        List<Node>? pieces = null;
        var space = _at;
        while (true)
        {
            space = _at;
            var spacePlace = Place;
            SkipSpace();
            if (AtEnd || Here is '\n' or ',' or '}' or ']' || AtComment())
            {
                break;
            }

            var between = _at - space;
            var piece = Piece(path, depth);
            if (first is null)
            {
                first = piece;
                continue;
            }

            pieces ??= [first];
            if (between > 0)
            {
                pieces.Add(Text(_text.Substring(space, between), spacePlace, isSpace: true));
            }

            pieces.Add(piece);
        }

        if (first is null)
        {
            throw Wrong(start, $"{(AtEnd || Here == '\n' ? "nothing" : Shown)} where a value is expected; write a value, \"\" for an empty text");
        }

        if (pieces is null)
        {
            return first;
        }

        return pieces.TrueForAll(p => p is ScalarNode) ? Join(pieces, start) : new ConcatenationNode(pieces, start);
    }

    private Node Piece(HoconPath path, int depth)
    {
        var origin = Place;
        switch (Here)
        {
            case '{':
                var fields = new ObjectNode(origin);
                Step();
                Members(fields, path, origin, isBraced: true, depth);
                return fields;
            case '[':
                return Array(path, depth + 1);
            case '"':
                return Text(Quoted(), origin);
            case '$' when _at + 1 < _text.Length && _text[_at + 1] == '{':
                return Substitution();
            default:
                return Unquoted();
        }
    }

    private ArrayNode Array(HoconPath path, int depth)
    {
        CheckDepth(depth);
        var array = new ArrayNode(Place);
        Step();
        while (true)
        {
            SkipBlank();
            if (AtEnd)
            {
                throw Wrong($"the text ends inside the list opened at line {array.Origin.Line}, column {array.Origin.Column}; add the missing ']'");
            }

            if (Here == ']')
            {
                Step();
                return array;
            }

            if (Here == ',')
            {
                throw Wrong("a comma without an element before it; take it away");
            }

            var item = Value(path, depth);
            array.HasSubstitution |= Layering.HoldsSubstitution(item);
            array.Items.Add(item);
            Separator("list's element", ']');
        }
    }

    // ${path}, ${?path}, ${NAME[]}
    private SubstitutionNode Substitution()
    {
        var origin = Place;
        _at += 2;
        var optional = Here == '?';
        if (optional)
        {
            if (IsAkka)
            {
                throw new HoconException(HoconMistake.Syntax, origin, "${?…} is not known to this parser; resolve it before");
            }

            _at++;
        }

        SkipSpace();
        var path = PathElements(inSubstitution: true);
        var list = !IsAkka && _text.AsSpan(_at).StartsWith("[]", StringComparison.Ordinal);
        _at += list ? 2 : 0;
        SkipSpace();
        if (Here != '}')
        {
            throw Wrong($"{Shown} inside a substitution; expected '}}' behind its path");
        }

        _at++;
        return new SubstitutionNode(path, _includedAt, optional, list, origin);
    }

    private ScalarNode Unquoted()
    {
        var origin = Place;
        var from = _at;
        while (!AtEnd && !EndsUnquoted(Here) && !AtComment())
        {
            _at++;
        }

        if (_at > from)
        {
            var text = _text[from.._at];
            return new ScalarNode(new HoconScalar(text, KindOf(text), origin));
        }

        throw Here is ':' or '='
            ? new HoconException(HoconMistake.SeparatorInText, origin,
                $"'{Here}' inside a value without quotes; put the value in quotes, or a value is missing behind the key before")
            : Wrong($"{Shown} cannot stand in a text without quotes; put the value in quotes");
    }

    private string Quoted()
    {
        if (_text.AsSpan(_at).StartsWith("\"\"\"", StringComparison.Ordinal))
        {
            return TripleQuoted();
        }

        var opened = Place;
        _at++;
        var text = new StringBuilder();
        while (true)
        {
            if (AtEnd || Here == '\n')
            {
                throw Wrong(opened, "the quotes opened here are not closed on the same line; add '\"', or use \"\"\" for a text of several lines");
            }

            var c = _text[_at++];
            switch (c)
            {
                case '"':
                    return text.ToString();
                case '\\':
                    text.Append(Escape());
                    break;
                case < ' ' and not '\t' when !IsAkka:
                    _at--;
                    throw Wrong($"{Shown} inside quotes; write it as \\u{(int)c:x4}");
                default:
                    text.Append(c);
                    break;
            }
        }
    }

    private char Escape()
    {
        var c = Here;
        switch (c)
        {
            case '"' or '\\' or '/':
                break;
            case 'b':
                c = '\b';
                break;
            case 'f':
                c = '\f';
                break;
            case 'n':
                c = '\n';
                break;
            case 'r':
                c = '\r';
                break;
            case 't':
                c = '\t';
                break;
            case 'u' when _at + 4 < _text.Length && IsHex(_text.AsSpan(_at + 1, 4)):
                c = (char)Convert.ToInt32(_text.Substring(_at + 1, 4), 16);
                _at += 4;
                break;
            default:
                throw Wrong($"the backslash stands before {Shown}; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits");
        }

        _at++;
        return c;
    }

    private static bool IsHex(ReadOnlySpan<char> digits)
    {
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return true;
    }

    // """…""": as it stands; further quotes at the end belong to the text.
    private string TripleQuoted()
    {
        var opened = Place;
        var from = _at + 3;
        var close = _text.IndexOf("\"\"\"", from, StringComparison.Ordinal);
        if (close < 0)
        {
            throw Wrong(opened, "the \"\"\" opened here is never closed; add \"\"\"");
        }

        while (close + 3 < _text.Length && _text[close + 3] == '"')
        {
            close++;
        }

        while (_at < close + 3)
        {
            Step();
        }

        return _text[from..close];
    }

    private static ScalarNode Text(string text, HoconOrigin origin, bool isSpace = false) =>
        new(new HoconScalar(text, HoconScalarKind.String, origin), isSpace);

    private static ScalarNode Join(List<Node> pieces, HoconOrigin origin) =>
        Text(string.Concat(pieces.Select(p => ((ScalarNode)p).Value.Text)), origin);

    /// <summary>What an unquoted text is in JSON.</summary>
    public static HoconScalarKind KindOf(string text) => text switch
    {
        "true" or "false" => HoconScalarKind.Boolean,
        "null" => HoconScalarKind.Null,
        _ => IsNumber(text) ? HoconScalarKind.Number : HoconScalarKind.String,
    };

    // JSON: -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?   A '+' ends an unquoted text, so an exponent has none here.
    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        var rest = text.StartsWith("-") ? text[1..] : text;
        var digits = Digits(rest);
        if (digits == 0 || (digits > 1 && rest[0] == '0'))
        {
            return false;
        }

        rest = rest[digits..];
        if (rest.StartsWith("."))
        {
            var fraction = Digits(rest[1..]);
            if (fraction == 0)
            {
                return false;
            }

            rest = rest[(1 + fraction)..];
        }

        if (rest is ['e' or 'E', ..])
        {
            rest = rest[1..];
            rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
            return rest.Length > 0 && Digits(rest) == rest.Length;
        }

        return rest.IsEmpty;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var n = 0;
        while (n < text.Length && char.IsAsciiDigit(text[n]))
        {
            n++;
        }

        return n;
    }
}
