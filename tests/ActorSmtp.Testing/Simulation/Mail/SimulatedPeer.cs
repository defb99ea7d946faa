using System.Net;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>One connection of a client: sends, reads replies, and may be cut at a chosen byte. All waiting is virtual.</summary>
internal sealed class SimulatedPeer : IConnectionObserver
{
    private readonly MailWorld _world;
    private readonly List<byte> _unread = [];
    private IConnection _connection = null!;
    private TaskCompletionSource? _waiter;
    private bool _asked;
    private bool _connected;
    private long _sent;

    public SimulatedPeer(MailWorld world, string name)
    {
        _world = world;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Why the connection ended; null while it has not.</summary>
    public CloseReason? Closed { get; private set; }

    /// <summary>After so many octets the connection breaks.</summary>
    public long CutAfter { get; init; } = long.MaxValue;

    /// <summary>How the break looks: our reset, our end, or the network's.</summary>
    public int CutKind { get; init; }

    /// <summary>How long it waits before each time it reads.</summary>
    public Func<TimeSpan> ReadDelay { get; init; } = () => TimeSpan.Zero;

    /// <summary>Octets handed to the connection.</summary>
    public long Sent => _sent;

    /// <summary>Whether what was sent waits for room on the way.</summary>
    public bool OutputPending => _connection.OutputPending;

    /// <summary>What it waits for, for the report of one that waits in vain.</summary>
    public string? WaitsFor { get; private set; }

    public long WaitsSince { get; private set; }

    /// <exception cref="ConnectionLostException">Nobody answered.</exception>
    public async Task ConnectAsync(EndPoint server)
    {
        _world.Network.Connect(server, this);
        while (!_connected)
        {
            ThrowIfClosed();
            await Change();
        }
    }

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    /// <exception cref="ConnectionLostException">The connection has ended, or ends by this.</exception>
    public void Send(ReadOnlySpan<byte> octets)
    {
        ThrowIfClosed();
        var take = (int)Math.Min(octets.Length, CutAfter - _sent);
        _connection.Write(octets[..take]);
        _connection.Flush();
        _sent += take;
        if (_sent >= CutAfter)
        {
            _world.Simulation.Note($"{Name} breaks off after {_sent} octets");
            switch (CutKind)
            {
                case 0:
                    _connection.Abort();
                    break;
                case 1:
                    _connection.Close();
                    break;
                default:
                    _world.Network.Cut(_connection.LocalEndPoint!);
                    break;
            }

            throw new ConnectionLostException("it broke off itself");
        }
    }

    /// <summary>The next reply, all its lines; null at the end of the connection.</summary>
    public async Task<string[]?> ReadReplyAsync(string waitsFor)
    {
        var lines = new List<string>();
        (WaitsFor, WaitsSince) = (waitsFor, _world.Simulation.Now);
        while (true)
        {
            if (TakeLine() is { } line)
            {
                Require(line.Length >= 4 && char.IsAsciiDigit(line[0]) && line[3] is ' ' or '-', $"no reply: '{line}'");
                lines.Add(line);
                if (line[3] == ' ')
                {
                    WaitsFor = null;
                    _world.Simulation.Note($"{Name} hears {line}");
                    return [.. lines];
                }

                continue;
            }

            if (Closed is not null)
            {
                Require(Closed != CloseReason.PeerClosed || (lines.Count == 0 && _unread.Count == 0), "the server closed in the middle of a reply");
                WaitsFor = null;
                return null;
            }

            if (!_asked)
            {
                if (ReadDelay() is { Ticks: > 0 } delay)
                {
                    await Task.Delay(delay, _world.Simulation.Outside.Time);
                    if (Closed is not null || _asked)
                    {
                        continue;
                    }
                }

                _asked = true;
                _connection.RequestInput();
            }

            await Change();
        }
    }

    /// <summary>Waits for the connection's end, whatever comes before is unexpected.</summary>
    public async Task ExpectEndAsync()
    {
        var more = await ReadReplyAsync("the end");
        Require(more is null, $"said after its last reply: {more?[0]}");
    }

    public void Abort() => _connection?.Abort();

    void IConnectionObserver.OnConnected(IConnection connection)
    {
        _connection = connection;
        _connected = true;
        Changed();
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        _asked = false;
        _unread.AddRange(connection.Input);
        connection.Consume(connection.Input.Length);
        Changed();
    }

    void IConnectionObserver.OnSecured(IConnection connection)
    {
    }

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        Closed = reason;
        Changed();
    }

    void IConnectionObserver.OnOutputDrained(IConnection connection)
    {
    }

    /// <summary>Something of this connection has changed.</summary>
    public Task Change() => (_waiter ??= new TaskCompletionSource()).Task;

    private void Changed()
    {
        var waiter = _waiter;
        _waiter = null;
        waiter?.SetResult();
    }

    private string? TakeLine()
    {
        var lf = _unread.IndexOf((byte)'\n');
        if (lf < 0)
        {
            return null;
        }

        Require(lf > 0 && _unread[lf - 1] == '\r', "a line ends in a bare LF");
        var line = Encoding.UTF8.GetString([.. _unread[..(lf - 1)]]);
        _unread.RemoveRange(0, lf + 1);
        return line;
    }

    private void ThrowIfClosed()
    {
        if (Closed is { } reason)
        {
            throw new ConnectionLostException(reason.ToString());
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException($"{Name}: {what}");
        }
    }
}

/// <summary>The connection is gone; the client gives up on this dialogue.</summary>
internal sealed class ConnectionLostException(string why) : Exception(why);
