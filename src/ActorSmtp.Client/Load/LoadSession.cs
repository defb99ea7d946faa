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
internal sealed partial class LoadSession(LoadGenerator generator) : IConnectionObserver
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
}
