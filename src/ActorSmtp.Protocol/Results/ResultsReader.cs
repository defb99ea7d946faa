using System.Text;

namespace ActorSmtp.Protocol.Results;

/// <summary>The tokens of Authentication-Results (RFC 8601 §2.2): white space, folds and nested comments may stand between any two. Linear, no recursion.</summary>
internal sealed class ResultsReader(string text)
{
    private int _at;

    /// <summary>Nothing is left but white space and comments.</summary>
    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _at == text.Length;
        }
    }

    /// <summary>What may stand in a value without quotes: a token, and the characters of addresses.</summary>
    public static bool IsValueCharacter(char c) => IsTokenCharacter(c) || c is '@' or '/' or ':';

    /// <summary>The character, if it comes next.</summary>
    public bool Take(char c)
    {
        SkipBlanks();
        if (_at == text.Length || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Keyword: letters, digits, hyphens; null where none comes next.</summary>
    public string? TakeToken()
    {
        SkipBlanks();
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '-' or '_'))
        {
            _at++;
        }

        return _at == start ? null : text[start.._at];
    }

    /// <summary>value = token / quoted-string.</summary>
    public string? TakeValue()
    {
        SkipBlanks();
        return _at < text.Length && text[_at] == '"' ? TakeQuoted() : TakeRun();
    }

    /// <summary>pvalue = value / [ [ local-part ] "@" ] domain-name; the local part may be quoted.</summary>
    public string? TakePropertyValue()
    {
        if (TakeValue() is not { } value)
        {
            return null;
        }

        // "ann smith"@example.com
        return text[_at - 1] == '"' && _at < text.Length && text[_at] == '@' ? value + TakeRun() : value;
    }

    /// <summary>The version behind the server's name; null: none is said.</summary>
    public string? TakeVersion()
    {
        SkipBlanks();
        var start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        return _at == start ? null : text[start.._at];
    }

    private static bool IsTokenCharacter(char c) => c is > ' ' and not ('\x7F' or '(' or ')' or '<' or '>' or '@' or ',' or ';' or ':' or '\\' or '"' or '/' or '[' or ']' or '?' or '=');

    /// <summary>A token as people write them in values: addresses and base64 too.</summary>
    private string? TakeRun()
    {
        var start = _at;
        while (_at < text.Length && (IsValueCharacter(text[_at]) || text[_at] is '=' or '+' or '[' or ']' or '<' or '>' or '?' or ','))
        {
            _at++;
        }

        return _at == start ? null : text[start.._at];
    }

    private string? TakeQuoted()
    {
        var value = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            switch (text[_at])
            {
                case '"':
                    _at++;
                    return value.ToString();
                case '\\' when _at + 1 < text.Length:
                    value.Append(text[++_at]);
                    break;
                case '\r' or '\n':
                    break;
                default:
                    value.Append(text[_at]);
                    break;
            }
        }

        return null;
    }

    /// <summary>[CFWS]; a comment that does not end goes to the end.</summary>
    private void SkipBlanks()
    {
        var depth = 0;
        for (; _at < text.Length; _at++)
        {
            switch (text[_at])
            {
                case '(':
                    depth++;
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case '\\' when depth > 0:
                    _at = Math.Min(_at + 1, text.Length - 1);
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    break;
                default:
                    if (depth == 0)
                    {
                        return;
                    }

                    break;
            }
        }
    }
}
