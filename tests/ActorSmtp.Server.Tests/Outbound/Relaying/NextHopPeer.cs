using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>
/// Another mail server, in memory: takes what it is given, unless a test says what it answers. <c>""</c> for an answer: it says nothing; <c>"DROP"</c>: it resets the
/// connection; <c>"… CLOSE"</c>: it says that, and hangs up.
/// </summary>
internal sealed class NextHopPeer : IAcceptor
{
    private readonly Dictionary<string, Func<string, string?>> _answers = new(StringComparer.OrdinalIgnoreCase);
    private int _connections;
    private int _open;

    public NextHopPeer(ITransport transport, EndPoint at) => Listener = transport.Listen(new ListenOptions { EndPoint = at }, this);

    public IListener Listener { get; }

    /// <summary>What EHLO offers.</summary>
    public string[] Offers { get; set; } = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"];

    public TlsServerOptions? Tls { get; set; }

    /// <summary>TLS from the first byte.</summary>
    public bool TlsFirst { get; init; }

    /// <summary>Every line heard, its connection's number before it.</summary>
    public ConcurrentQueue<string> Heard { get; } = [];

    /// <summary>Contents, in order, the connection's number before each.</summary>
    public ConcurrentQueue<string> Contents { get; } = [];

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    public int MostOpen { get; private set; }

    /// <summary>The connections that are open, to be cut.</summary>
    public ConcurrentDictionary<int, IConnection> Standing { get; } = [];

    /// <summary>Answers a verb (or <c>GREETING</c>, <c>DOT</c>) so; null: as usual.</summary>
    public NextHopPeer On(string verb, Func<string, string?> answer)
    {
        _answers[verb] = answer;
        return this;
    }

    /// <inheritdoc cref="On(string, Func{string, string?})"/>
    public NextHopPeer On(string verb, string answer) => On(verb, _ => answer);

    /// <summary>These, one after the other, then as usual.</summary>
    public NextHopPeer OnInTurn(string verb, params string?[] answers)
    {
        var queue = new ConcurrentQueue<string?>(answers);
        return On(verb, _ => queue.TryDequeue(out var next) ? next : null);
    }

    /// <summary>Says something in a dialogue in which it has said nothing so far.</summary>
    public void Say(int number, string line)
    {
        var connection = Standing[number];
        lock (connection)
        {
            connection.Write(Encoding.UTF8.GetBytes(line + "\r\n"));
            connection.Flush();
        }
    }

    public int Times(string verb) => Heard.Count(h => h[(h.IndexOf(' ') + 1)..].StartsWith(verb, StringComparison.OrdinalIgnoreCase));

    public IEnumerable<string> Said(string verb) => Heard.Select(h => h[(h.IndexOf(' ') + 1)..]).Where(h => h.StartsWith(verb, StringComparison.OrdinalIgnoreCase));

    void IAcceptor.OnAccepted(IConnection connection)
    {
        var number = Interlocked.Increment(ref _connections);
        MostOpen = Math.Max(MostOpen, Interlocked.Increment(ref _open));
        Standing[number] = connection;
        var talk = new Talk(this, number, connection);
        connection.Observer = talk;
        if (TlsFirst)
        {
            connection.StartTls(Tls!);
        }
        else
        {
            talk.Greet();
        }
    }

    void IAcceptor.OnAcceptTrouble(AcceptTrouble why) => throw new InvalidOperationException(why.Detail);

    private string Answer(string verb, string line, string usual) => _answers.GetValueOrDefault(verb)?.Invoke(line) ?? usual;

    private sealed class Talk(NextHopPeer peer, int number, IConnection connection) : IConnectionObserver
    {
        private readonly StringBuilder _content = new();
        private readonly List<string> _recipients = [];
        private bool _inData;
        private int _chunk = -1;
        private bool _lastChunk;
        private bool _isGone;
        private bool _securing;

        public void Greet()
        {
            Say(peer.Answer("GREETING", $"{number}", "220 mx"));
            GoOn();
        }

        public void OnConnected(IConnection connection)
        {
        }

        public void OnSecured(IConnection connection)
        {
            if (peer.TlsFirst)
            {
                Greet();
            }
            else
            {
                _securing = false;
                connection.RequestInput();
            }
        }

        public void OnOutputDrained(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason)
        {
            Interlocked.Decrement(ref peer._open);
            peer.Standing.TryRemove(number, out _);
        }

        public void OnInput(IConnection connection)
        {
            while (!_isGone && Step(connection))
            {
            }

            GoOn();
        }

        private void GoOn()
        {
            if (!_isGone && !_securing)
            {
                lock (connection)
                {
                    connection.Flush();
                }

                connection.RequestInput();
            }
        }

        private bool Step(IConnection connection)
        {
            var input = connection.Input;
            if (_chunk >= 0)
            {
                if (input.Length < _chunk)
                {
                    return false;
                }

                _content.Append(Encoding.UTF8.GetString(input[.._chunk]));
                connection.Consume(_chunk);
                _chunk = -1;
                if (_lastChunk)
                {
                    Kept();
                }
                else
                {
                    Say("250 2.0.0 more");
                }

                return true;
            }

            var lf = input.IndexOf((byte)'\n');
            if (lf < 0)
            {
                return false;
            }

            var line = Encoding.UTF8.GetString(input[..(lf - 1)]);
            connection.Consume(lf + 1);
            if (!_inData)
            {
                peer.Heard.Enqueue($"{number} {line}");
                return On(line);
            }

            if (line == ".")
            {
                _inData = false;
                Kept();
            }
            else
            {
                _content.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
            }

            return true;
        }

        private void Kept()
        {
            peer.Contents.Enqueue($"{number} {_content}");
            _content.Clear();
            Say(peer.Answer("DOT", string.Join(' ', _recipients), "250 2.0.0 kept"));
            _recipients.Clear();
        }

        private bool On(string line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            var usual = verb switch
            {
                "EHLO" or "LHLO" => string.Join("\r\n", ((string[])["mx.test", .. peer.Offers]).Select((o, i) => $"250{(i == peer.Offers.Length ? ' ' : '-')}{o}")),
                "HELO" => "250 mx.test",
                "MAIL" or "RCPT" or "RSET" => "250 2.1.0 ok",
                "DATA" => _recipients.Count == 0 ? "503 5.5.1 no recipients" : "354 go on",
                "STARTTLS" when peer.Tls is not null => "220 go",
                "QUIT" => "221 bye CLOSE",
                _ => "500 what?",
            };
            if (verb == "BDAT")
            {
                var words = line.Split(' ');
                (_chunk, _lastChunk) = (int.Parse(words[1]), words.Length > 2);
                return true;
            }

            var answer = peer.Answer(verb, line, usual);
            if (verb == "RCPT" && answer.StartsWith('2'))
            {
                _recipients.Add(line[(line.IndexOf('<') + 1)..line.IndexOf('>')]);
            }

            if (verb == "RSET")
            {
                _recipients.Clear();
            }

            _inData = verb == "DATA" && answer.StartsWith('3');
            Say(answer);
            if (verb == "STARTTLS" && answer.StartsWith('2') && peer.Tls is { } tls)
            {
                connection.Flush();
                connection.StartTls(tls);
                _securing = true;
                return false;
            }

            return true;
        }

        private void Say(string answer)
        {
            if (answer == "DROP")
            {
                _isGone = true;
                connection.Abort();
                return;
            }

            var closes = answer.EndsWith(" CLOSE", StringComparison.Ordinal);
            if (answer.Length > 0)
            {
                connection.Write(Encoding.UTF8.GetBytes((closes ? answer[..^6] : answer) + "\r\n"));
            }

            if (closes)
            {
                _isGone = true;
                connection.Close();
            }
        }
    }
}
