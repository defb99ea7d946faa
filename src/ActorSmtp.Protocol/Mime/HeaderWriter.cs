using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Writes header fields folded at 76 characters where they can be, never beyond 998 bytes a line (RFC 5322 §2.1.1), never
/// inside an encoded word, never leaving a line of blanks alone. With <c>utf8</c> (RFC 6532) text stays as it is, else it
/// becomes encoded words. Refuses control characters with a <see cref="ComposeException"/>: that is what stops injection.
/// </summary>
internal sealed class HeaderWriter(bool utf8)
{
    private const int FoldAt = 76;
    private const int MaxToken = 900;
    private const int MaxBlanks = 40;
    private readonly StringBuilder _text = new();
    private int _column;
    private bool _first;

    /// <summary>True when anything beyond ASCII was written.</summary>
    public bool WroteUtf8 { get; private set; }

    public override string ToString() => _text.ToString();

    /// <summary>A field of free text, e.g. a subject.</summary>
    public void Unstructured(string name, string value)
    {
        CheckText(name, value);
        Begin(name);
        if (NeedsWholeEncoding(value))
        {
            EncodedWords(" ", value);
            End();
            return;
        }
        var i = 0;
        while (i < value.Length)
        {
            var start = i;
            i = EndOfBlanks(value, start);
            var blanks = i == start ? " " : value[start..i];
            var word = i;
            i = EndOfWord(value, word);
            if (!NeedsEncoding(value.AsSpan(word, i - word)))
            {
                Token(value[word..i], blanks);
                continue;
            }
            // Neighbours that need encoding are taken together with the blanks between, which would else be lost.
            for (var next = EndOfBlanks(value, i); next < value.Length; next = EndOfBlanks(value, i))
            {
                var end = EndOfWord(value, next);
                if (!NeedsEncoding(value.AsSpan(next, end - next)))
                {
                    break;
                }
                i = end;
            }
            EncodedWords(blanks, value.AsSpan(word, i - word));
        }
        End();
    }

    /// <summary>A field of ready tokens with a blank between each two, e.g. message ids. Only ASCII.</summary>
    public void Tokens(string name, params IEnumerable<string> tokens)
    {
        Begin(name);
        foreach (var token in tokens)
        {
            CheckText(name, token);
            if (token.Length > MaxToken)
            {
                throw new ComposeException($"the header '{name}' has a word of more than {MaxToken} characters, which no line can hold");
            }
            Token(token);
        }
        End();
    }

    /// <summary>A field of addresses.</summary>
    public void Addresses(string name, IReadOnlyList<HeaderAddress> addresses)
    {
        Begin(name);
        for (var i = 0; i < addresses.Count; i++)
        {
            var after = i < addresses.Count - 1 ? "," : "";
            switch (addresses[i])
            {
                case MailboxAddress mailbox:
                    Mailbox(name, mailbox, after);
                    break;
                case GroupAddress group:
                    CheckText(name, group.Name);
                    Phrase(group.Name, group.Members.IsEmpty ? ":;" + after : ":");
                    for (var m = 0; m < group.Members.Length; m++)
                    {
                        Mailbox(name, group.Members[m], m < group.Members.Length - 1 ? "," : ";" + after);
                    }
                    break;
            }
        }
        End();
    }

    /// <summary>A field with a value and parameters, e.g. a content type. Long or non-ASCII values go by RFC 2231.</summary>
    public void WithParameters(string name, string value, params IEnumerable<(string Name, string Value)> parameters)
    {
        Begin(name);
        var tokens = new List<string> { value };
        foreach (var (key, given) in parameters)
        {
            CheckText(name, given);
            ParameterWriter.Write(key, given, tokens);
        }
        for (var i = 0; i < tokens.Count; i++)
        {
            Token(i < tokens.Count - 1 ? tokens[i] + ";" : tokens[i]);
        }
        End();
    }

    private void Mailbox(string field, MailboxAddress mailbox, string after)
    {
        if (AddressParser.WhatIsWrong(mailbox) is { } wrong)
        {
            throw new ComposeException($"'{MailboxAddress.Shown(mailbox.ToString())}' in {field} is not an address: {wrong}");
        }
        var address = utf8 ? mailbox.Address : AsciiAddress(mailbox);
        if (string.IsNullOrEmpty(mailbox.Name))
        {
            Token(address + after);
            return;
        }
        Phrase(mailbox.Name, "");
        Token($"<{address}>{after}");
    }

    private static string AsciiAddress(MailboxAddress mailbox)
    {
        if (!Mime.Tokens.IsAscii(mailbox.LocalPart))
        {
            throw new ComposeException($"the address '{MailboxAddress.Shown(mailbox.Address)}' needs SMTPUTF8, which may not be used here");
        }
        if (Mime.Tokens.IsAscii(mailbox.Domain))
        {
            return mailbox.Address;
        }
        try
        {
            return (mailbox with { Domain = new IdnMapping().GetAscii(mailbox.Domain) }).Address;
        }
        catch (ArgumentException)
        {
            throw new ComposeException($"'{MailboxAddress.Shown(mailbox.Domain)}' is not a domain");
        }
    }

    // phrase = 1*word: atoms, a quoted string, or encoded words (which may not stand inside quotes, RFC 2047 §5).
    private void Phrase(string name, string after)
    {
        var encoded = NeedsEncoding(name) || Encoding.UTF8.GetByteCount(name) > 200;
        if (encoded)
        {
            // RFC 2047 §5 (3): a blank between the last word and a special.
            EncodedWords(" ", name);
            if (after.Length > 0)
            {
                Token(after);
            }
            return;
        }
        var quoted = MailboxAddress.QuoteName(name);
        if (quoted[0] == '"')
        {
            Token(quoted + after);
            return;
        }
        var words = name.Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            Token(i < words.Length - 1 ? words[i] : words[i] + after);
        }
    }

    private void EncodedWords(string blanks, ReadOnlySpan<char> text)
    {
        var words = new EncodedWordWriter(text);
        while (!words.IsDone)
        {
            var room = FoldAt - _column - blanks.Length;
            if (room < EncodedWordWriter.MinLength + 8)
            {
                room = FoldAt - blanks.Length;
            }
            Token(words.Next(room), blanks, mayFoldFirst: true);
            blanks = " ";
        }
    }

    private void Begin(string name)
    {
        _text.Append(name).Append(':');
        _column = name.Length + 1;
        _first = true;
    }

    // The first token stays on the name's line (some readers want it there), unless it is an encoded word without room.
    private void Token(string token, string blanks = " ", bool mayFoldFirst = false)
    {
        var ascii = Mime.Tokens.IsAscii(token);
        WroteUtf8 |= !ascii;
        var length = ascii ? token.Length : Encoding.UTF8.GetByteCount(token);
        if (blanks.Length > 0 && _column + blanks.Length + length > FoldAt && (!_first || mayFoldFirst))
        {
            _text.Append("\r\n");
            _column = 0;
        }
        _text.Append(blanks).Append(token);
        _column += blanks.Length + length;
        _first = false;
    }

    private void End() => _text.Append("\r\n");

    private bool NeedsEncoding(ReadOnlySpan<char> word) =>
        word.Contains("=?", StringComparison.Ordinal)
        || Encoding.UTF8.GetByteCount(word) > MaxToken
        || (utf8 ? HasLoneSurrogate(word) : !Mime.Tokens.IsAscii(word));

    private bool NeedsWholeEncoding(string value)
    {
        if (value.Length == 0)
        {
            return false;
        }
        if (value[0] is ' ' or '\t' || value[^1] is ' ' or '\t')
        {
            return true;
        }
        for (var i = 0; i < value.Length; i++)
        {
            var end = EndOfBlanks(value, i);
            if (end - i > MaxBlanks)
            {
                return true;
            }
            i = Math.Max(i, end - 1);
        }
        return false;
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return true;
            }
            text = text[consumed..];
        }
        return false;
    }

    private static int EndOfBlanks(string value, int i)
    {
        while (i < value.Length && value[i] is ' ' or '\t')
        {
            i++;
        }
        return i;
    }

    private static int EndOfWord(string value, int i)
    {
        while (i < value.Length && value[i] is not (' ' or '\t'))
        {
            i++;
        }
        return i;
    }

    private static void CheckText(string name, string value)
    {
        if (Mime.Tokens.IndexOfControl(value) >= 0)
        {
            throw new ComposeException(
                $"the value for '{name}' has a line break or control character in it: '{MailboxAddress.Shown(value)}'");
        }
    }
}
