using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>One dialogue of a <see cref="TextbookServer"/>.</summary>
internal sealed partial class TextbookSession(IConnection connection, Sin sin, TlsServerOptions tls) : IConnectionObserver
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
    private bool _greets;

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

    public void Begin(bool tlsFirst)
    {
        connection.Observer = this;
        if (tlsFirst)
        {
            _greets = true;
            connection.StartTls(tls);
            return;
        }

        Greet();
    }

    private void Greet()
    {
        Say(Greeting, sin.Answer?.Invoke(this, Greeting) ?? "220 here.test ESMTP");
        connection.Flush();
        connection.RequestInput();
    }

    public void OnConnected(IConnection connection)
    {
    }

    public void OnSecured(IConnection connection)
    {
        if (_greets)
        {
            (Secure, _greets) = (true, false);
            Greet();
            return;
        }

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
}
