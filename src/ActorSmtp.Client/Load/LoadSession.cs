using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Load;

/// <summary>What a session waits for: the client's side of RFC 5321's diagram.</summary>
internal enum LoadStep
{
    Idle,
    Connect,
    Greeting,
    Ehlo,
    StartTls,
    Tls,
    Mail,
    Rcpt,
    Data,
    Message,
    Ready,      // between two messages, waiting for its turn
    Quit,
    Broken,     // failed, waiting for the connection's end
}

/// <summary>
/// One of a load's sessions: sends the script's octets, reads replies where they lie, allocates nothing per message. Everything happens
/// with the generator's lock held, mostly on the transport's one thread.
/// </summary>
internal sealed class LoadSession(LoadGenerator generator) : IConnectionObserver
{
    private const int LongestLine = 4096;
    private const int Piece = 64 * 1024;    // what the transport sends without waiting for more

    private static readonly string[] Names = [.. Enum.GetNames<LoadStep>().Select(n => n.ToLowerInvariant())];

    private readonly LoadPlan _plan = generator.Plan;
    private readonly LoadScript _script = generator.Script;
    private IConnection? _connection;
    private LoadStep _step;
    private Offers _offered;
    private long _number;       // of the message under way
    private int _recipients;    // not yet answered
    private int _sent;          // of the body
    private bool _hasMessage;   // begun and neither acknowledged nor failed
    private string? _failure;   // why we end the connection ourselves

    [Flags]
    private enum Offers
    {
        None = 0,
        Pipelining = 1,
        Chunking = 2,
        StartTls = 4,
    }

    public bool IsOpen => _step != LoadStep.Idle;

    /// <summary>When the message under way began, or was due.</summary>
    public long Began { get; private set; }

    /// <summary>Since when a reply is awaited.</summary>
    public long Waiting { get; private set; }

    public bool AwaitsReply => _step is not (LoadStep.Idle or LoadStep.Ready);

    private bool IsGrouped => _plan.Pipelining || _plan.Chunking;

    /// <summary>Begins message <paramref name="number"/>, on the open connection or on a new one.</summary>
    public void Begin(long number, long began)
    {
        _number = number;
        _hasMessage = true;
        Began = began;
        if (_step == LoadStep.Ready)
        {
            SendEnvelope();
            _connection!.RequestInput();
            return;
        }

        _offered = Offers.None;
        _failure = null;
        Await(LoadStep.Connect);
        generator.Transport.Connect(new ConnectOptions { EndPoint = _plan.Server, Timeout = _plan.ReplyTimeout, WriteStallTimeout = _plan.ReplyTimeout }, this);
    }

    /// <summary>No more messages for this one: ends its session in good order.</summary>
    public void Leave()
    {
        if (_step == LoadStep.Ready)
        {
            SayGoodbye();
            _connection!.RequestInput();
        }
    }

    /// <summary>Ends what takes too long.</summary>
    public void GiveUp(string why)
    {
        _failure ??= why;
        _connection?.Abort();
    }

    public void OnConnected(IConnection connection)
    {
        lock (generator.Gate)
        {
            _connection = connection;
            if (_plan.Tls == ClientTls.Implicit)
            {
                Await(LoadStep.Tls);
                connection.StartTls(generator.TlsOptions);
                return;
            }

            Await(LoadStep.Greeting);
            connection.RequestInput();
        }
    }

    public void OnSecured(IConnection connection)
    {
        lock (generator.Gate)
        {
            if (_plan.Tls == ClientTls.Implicit)
            {
                Await(LoadStep.Greeting);
            }
            else
            {
                Say(LoadStep.Ehlo, LoadScript.Hello);
            }

            connection.RequestInput();
        }
    }

    public void OnInput(IConnection connection)
    {
        lock (generator.Gate)
        {
            var input = connection.Input;
            var used = 0;
            while (true)
            {
                var length = input[used..].IndexOf((byte)'\n');
                if (length < 0)
                {
                    if (input.Length - used > LongestLine)
                    {
                        Fail(0, "", "a reply line without an end");
                        return;
                    }

                    break;
                }

                var line = input.Slice(used, length);
                used += length + 1;
                if (!OnLine(line))
                {
                    return;     // closing, or the input is TLS's now
                }
            }

            connection.Consume(used);
            if (_step != LoadStep.Ready)
            {
                connection.RequestInput();
            }
        }
    }

    public void OnOutputDrained(IConnection connection)
    {
        lock (generator.Gate)
        {
            if (_sent < _script.Body.Length && _step != LoadStep.Broken)
            {
                SendBody();
            }
        }
    }

    public void OnClosed(IConnection connection, CloseReason reason)
    {
        lock (generator.Gate)
        {
            if (_hasMessage)
            {
                Count(0, reason.ToString(), _failure ?? connection.CloseDetail ?? Describe(reason));
            }

            var failed = _step != LoadStep.Quit;
            _connection = null;
            _step = LoadStep.Idle;
            _sent = _script.Body.Length;
            generator.OnEnded(this, failed);
        }
    }

    /// <summary>One line of a reply. False if the connection's input is ours no longer.</summary>
    private bool OnLine(ReadOnlySpan<byte> line)
    {
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return Fail(0, "", "a line that is no reply: " + Shown(line));
        }

        if (_step == LoadStep.Ehlo)
        {
            Note(line[Math.Min(4, line.Length)..]);
        }

        if (line.Length > 3 && line[3] == '-')
        {
            return true;
        }

        var right = _step == LoadStep.Data ? line[0] == '3' : line[0] == '2';
        if (!right && _step != LoadStep.Quit)
        {
            var text = Shown(line);
            var code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0';
            return Fail(code, text.Split(' ', 3) is [_, var second, ..] && second.Contains('.', StringComparison.Ordinal) ? second : "", text);
        }

        return OnReply();
    }

    private bool OnReply()
    {
        switch (_step)
        {
            case LoadStep.Greeting:
                Say(LoadStep.Ehlo, LoadScript.Hello);
                return true;

            case LoadStep.Ehlo:
                return AfterHello();

            case LoadStep.StartTls:
                Await(LoadStep.Tls);
                _connection!.StartTls(generator.TlsOptions);
                return false;

            case LoadStep.Mail:
                Await(LoadStep.Rcpt);
                if (!IsGrouped)
                {
                    SayRcpt(0);
                }

                return true;

            case LoadStep.Rcpt:
                if (--_recipients > 0)
                {
                    if (!IsGrouped)
                    {
                        SayRcpt(_plan.Recipients - _recipients);
                    }

                    return true;
                }

                Await(_plan.Chunking ? LoadStep.Message : LoadStep.Data);
                if (!IsGrouped)
                {
                    Say(LoadStep.Data, LoadScript.Data);
                }

                return true;

            case LoadStep.Data:
                Await(LoadStep.Message);
                _sent = 0;
                SendBody();
                return true;

            case LoadStep.Message when _sent < _script.Body.Length:
                return Fail(0, "early", "a reply to the message before its end");

            case LoadStep.Message:
                _hasMessage = false;
                AfterMessage(generator.OnAccepted(this));
                return true;

            case LoadStep.Quit:
                _connection!.Close(linger: false);
                return false;

            default:
                return Fail(0, "unasked", "a reply to nothing");
        }
    }

    private bool AfterHello()
    {
        if (_plan.Tls == ClientTls.StartTls && !_connection!.IsSecure)
        {
            if ((_offered & Offers.StartTls) == 0)
            {
                return Lacks("STARTTLS");
            }

            _offered = Offers.None;
            Say(LoadStep.StartTls, LoadScript.StartTls);
            return true;
        }

        if (_plan.Pipelining && (_offered & Offers.Pipelining) == 0)
        {
            return Lacks("PIPELINING");
        }

        if (_plan.Chunking && (_offered & Offers.Chunking) == 0)
        {
            return Lacks("CHUNKING");
        }

        SendEnvelope();
        return true;
    }

    private bool Lacks(string extension)
    {
        var why = $"the server does not offer {extension}";
        generator.OnHopeless(why);
        return Fail(0, "offer", why);
    }

    private void AfterMessage(bool more)
    {
        if (!more || _plan.Reconnect)
        {
            SayGoodbye();
            return;
        }

        _step = LoadStep.Ready;
        generator.OnReady(this);
    }

    /// <summary>Called by the generator out of <see cref="LoadGenerator.OnReady"/>: the next message at once, the input still being ours.</summary>
    public void GoOn(long number, long began)
    {
        _number = number;
        _hasMessage = true;
        Began = began;
        SendEnvelope();
    }

    private void SayGoodbye() => Say(LoadStep.Quit, LoadScript.Quit);

    private void SendEnvelope()
    {
        _recipients = _plan.Recipients;
        Await(LoadStep.Mail);
        _connection!.Write(_script.Mail(_number));
        if (IsGrouped)
        {
            for (var i = 0; i < _plan.Recipients; i++)
            {
                _connection.Write(_script.Rcpt((_number * _plan.Recipients) + i));
            }

            if (_plan.Chunking)
            {
                _sent = 0;
                SendBody();
                return;
            }

            _connection.Write(LoadScript.Data);
        }

        _connection.Flush();
    }

    /// <summary>As much of the message as the kernel takes; the rest when there is room again.</summary>
    private void SendBody()
    {
        var body = _script.Body;
        while (_sent < body.Length && !_connection!.OutputPending)
        {
            var piece = Math.Min(Piece, body.Length - _sent);
            _connection.Write(body.AsSpan(_sent, piece));
            _sent += piece;
            if (_sent == body.Length)
            {
                _connection.Flush();
            }
        }
    }

    private void SayRcpt(int index) => Say(LoadStep.Rcpt, _script.Rcpt((_number * _plan.Recipients) + index));

    private void Say(LoadStep next, ReadOnlySpan<byte> command)
    {
        Await(next);
        _connection!.Write(command);
        _connection.Flush();
    }

    private void Await(LoadStep next)
    {
        _step = next;
        Waiting = generator.Now;
    }

    private void Note(ReadOnlySpan<byte> extension)
    {
        var end = extension.IndexOf((byte)' ');
        var keyword = end < 0 ? extension : extension[..end];
        _offered |= Ascii.EqualsIgnoreCase(keyword, "PIPELINING"u8) ? Offers.Pipelining
            : Ascii.EqualsIgnoreCase(keyword, "CHUNKING"u8) ? Offers.Chunking
            : Ascii.EqualsIgnoreCase(keyword, "STARTTLS"u8) ? Offers.StartTls : Offers.None;
    }

    /// <summary>The message has failed; the connection is of no more use. Answers false.</summary>
    private bool Fail(int code, string detail, string example)
    {
        Count(code, detail, example);
        _step = LoadStep.Broken;
        _connection!.Abort();
        return false;
    }

    private void Count(int code, string detail, string example)
    {
        if (_hasMessage)
        {
            _hasMessage = false;
            generator.OnFailed(Names[(int)_step], code, detail, example);
        }
    }

    private static string Describe(CloseReason reason) => reason switch
    {
        CloseReason.PeerClosed => "closed by the server",
        CloseReason.Reset => "reset by the server",
        CloseReason.Refused => "connection refused",
        CloseReason.ConnectTimedOut => "no answer to the connection",
        CloseReason.TlsFailed => "the TLS handshake failed",
        _ => reason.ToString(),
    };

    private static string Shown(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line[..Math.Min(line.Length, 200)]);
        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= ' ' and < '\x7f' ? from[i] : '?';
            }
        });
    }
}
