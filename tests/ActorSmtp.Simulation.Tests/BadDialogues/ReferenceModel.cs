using System.Globalization;
using System.Text;
using ActorSmtp.Testing.Simulation.Mail;

namespace ActorSmtp.Simulation.Tests.BadDialogues;

/// <summary>
/// RFC 5321's state, written down once more and as plainly as it goes: walks through what a client said with what it was answered, and
/// says no where a server took what it must not take, said too much or too little, or lost the place where content ends. What may be
/// accepted is decided here; that something is refused is always allowed.
/// </summary>
internal sealed class ReferenceModel(byte[] said, bool submission)
{
    private const int LongestLine = 2048;

    private readonly string _said = Encoding.Latin1.GetString(said);
    private readonly Queue<string> _replies = new();
    private int _at;
    private string? _hello;
    private bool _user;
    private bool _mail;
    private bool _binary;
    private int _recipients;
    private int _chunks;
    private string _mechanism = "";
    private string _name = "";
    private bool _over;

    /// <summary>What came to pass, for the tally.</summary>
    public List<string> Met { get; } = [];

    /// <summary>Walks through a dialogue.</summary>
    /// <param name="replies">The last line of each reply, in order, the greeting left out.</param>
    /// <param name="closed">The server closed the connection.</param>
    /// <param name="cut">The connection was broken by the client: replies may be missing.</param>
    /// <exception cref="InvariantException">The server did wrong.</exception>
    public void Walk(IEnumerable<string> replies, bool closed, bool cut)
    {
        foreach (var reply in replies)
        {
            _replies.Enqueue(reply);
        }

        try
        {
            while (!_over && Step())
            {
            }
        }
        catch (InvalidOperationException) when (cut && _replies.Count == 0)
        {
            return;
        }
        catch (InvalidOperationException) when (_replies.Count == 0)
        {
            throw Wrong($"no reply for what stands at {_at}");
        }

        if (!_over && HasBadTail() && _replies.Count > 0)
        {
            Judge(Refusal(Next()), "a line with a bare control or too long, not ended yet, is taken");   // or the 421 that came before it
        }

        if (!_over && _replies.Count > 0 && _replies.Peek().StartsWith("421", StringComparison.Ordinal))
        {
            Take(_replies.Dequeue());                                                       // asynchronous: a deadline
        }

        Judge(_replies.Count == 0, $"{_replies.Count} replies too many, the first: {(_replies.Count > 0 ? _replies.Peek() : "")}");
        Judge(!closed || _over || cut, "the connection was closed without 221 or 421");
    }

    private bool Step()
    {
        var end = _said.IndexOf("\r\n", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var line = _said[_at..end];
        _at = end + 2;
        if (_mechanism.Length > 0)
        {
            return Sasl(line);
        }

        var bad = line.Length + 2 > LongestLine || line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0;
        var trimmed = line.TrimEnd(' ', '\t');
        var blank = trimmed.IndexOf(' ', StringComparison.Ordinal);
        var verb = (blank < 0 ? trimmed : trimmed[..blank]).ToUpperInvariant();
        var rest = blank < 0 ? "" : trimmed[(blank + 1)..].Trim(' ');
        if (bad)
        {
            Judge(Refusal(Next()), $"a line that is too long or holds a bare control is taken: {verb}");
            return true;
        }

        return verb switch
        {
            "EHLO" or "HELO" => Hello(verb, rest),
            "MAIL" => Mail(rest),
            "RCPT" => Rcpt(rest),
            "DATA" => Data(rest),
            "BDAT" => Bdat(rest),
            "AUTH" => Auth(rest),
            "RSET" => Simple(250, rest.Length == 0, Reset),
            "NOOP" => Simple(250, true, null),
            "QUIT" => Simple(221, rest.Length == 0, null),
            "VRFY" => Simple(252, rest.Length > 0, null),
            "HELP" => Simple(214, true, null),
            _ => Simple(0, false, null),
        };
    }

    private bool Hello(string verb, string rest)
    {
        var reply = Next();
        if (!Refusal(reply))
        {
            Judge(Code(reply) == 250 && rest.Length > 0, $"{verb} '{rest}' is answered by {reply}");
            _hello = verb;
            Reset();
        }

        return true;
    }

    private bool Mail(string rest)
    {
        var reply = Next();
        if (!Refusal(reply))
        {
            Judge(Code(reply) == 250, $"MAIL is answered by {reply}");
            Judge(_hello is not null, "MAIL is taken before EHLO");
            Judge(!_mail, "MAIL is taken within a transaction");
            Judge(!submission || _user, "MAIL is taken without a login");
            Judge(rest.StartsWith("FROM:", StringComparison.OrdinalIgnoreCase) && rest.Contains('<') && rest.Contains('>'), $"'{rest}' is taken for a sender");
            Reset();
            (_mail, _binary) = (true, rest.Contains("BODY=BINARYMIME", StringComparison.OrdinalIgnoreCase));
        }

        return true;
    }

    private bool Rcpt(string rest)
    {
        var reply = Next();
        if (!Refusal(reply))
        {
            Judge(Code(reply) is 250 or 251, $"RCPT is answered by {reply}");
            Judge(_mail, "RCPT is taken without MAIL");
            Judge(_chunks == 0, "RCPT is taken between chunks");
            var open = rest.IndexOf('<', StringComparison.Ordinal);
            var close = rest.LastIndexOf('>');
            Judge(rest.StartsWith("TO:", StringComparison.OrdinalIgnoreCase) && open >= 0 && close > open, $"'{rest}' is taken for a recipient");
            var path = rest[(open + 1)..close];
            var address = path.StartsWith('@') ? path[(path.IndexOf(':', StringComparison.Ordinal) + 1)..] : path;
            var isHere = address.Equals("postmaster", StringComparison.OrdinalIgnoreCase)
                || address[(address.LastIndexOf('@') + 1)..].ToUpperInvariant() is "MX.TEST" or "[127.0.0.1]";
            Judge(isHere, $"mail for {path} is taken");
            _recipients++;
        }

        return true;
    }

    private bool Data(string rest)
    {
        var reply = Next();
        if (Refusal(reply))
        {
            return true;
        }

        Judge(Code(reply) == 354 && rest.Length == 0, $"DATA '{rest}' is answered by {reply}");
        Judge(_mail && _recipients > 0, "DATA is taken without a recipient");
        Judge(!_binary && _chunks == 0, "DATA is taken where only BDAT may come");
        var end = ("\r\n" + _said[_at..]).IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            _at = _said.Length;
            return false;
        }

        var content = _said.Substring(_at, end);
        _at += end + 3;
        var verdict = Next();
        Met.Add(Refusal(verdict) ? "message refused" : "message accepted");
        var left = content.Replace("\r\n", "", StringComparison.Ordinal);
        Judge(Refusal(verdict) || (Code(verdict) == 250 && left.AsSpan().IndexOfAny('\r', '\n', '\0') < 0), "content with a bare control is accepted");
        Reset();
        return true;
    }

    private bool Bdat(string rest)
    {
        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isLast = words.Length == 2 && words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase);
        var isOne = words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out _) && (words.Length == 1 || isLast);
        if (!isOne || (_replies.Count > 1 && Code(_replies.Peek()) == 501))
        {
            Judge(Refusal(Next()), "a BDAT whose size cannot be read is taken");
            Judge(_over || (_replies.Count > 0 && Code(_replies.Peek()) == 421), "the server goes on behind a BDAT whose size it cannot know");
            return !_over && Refusal(Next());
        }

        var size = long.Parse(words[0], CultureInfo.InvariantCulture);
        if (size > _said.Length - _at)
        {
            _at = _said.Length;
            return false;
        }

        _at += (int)size;
        var reply = Next();
        var refused = Refusal(reply);
        if (!refused)
        {
            Judge(Code(reply) == 250 && _mail && _recipients > 0, $"a chunk without a recipient is answered by {reply}");
            _chunks++;
            Met.Add(isLast ? "message accepted" : "chunk");
        }

        if ((isLast || refused) && _mail && _recipients > 0)
        {
            Reset();                                             // RFC 3030 §2: after a chunk that failed the transaction has
        }

        return true;
    }

    private bool Auth(string rest)
    {
        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Exchange(words.Length > 0 ? words[0].ToUpperInvariant() : "", words.Length > 1 ? words[1] : null);
    }

    private bool Exchange(string mechanism, string? response)
    {
        var reply = Next();
        if (Refusal(reply))
        {
            return true;
        }

        Judge(_hello == "EHLO" && !_user && !_mail, "AUTH is taken out of order");
        Judge(mechanism is "PLAIN" or "LOGIN" or "SCRAM-SHA-256", $"AUTH {mechanism} is taken");
        _name = "";
        return Goes(mechanism, response, reply);
    }

    private bool Sasl(string line)
    {
        var mechanism = _mechanism;
        _mechanism = "";
        var reply = Next();
        return Refusal(reply) || Goes(mechanism, line, reply);
    }

    private bool Goes(string mechanism, string? response, string reply)
    {
        if (Code(reply) == 334)
        {
            _name = mechanism == "LOGIN" && response is not null && _name.Length == 0 ? Decoded(response) : _name;
            _mechanism = mechanism;
            return true;
        }

        Judge(Code(reply) == 235, $"AUTH is answered by {reply}");
        var text = response is null ? "" : Decoded(response);
        Judge(mechanism switch
        {
            "PLAIN" => text.EndsWith("\0box0\0secret", StringComparison.Ordinal),
            "LOGIN" => (_name, text) == ("box0", "secret"),
            _ => false,                                         // nobody here can make the proof
        }, $"somebody came in by {mechanism} with '{text}'");
        _user = true;
        Met.Add("login");
        return true;
    }

    private bool Simple(int code, bool may, Action? act)
    {
        var reply = Next();
        if (!Refusal(reply))
        {
            Judge(may && Code(reply) == code, $"answered by {reply}: {_said[..Math.Min(_at, _said.Length)].Split("\r\n")[^2]}");
            act?.Invoke();
        }

        return true;
    }

    private void Reset() => (_mail, _binary, _recipients, _chunks) = (false, false, 0, 0);

    private string Next() => Take(_replies.Dequeue());

    private string Take(string reply)
    {
        Judge(!reply.StartsWith("421 4.3.0", StringComparison.Ordinal), $"the session broke: {reply}");
        _over = Code(reply) is 421 or 221;
        return reply;
    }

    /// <summary>A line that is not ended and already known to be bad; a CR at its very end may still become CRLF.</summary>
    private bool HasBadTail()
    {
        var tail = _said[_at..];
        tail = tail.EndsWith('\r') ? tail[..^1] : tail;
        return tail.Length >= LongestLine - 1 || tail.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0;
    }

    private bool Refusal(string reply)
    {
        if (Code(reply) >= 400)
        {
            Met.Add("refusal");
            return true;
        }

        return false;
    }

    private static int Code(string reply) => int.Parse(reply.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Decoded(string base64)
    {
        var octets = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, octets, out var length) ? Encoding.UTF8.GetString(octets, 0, length) : "?";
    }

    private void Judge(bool right, string otherwise)
    {
        if (!right)
        {
            throw Wrong(otherwise);
        }
    }

    private static InvariantException Wrong(string what) => new(what);
}
