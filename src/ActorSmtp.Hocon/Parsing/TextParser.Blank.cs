namespace ActorSmtp.Hocon.Parsing;

/// <content>White space, comments, and the count of lines.</content>
internal sealed partial class TextParser
{
    private void Step()
    {
        if (_text[_at++] == '\n')
        {
            _line++;
            _lineStart = _at;
        }
    }

    /// <summary>Over white space within the line.</summary>
    private void SkipSpace()
    {
        while (!AtEnd && IsSpace(Here))
        {
            _at++;
        }
    }

    /// <summary>Over white space, new lines and comments.</summary>
    private void SkipBlank()
    {
        while (!AtEnd)
        {
            if (Here == '\n' || IsSpace(Here))
            {
                Step();
            }
            else if (AtComment())
            {
                var end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private bool AtComment() => Here == '#' || (Here == '/' && _at + 1 < _text.Length && _text[_at + 1] == '/');

    /// <summary>White space of the specification but for the new line: Unicode's separators, tab, and the ASCII ones.</summary>
    private static bool IsSpace(char c) =>
        c is ' ' or '\t' or '\r' or '\v' or '\f' or '\uFEFF' or (>= '\x1c' and <= '\x1f') ||
        (c > '\x7f' && char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.SpaceSeparator
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);

    /// <summary>Signs which end an unquoted text: white space, the signs of the grammar, and those kept back for its future.</summary>
    private bool EndsUnquoted(char c) => c switch
    {
        '+' => !IsAkka,
        '$' or '"' or '{' or '}' or '[' or ']' or ':' or '=' or ',' or '#' or '`' or '^' or '?' or '!' or '@' or '*' or '&' or '\\' => true,
        '\n' => true,
        _ => IsSpace(c),
    };
}
