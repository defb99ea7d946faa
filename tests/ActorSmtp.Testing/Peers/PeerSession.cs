using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Peers;

/// <summary>One connection of a <see cref="BadPeer"/>: what is to be done, one thing after the other, then the next command. The commands are in the other file.</summary>
internal sealed partial class PeerSession : IConnectionObserver
{
    private const int MostOctets = 16 << 20;                            // nobody may take more than that of one reply

    private static readonly byte[] _lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("250-and yet another line\r\n", 150)));
    private static readonly byte[] _line = Encoding.ASCII.GetBytes(new string('x', 4000));

    private readonly Lock _lock = new();
    private readonly BadPeer _peer;
    private readonly IConnection _connection;
    private readonly int _number;
    private readonly LinkedList<PeerAction> _todo = new();
    private readonly Dictionary<PeerPoint, int> _times = [];
    private readonly MemoryStream _unread = new();
    private ITimer? _timer;
    private PeerPoint _at;
    private string _good = "";
    private Action? _then;
    private long _endless;
    private bool _waits;
    private bool _secures;
    private bool _asked;
    private bool _hangs;
    private bool _deaf;
    private bool _over;

    public PeerSession(BadPeer peer, IConnection connection, int number)
    {
        (_peer, _connection, _number) = (peer, connection, number);
        connection.Observer = this;
    }

    public void Begin()
    {
        lock (_lock)
        {
            Meet(PeerPoint.Connect, "");
            _then = _peer.BeginsWithTls ? () => Meet(PeerPoint.Handshake, "", Greet) : Greet;
            Go();
        }
    }

    void IConnectionObserver.OnConnected(IConnection connection)
    {
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        lock (_lock)
        {
            _asked = false;
            if (!_hangs)
            {
                _unread.Write(connection.Input);
            }

            connection.Consume(connection.Input.Length);
            Go();
        }
    }

    void IConnectionObserver.OnSecured(IConnection connection)
    {
        lock (_lock)
        {
            _waits = _secures = false;
            Go();
        }
    }

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        lock (_lock)
        {
            _over = true;
            _timer?.Dispose();
            _peer.Note(_number, '-', Encoding.ASCII.GetBytes(reason.ToString()));
        }

        _peer.Closed();
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
        lock (_lock)
        {
            if (_waits && _todo.First?.Value is PeerAction.Endless)
            {
                _waits = false;
                Go();
            }
        }
    }

    /// <summary>A point is reached: what is written for it is to be done, or what a good server says.</summary>
    /// <returns>The code that will be said; null: none.</returns>
    private int? Meet(PeerPoint point, string good, Action? then = null)
    {
        var time = _times[point] = _times.GetValueOrDefault(point) + 1;
        (_at, _good, _then) = (point, good, then);
        var actions = _peer.Script.At(point, time) ?? [new PeerAction.Good()];
        foreach (var action in actions)
        {
            _todo.AddLast(action);
        }

        return actions.Select(a => a is PeerAction.Good && good.Length > 3 ? int.Parse(good[..3]) : a.Code).FirstOrDefault(c => c is not null);
    }

    private void Go()
    {
        while (!_over && !_waits)
        {
            if (_todo.First?.Value is { } action)
            {
                _todo.RemoveFirst();
                Do(action);
            }
            else if (_then is { } then && !_hangs)
            {
                _then = null;
                then();
            }
            else if (_hangs || !TakeNext())
            {
                break;
            }
        }

        if (!_over && !_secures)
        {
            _connection.Flush();
            Ask();
        }
    }

    /// <summary>Reads on, also while it waits: else it would not hear that the client is gone.</summary>
    private void Ask()
    {
        if (!_asked && !_deaf)
        {
            _asked = true;
            _connection.RequestInput();
        }
    }

    private void Do(PeerAction action)
    {
        switch (action)
        {
            case PeerAction.Good when _at == PeerPoint.Handshake:
                Do(new PeerAction.Handshake("good"));
                break;

            case PeerAction.Good:
                Do(new PeerAction.Say(Encoding.ASCII.GetBytes(_good), TimeSpan.Zero));
                break;

            case PeerAction.Say { Octets.Length: > 0 } said:
                Say(said);
                break;

            case PeerAction.Endless endless:
                SayOn(endless);
                break;

            case PeerAction.Wait wait:
                _connection.Flush();
                WaitFor(wait.Time);
                break;

            case PeerAction.Hang:
                _hangs = true;
                _todo.Clear();
                break;

            case PeerAction.Deaf:
                _deaf = _hangs = true;
                _todo.Clear();
                break;

            case PeerAction.Lose:
                _unread.SetLength(0);
                break;

            case PeerAction.Take:
                Take();
                break;

            case PeerAction.Drop:
                _over = true;
                _connection.Close(linger: false);
                break;

            case PeerAction.Reset:
                _over = true;
                _connection.Flush();
                _connection.Abort();
                break;

            case PeerAction.Handshake handshake:
                _connection.Flush();
                _unread.SetLength(0);
                _waits = _secures = true;
                _connection.StartTls(PeerCertificates.For(handshake.Certificate, _peer.Name));
                break;

            default:
                break;
        }
    }

    /// <summary>Octets of a reply. A positive one to the end of a message is a promise.</summary>
    private void Say(PeerAction.Say said)
    {
        if (_at == PeerPoint.Dot && !said.GoesOn && said.Octets[0] == '2')
        {
            Take();
        }

        var now = said.Each > TimeSpan.Zero ? said.Octets.AsSpan(0, 1) : said.Octets;
        _peer.Says(_number, now);
        _connection.Write(now);
        if (said.Octets.Length > now.Length)
        {
            _connection.Flush();
            _todo.AddFirst(said with { Octets = said.Octets[1..], GoesOn = true });
            WaitFor(said.Each);
        }
    }

    private void SayOn(PeerAction.Endless endless)
    {
        var block = endless.InLines ? _lines : _line;
        _connection.Write(block);
        _connection.Flush();
        _peer.Says(_number, block);
        _endless += block.Length;
        if (_endless > MostOctets)
        {
            _peer.Complaints.Enqueue($"the client took more than {MostOctets} octets of one reply");
            Do(new PeerAction.Reset());
            return;
        }

        _todo.AddFirst(endless);
        if (_connection.OutputPending)
        {
            _waits = true;                                              // until it has drained
        }
        else
        {
            WaitFor(TimeSpan.FromMilliseconds(1));
        }
    }

    private void WaitFor(TimeSpan time)
    {
        _waits = true;
        _timer?.Dispose();
        _timer = _peer.Time.CreateTimer(_ => Waited(), null, time, Timeout.InfiniteTimeSpan);
    }

    private void Waited()
    {
        lock (_lock)
        {
            _waits = false;
            Go();
        }
    }
}
