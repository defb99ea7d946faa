using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>What a server does otherwise than the book says; each member is one way of doing wrong. None: the book.</summary>
internal sealed record Sin
{
    /// <summary>Another reply to a line (empty: none at all); null: the book's. The greeting is <c>&lt;greeting></c>, the end of a message <c>.</c>, a chunk's <c>chunk</c> or <c>last chunk</c>.</summary>
    public Func<TextbookSession, string, string?>? Answer { get; init; }

    /// <summary>The book's reply to a line, in other words.</summary>
    public Func<string, string, string>? Reword { get; init; }

    /// <summary>Takes what arrives for something else.</summary>
    public Func<string, string>? Hear { get; init; }

    /// <summary>Keeps clear text behind STARTTLS for later.</summary>
    public bool KeepsClearText { get; init; }

    /// <summary>Says 220 to STARTTLS and goes on in clear text.</summary>
    public bool NeverSecures { get; init; }

    /// <summary>Hangs up after a reply that says no.</summary>
    public bool HangsUp { get; init; }

    /// <summary>Lets a transaction live through the handshake.</summary>
    public bool Remembers { get; init; }

    /// <summary>Says something in the midst of a message.</summary>
    public bool Chatters { get; init; }

    /// <summary>A connection has ended.</summary>
    public Action<TextbookSession>? Lost { get; init; }
}

/// <summary>
/// A small server, written from the RFCs and not from ours, that passes every clause of the check; with a <see cref="Sin"/> it breaks one. Takes mail for
/// <c>ann@here.test</c> and postmaster, and bob may log in.
/// </summary>
internal sealed class TextbookServer : IAcceptor, IAsyncDisposable
{
    public const string Ann = "ann@here.test";
    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);
    private readonly Sin _sin;
    private readonly IListener _listener;

    public TextbookServer(Sin? sin = null)
    {
        _sin = sin ?? new Sin();
        _listener = Transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25) }, this);
    }

    public MemoryTransport Transport { get; } = new(new MemoryNetwork());

    public EndPoint EndPoint => _listener.LocalEndPoint;

    public void OnAccepted(IConnection connection) => new TextbookSession(connection, _sin, TlsServerOptions.For(Certificate.Value)).Begin();

    public void OnAcceptTrouble(AcceptTrouble why)
    {
    }

    public async ValueTask DisposeAsync() => await Transport.DisposeAsync();

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=here.test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
    }
}

/// <summary>One dialogue of a <see cref="TextbookServer"/>.</summary>
internal sealed class TextbookSession(IConnection connection, Sin sin, TlsServerOptions tls) : IConnectionObserver
{
    public const string Greeting = "<greeting>";
    private const int MaxRecipients = 120;
    private const int MaxSize = 200_000;
    private const int MaxLine = 2048;
    private const int MaxUnread = 65536;
    private string _unread = "";
    private string _content = "";
    private Mode _mode;
    private int _chunk;
    private bool _last;
    private string? _name;              // LOGIN has asked for the password
    private bool _over;

    private enum Mode
    {
        Commands,
        Content,
        Chunk,
        Plain,
        Login,
        Securing,
    }

    public bool Hello { get; set; }

    public bool Secure { get; private set; }

    public bool LoggedIn { get; private set; }

    /// <summary>A transaction has begun.</summary>
    public bool Mail { get; set; }

    public bool Binary { get; set; }

    public bool Utf8 { get; set; }

    public int Recipients { get; set; }

    /// <summary>Chunks of the message so far; 0 none.</summary>
    public int Chunks { get; set; }

    public void Begin()
    {
        connection.Observer = this;
        Say(Greeting, sin.Answer?.Invoke(this, Greeting) ?? "220 here.test ESMTP");
        connection.Flush();
        connection.RequestInput();
    }

    public void OnConnected(IConnection connection)
    {
    }

    public void OnSecured(IConnection connection)
    {
        (Secure, Hello, _mode) = (true, false, Mode.Commands);
        if (!sin.Remembers)
        {
            Reset();
        }

        GoOn();
    }

    public void OnInput(IConnection connection)
    {
        var arrived = Encoding.Latin1.GetString(connection.Input);
        connection.Consume(arrived.Length);
        _unread += sin.Hear?.Invoke(arrived) ?? arrived;
        GoOn();
    }

    public void OnClosed(IConnection connection, CloseReason reason) => sin.Lost?.Invoke(this);

    public void OnOutputDrained(IConnection connection)
    {
    }

    /// <summary>For sins that count.</summary>
    public int Tally { get; set; }

    /// <summary>More has arrived than was answered.</summary>
    public bool HasMore => _unread.Length > 0;

    public void HangUp() => _over = true;

    public void Reset() => (Mail, Binary, Utf8, Recipients, Chunks, _content) = (false, false, false, 0, 0, "");

    private void GoOn()
    {
        while (!_over && _mode != Mode.Securing && (_mode switch { Mode.Content => TakeContent(), Mode.Chunk => TakeChunk(), _ => TakeLine() }))
        {
        }

        if (_mode == Mode.Securing)
        {
            connection.Flush();
            connection.StartTls(tls);
            return;
        }

        connection.Flush();
        if (_over)
        {
            connection.Close();
        }
        else
        {
            connection.RequestInput();
        }
    }

    private bool TakeLine()
    {
        var end = _unread.IndexOf("\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            if (_unread.Length > MaxUnread)
            {
                Say("…", "421 4.7.0 no end in sight");
                _over = true;
            }

            return false;
        }

        var line = _unread[..end];
        _unread = _unread[(end + 2)..];
        var reply = sin.Answer?.Invoke(this, line) ?? (_mode == Mode.Commands ? Obey(line) : Respond(line));
        Say(line, reply);
        return true;
    }

    private bool TakeContent()
    {
        var all = "\r\n" + _content + _unread;
        var end = all.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            (_content, _unread) = (all[2..], "");
            Say("…", sin.Chatters ? "250 2.0.0 go on" : "");
            return false;
        }

        _mode = Mode.Commands;
        _unread = all[(end + 5)..];
        var octets = all[..end];
        Reset();
        Say(".", sin.Answer?.Invoke(this, ".") ?? Verdict(octets));
        return true;
    }

    private bool TakeChunk()
    {
        var now = Math.Min(_chunk, _unread.Length);
        _unread = _unread[now..];
        _chunk -= now;
        if (_chunk > 0)
        {
            return false;
        }

        _mode = Mode.Commands;
        var reply = sin.Answer?.Invoke(this, _last ? "last chunk" : "chunk");
        if (!Mail || Recipients == 0)
        {
            Say("BDAT", reply ?? "503 5.5.1 order");
            return true;
        }

        Chunks++;
        if (_last)
        {
            Reset();
        }

        Say("BDAT", reply ?? "250 2.0.0 taken");
        return true;
    }

    private void Say(string line, string reply)
    {
        reply = sin.Reword?.Invoke(line, reply) ?? reply;
        if (reply.Length > 0)
        {
            connection.Write(Encoding.Latin1.GetBytes(reply.EndsWith('\n') ? reply : reply + "\r\n"));
            _over |= sin.HangsUp && reply[0] is '4' or '5';
        }
    }

    private string Obey(string line)
    {
        if (line.Length > MaxLine)
        {
            return "500 5.5.6 too long";
        }

        if (line.Any(c => c is '\r' or '\n' or '\0'))
        {
            return "500 5.5.2 bare controls";
        }

        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        var (verb, rest) = blank < 0 ? (line, "") : (line[..blank], line[(blank + 1)..]);
        switch (verb.ToUpperInvariant())
        {
            case "EHLO" when rest.Length == 0:
                return "501 5.5.4 whose?";
            case "EHLO":
                (Hello, _) = (true, 0);
                Reset();
                return Offer();
            case "HELO":
                Hello = true;
                Reset();
                return "250 here.test";
            case "MAIL":
                return OnMail(rest);
            case "RCPT":
                return OnRcpt(rest);
            case "DATA" or "RSET" or "QUIT" or "STARTTLS" when rest.Length > 0:
                return "501 5.5.4 no arguments";
            case "DATA" when !Mail || Recipients == 0 || Binary || Chunks > 0:
                return "503 5.5.1 order";
            case "DATA":
                _mode = Mode.Content;
                return "354 go on";
            case "BDAT":
                return OnBdat(rest);
            case "RSET":
                Reset();
                return "250 2.0.0 reset";
            case "NOOP":
                return "250 2.0.0 nothing";
            case "HELP":
                return "214-2.0.0 see\r\n214 2.0.0 RFC 5321";
            case "VRFY":
                return "252 2.0.0 maybe";
            case "EXPN":
                return "250 2.0.0 <ann@here.test>";
            case "QUIT":
                _over = true;
                return "221 2.0.0 bye";
            case "AUTH":
                return OnAuth(rest);
            case "STARTTLS" when Secure:
                return "503 5.5.1 already";
            case "STARTTLS" when _unread.Length > 0 && !sin.KeepsClearText && !sin.NeverSecures:
                _over = true;
                return "501 5.5.4 nothing may follow";
            case "STARTTLS":
                _mode = sin.NeverSecures ? Mode.Commands : Mode.Securing;
                return "220 2.0.0 go";
            default:
                return "500 5.5.2 what?";
        }
    }

    private string Offer() => "250-here.test\r\n250-PIPELINING\r\n" + string.Create(CultureInfo.InvariantCulture, $"250-SIZE {MaxSize}\r\n")
        + "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-EXPN\r\n"
        + (Secure ? "250-AUTH PLAIN LOGIN\r\n" : "250-STARTTLS\r\n") + "250 HELP";

    private string OnMail(string rest)
    {
        if (Mail)
        {
            return "503 5.5.1 order";
        }

        if (!rest.StartsWith("FROM:<", StringComparison.OrdinalIgnoreCase) || Path(rest[5..], out var parameters) is not { } path)
        {
            return "501 5.5.4 path";
        }

        var (size, body, utf8, ret, envid) = (false, "", false, false, false);
        foreach (var parameter in parameters)
        {
            var (name, value) = parameter.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (parameter[..at].ToUpperInvariant(), parameter[(at + 1)..]) : (parameter.ToUpperInvariant(), (string?)null);
            switch (name)
            {
                case "SIZE" when value is { Length: > 0 and <= 20 } && value.All(char.IsAsciiDigit) && !size:
                    size = true;
                    if (decimal.Parse(value, CultureInfo.InvariantCulture) > MaxSize)
                    {
                        return "552 5.3.4 too large";
                    }

                    break;
                case "BODY" when value?.ToUpperInvariant() is "7BIT" or "8BITMIME" or "BINARYMIME" && body.Length == 0:
                    body = value.ToUpperInvariant();
                    break;
                case "SMTPUTF8" when value is null:
                    utf8 = true;
                    break;
                case "RET" when value is "HDRS" or "FULL" && !ret:
                    ret = true;
                    break;
                case "ENVID" when value is { Length: > 0 } && !envid && IsXText(value):
                    envid = true;
                    break;
                case "AUTH" when value is not null:
                    break;
                case "SIZE" or "BODY" or "SMTPUTF8" or "RET" or "ENVID":
                    return "501 5.5.4 parameter";
                default:
                    return "555 5.5.4 parameter";
            }
        }

        if (path.Any(c => c > 127) && (!utf8 || !IsUtf8(path)))
        {
            return utf8 ? "501 5.5.4 no UTF-8" : "550 5.6.7 needs SMTPUTF8";
        }

        (Mail, Binary, Utf8) = (true, body == "BINARYMIME", utf8);
        return "250 2.1.0 sender";
    }

    private string OnRcpt(string rest)
    {
        if (!Mail || Chunks > 0)
        {
            return "503 5.5.1 order";
        }

        if (!rest.StartsWith("TO:<", StringComparison.OrdinalIgnoreCase) || Path(rest[3..], out var parameters) is not { Length: > 0 } path)
        {
            return "501 5.5.4 path";
        }

        var (notify, orcpt) = (false, false);
        foreach (var parameter in parameters)
        {
            var (name, value) = parameter.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (parameter[..at].ToUpperInvariant(), parameter[(at + 1)..]) : (parameter.ToUpperInvariant(), "");
            var words = value.Split(',');
            switch (name)
            {
                case "NOTIFY" when !notify && (value == "NEVER" || words.All(w => w is "SUCCESS" or "FAILURE" or "DELAY")):
                    notify = true;
                    break;
                case "ORCPT" when !orcpt && value.Contains(';', StringComparison.Ordinal) && IsXText(value):
                    orcpt = true;
                    break;
                case "NOTIFY" or "ORCPT":
                    return "501 5.5.4 parameter";
                default:
                    return "555 5.5.4 parameter";
            }
        }

        var address = path.StartsWith('@') && path.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? path[(colon + 1)..] : path;
        if (address is not TextbookServer.Ann && !address.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
        {
            return "550 5.1.1 nobody here";
        }

        if (Recipients == MaxRecipients)
        {
            return "452 4.5.3 too many";
        }

        Recipients++;
        return "250 2.1.5 recipient";
    }

    private string OnBdat(string rest)
    {
        var words = rest.Split(' ');
        if (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || words.Length > 2
            || (words.Length == 2 && !words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase)))
        {
            _over = true;
            return "501 5.5.4 size";
        }

        (_chunk, _last, _mode) = (size, words.Length == 2, Mode.Chunk);
        return "";
    }

    private string OnAuth(string rest)
    {
        var words = rest.Split(' ');
        if (Mail || LoggedIn || !Secure)
        {
            return "503 5.5.1 order";
        }

        switch (words[0].ToUpperInvariant())
        {
            case "PLAIN" when words.Length == 2:
                _mode = Mode.Plain;
                return Respond(words[1]);
            case "PLAIN":
                _mode = Mode.Plain;
                return "334 ";
            case "LOGIN":
                (_mode, _name) = (Mode.Login, null);
                return "334 VXNlcm5hbWU6";
            default:
                return "504 5.5.4 mechanism";
        }
    }

    private string Respond(string line)
    {
        var mode = _mode;
        _mode = Mode.Commands;
        if (line == "*")
        {
            return "501 5.7.0 cancelled";
        }

        if (line.Length > 12288)
        {
            return "500 5.5.6 too long";
        }

        var octets = new byte[line.Length];
        if (line.Any(char.IsWhiteSpace) || !Convert.TryFromBase64String(line, octets, out var length))
        {
            return "501 5.5.2 no base64";
        }

        var text = Encoding.UTF8.GetString(octets, 0, length);
        if (mode == Mode.Login && _name is null)
        {
            (_name, _mode) = (text, Mode.Login);
            return "334 UGFzc3dvcmQ6";
        }

        LoggedIn = mode == Mode.Login ? (_name, text) == ("bob", "secret") : text == "\0bob\0secret";
        return LoggedIn ? "235 2.7.0 welcome" : "535 5.7.8 no";
    }

    private string Verdict(string content) => content.Length > MaxSize ? "552 5.3.4 too large"
        : content.Replace("\r\n", "", StringComparison.Ordinal).Any(c => c is '\r' or '\n' or '\0') ? "550 5.6.0 bare controls"
        : content.Length == 0 ? "554 5.6.0 empty" : "250 2.0.0 kept";

    /// <summary>What stands between the brackets, and what behind them; null where it is no path.</summary>
    private static string? Path(string text, out string[] parameters)
    {
        parameters = [];
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            if (quoted && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (text[i] == '>' && !quoted)
            {
                parameters = text[(i + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return text[1..i];
            }
        }

        return null;
    }

    private static bool IsXText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '+' && (i + 2 >= text.Length || !"0123456789ABCDEF".Contains(text[i + 1]) || !"0123456789ABCDEF".Contains(text[i + 2])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUtf8(string latin1) => System.Text.Unicode.Utf8.IsValid(Encoding.Latin1.GetBytes(latin1));
}
