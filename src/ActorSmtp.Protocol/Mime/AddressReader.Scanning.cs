using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>From one special character to the next: words, quoted strings, comments, angle addresses. Each moves the position on.</summary>
internal sealed partial class AddressReader
{
    // A quoted string, an address literal, or a run of anything but specials. "@" and "." stand in the words as they came:
    // only the end of the entry tells a bare address from a name with an "@" in it.
    private void ReadWord()
    {
        if (_gap && _any)
        {
            _words.Append(' ');
        }
        _gap = false;
        _any = true;
        if (text[_position] == '"')
        {
            ReadQuoted();
            return;
        }
        if (text[_position] == '[')
        {
            var close = text.IndexOf(']', _position);
            if (close > 0)
            {
                _words.Append(text, _position, close + 1 - _position);
                _position = close + 1;
                return;
            }
            // No other "[" can be closed either: the rest is one word, so that each is not searched again.
            Guess("a '[' is never closed");
            _words.Append(text, _position, text.Length - _position);
            _position = text.Length;
            return;
        }
        var start = _position++;
        while (_position < text.Length && ",;:<(\" \t[".IndexOf(text[_position]) < 0)
        {
            _position++;
        }
        if (text[start] is ':' or '>')
        {
            Guess($"a '{text[start]}' stands where none may");
        }
        _sawAt |= text.AsSpan(start, _position - start).Contains('@');
        _words.Append(text, start, _position - start);
    }

    // Kept quoted in the words (with marks, unescaped later), since a local part and a name unquote differently.
    private void ReadQuoted()
    {
        var start = _position++;
        while (_position < text.Length && text[_position] != '"')
        {
            _position += text[_position] == '\\' ? 2 : 1;
        }
        if (_position >= text.Length)
        {
            Guess("a quotation mark is never closed");
            _words.Append(text, start, text.Length - start).Append('"');
            _position = text.Length;
            return;
        }
        _position++;
        _words.Append(text, start, _position - start);
    }

    private void ReadComment()
    {
        var start = _position + 1;
        var depth = 0;
        for (; _position < text.Length; _position++)
        {
            var c = text[_position];
            if (c == '\\')
            {
                _position++;
            }
            else if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && --depth == 0)
            {
                break;
            }
        }
        var end = Math.Min(_position, text.Length);
        if (depth > 0)
        {
            Guess("a comment is never closed");
        }
        _comment = Unescape(text.AsSpan(start, Math.Max(0, end - start)));
        _position = Math.Min(_position + 1, text.Length);
        _gap = true;
    }

    // angle-addr = "<" [obs-route] addr-spec ">"
    private void ReadAngle()
    {
        var name = _any ? TakeName() : null;
        var inner = new StringBuilder();
        var closed = false;
        while (_position < text.Length && !closed)
        {
            var c = text[_position];
            switch (c)
            {
                case '>':
                    closed = true;
                    _position++;
                    break;
                case '"':
                    ReadQuoted();
                    inner.Append(_words);
                    _words.Clear();
                    break;
                case '(':
                    ReadComment();
                    _comment = null;
                    break;
                case ' ' or '\t':
                    _position++;
                    break;
                case '<':
                    Guess("a '<' stands inside another");
                    _position++;
                    break;
                default:
                    inner.Append(c);
                    _position++;
                    break;
            }
        }
        if (!closed)
        {
            Guess("a '<' is never closed");
        }
        var address = WithoutRoute(inner.ToString());
        if (address.Length == 0)
        {
            Guess("nothing stands between '<' and '>'");
        }
        AddMailbox(name ?? NameFromComment(), address);
        _gap = false;
        SkipToNext();
    }

    // "<@a,@b:user@c>": the route is read and forgotten (RFC 5322 §4.4).
    private static string WithoutRoute(string address)
    {
        if (address.Length > 0 && address[0] == '@')
        {
            var colon = address.IndexOf(':');
            return colon > 0 ? address[(colon + 1)..] : address;
        }
        return address;
    }

    // After an angle address only comments may come before the comma. Other text is passed over, unless a "<" follows: then
    // a comma is missing, and the text is the next one's name.
    private void SkipToNext()
    {
        var start = _position;
        while (_position < text.Length && text[_position] is not (',' or ';'))
        {
            if (text[_position] == '(')
            {
                ReadComment();
                _comment = null;
                continue;
            }
            if (text[_position] == '<')
            {
                Guess("a comma is missing between two addresses");
                _words.Append(text.AsSpan(start, _position - start).Trim(" \t"));
                _any = _words.Length > 0;
                return;
            }
            if (text[_position] is not (' ' or '\t'))
            {
                Guess("text follows after the '>'");
            }
            _position++;
        }
    }
}
