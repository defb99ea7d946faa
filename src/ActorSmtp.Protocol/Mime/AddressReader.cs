using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// One pass over an address list. Words are gathered until a special character says what they were: "&lt;" makes them a
/// name, "@" a local part, ":" a group's name. <see cref="Problem"/> keeps the first thing that had to be guessed.
/// </summary>
internal sealed partial class AddressReader(string text)
{
    private readonly List<HeaderAddress> _list = [];
    private readonly StringBuilder _words = new();
    private int _position;
    private int _entries;
    private bool _gap;
    private bool _any;
    private bool _sawAt;
    private string? _comment;
    private string? _groupName;
    private ImmutableArray<MailboxAddress>.Builder? _members;

    public string? Problem { get; private set; }

    public IReadOnlyList<HeaderAddress> ReadAll()
    {
        while (_position < text.Length && _entries < AddressParser.MaxAddresses)
        {
            switch (text[_position])
            {
                case ',':
                    _position++;
                    EndBare();
                    break;
                case ';':
                    _position++;
                    EndBare();
                    EndGroup(closed: true);
                    break;
                case ':' when _members is null && _any && !_sawAt:
                    _position++;
                    _groupName = TakeName();
                    _members = ImmutableArray.CreateBuilder<MailboxAddress>();
                    break;
                case '<':
                    _position++;
                    ReadAngle();
                    break;
                case '(':
                    ReadComment();
                    break;
                case ' ' or '\t':
                    _gap = true;
                    _position++;
                    break;
                default:
                    ReadWord();
                    break;
            }
        }
        EndBare();
        EndGroup(closed: false);
        return _list;
    }

    private void EndBare()
    {
        if (!_any)
        {
            _comment = null;
            _gap = false;
            return;
        }
        var words = _words.ToString();
        _words.Clear();
        _any = _sawAt = _gap = false;
        var at = LastUnquoted(words, '@');
        if (at < 0)
        {
            Guess($"'{MailboxAddress.Shown(words)}' has no '@' and domain");
            AddMailbox(NameFromComment(), words);
            return;
        }
        // "Ann ann@x": someone forgot the angle brackets.
        var blank = LastUnquoted(words.AsSpan(0, at), ' ');
        if (blank > 0 && words[blank - 1] != '.' && words[blank + 1] is not ('@' or '.'))
        {
            Guess("the address is not in angle brackets");
            AddMailbox(DecodeName(words[..blank]), words[(blank + 1)..]);
            return;
        }
        AddMailbox(NameFromComment(), words);
    }

    private void EndGroup(bool closed)
    {
        if (_members is null)
        {
            if (closed && _position < text.Length)
            {
                Guess("a ';' stands between addresses");
            }
            return;
        }
        if (!closed)
        {
            Guess("a group is not ended by ';'");
        }
        _entries++;
        _list.Add(new GroupAddress(_groupName ?? "", _members.ToImmutable()));
        _members = null;
        _groupName = null;
    }

    private void AddMailbox(string? name, string address)
    {
        var at = LastUnquoted(address, '@');
        var local = at < 0 ? address : address[..at];
        var domain = at < 0 ? "" : address[(at + 1)..].Replace(" ", "").TrimEnd('.');
        if (local.Contains(' ') && !local.Contains('"') || (at >= 0 && address.AsSpan(at).Contains(' ')))
        {
            Guess("a blank stands inside the address");
        }
        var mailbox = new MailboxAddress(string.IsNullOrWhiteSpace(name) ? null : name, PlainLocal(local), domain);
        _entries++;
        _comment = null;
        if (_members is not null)
        {
            _members.Add(mailbox);
        }
        else
        {
            _list.Add(mailbox);
        }
    }

    // local-part = dot-atom / quoted-string / obs-local-part; blanks around the dots go, quotes are undone.
    private string PlainLocal(string local)
    {
        if (!local.Contains('"'))
        {
            var plain = local.Contains(' ') ? local.Replace(" ", "") : local;
            if (!Tokens.IsDotAtom(plain))
            {
                Guess($"'{MailboxAddress.Shown(local)}' cannot stand before an '@'");
            }
            return plain;
        }
        var result = new StringBuilder(local.Length);
        var quoted = false;
        for (var i = 0; i < local.Length; i++)
        {
            var c = local[i];
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (quoted && c == '\\' && i + 1 < local.Length)
            {
                result.Append(local[++i]);
            }
            else if (quoted || c != ' ')
            {
                result.Append(c);
            }
        }
        return result.ToString();
    }

    private string TakeName()
    {
        var words = _words.ToString();
        _words.Clear();
        _any = _sawAt = _gap = false;
        return DecodeName(words);
    }

    private static string DecodeName(string words) => EncodedWords.Decode(words.Contains('"') ? Unquote(words) : words).Trim();

    private string? NameFromComment() => _comment is { Length: > 0 } comment ? EncodedWords.Decode(comment).Trim() : null;

    private static string Unquote(string words)
    {
        var result = new StringBuilder(words.Length);
        var quoted = false;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == '"')
            {
                quoted = !quoted;
            }
            else if (quoted && words[i] == '\\' && i + 1 < words.Length)
            {
                result.Append(words[++i]);
            }
            else
            {
                result.Append(words[i]);
            }
        }
        return result.ToString();
    }

    private static string Unescape(ReadOnlySpan<char> comment)
    {
        if (comment.IndexOf('\\') < 0)
        {
            return comment.ToString();
        }
        var result = new StringBuilder(comment.Length);
        for (var i = 0; i < comment.Length; i++)
        {
            if (comment[i] == '\\' && i + 1 < comment.Length)
            {
                i++;
            }
            result.Append(comment[i]);
        }
        return result.ToString();
    }

    private static int LastUnquoted(ReadOnlySpan<char> words, char wanted)
    {
        var last = -1;
        var quoted = false;
        for (var i = 0; i < words.Length; i++)
        {
            switch (words[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case var c when c == wanted && !quoted:
                    last = i;
                    break;
            }
        }
        return last;
    }

    private void Guess(string problem) => Problem ??= problem;
}
