using System.Text;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;
using static ActorSmtp.Client.ClientMessages;

namespace ActorSmtp.Client;

/// <summary>
/// What stands between a connection and its client actor: cuts the server's replies, writes commands. It reads only when a reply is awaited
/// (<see cref="Next"/>), tells one reply at a time, and keeps the transcript, in which secrets are masked.
/// </summary>
internal sealed class ClientTalk(IActorRef client, ClientContext at) : IConnectionObserver
{
    private readonly ReplyParser _replies = new();
    private readonly long _began = at.Time.GetTimestamp();
    private IConnection? _connection;
    private volatile bool _reading;

    /// <summary>Set before <see cref="Connected"/> is told.</summary>
    public IConnection Connection => _connection!;

    public TlsFacts? Tls => _connection?.Tls;

    public bool IsSecure => _connection is { IsSecure: true };

    /// <summary>Whether the server said something nobody asked for: a reply too many, or words before the handshake.</summary>
    public bool HasUnreadInput => _connection is { } c && !_reading && !c.Input.IsEmpty;

    /// <summary>Says a command line. <paramref name="shown"/> is what the transcript shows in its place.</summary>
    public void Say(string line, string? shown = null)
    {
        Note(fromServer: false, shown ?? line);
        var output = _connection!.Output;
        Encoding.UTF8.GetBytes(line, output);
        _connection.Write("\r\n"u8);
    }

    /// <summary>Notes something that is not a line, such as how much content went.</summary>
    public void Note(bool fromServer, string text) =>
        at.Watch?.Invoke(new TranscriptLine(at.Time.GetElapsedTime(_began), fromServer, text));

    public void Flush() => _connection!.Flush();

    /// <summary>Sends what was said and asks for the next reply.</summary>
    public void Next()
    {
        if (TellIfThere())
        {
            return;
        }

        _connection!.Flush();
        if (!_reading)
        {
            _reading = true;
            _connection.RequestInput();
        }
    }

    public void StartTls(TlsClientOptions options)
    {
        _replies.Reset();
        _connection!.StartTls(options);
    }

    public void Close() => _connection?.Close(linger: false);

    public void Abort() => _connection?.Abort();

    void IConnectionObserver.OnConnected(IConnection connection)
    {
        _connection = connection;
        client.Tell(Connected.Instance, ActorRefs.NoSender);
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        _reading = false;
        if (!TellIfThere())
        {
            _reading = true;
            connection.RequestInput();
        }
    }

    void IConnectionObserver.OnSecured(IConnection connection) => client.Tell(Secured.Instance, ActorRefs.NoSender);

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason) =>
        client.Tell(new Lost(reason, connection.CloseDetail), ActorRefs.NoSender);

    void IConnectionObserver.OnOutputDrained(IConnection connection) => client.Tell(Drained.Instance, ActorRefs.NoSender);

    /// <summary>Tells the actor about one whole reply, if there is one and nobody else owns the input.</summary>
    private bool TellIfThere()
    {
        if (_reading)
        {
            return false;
        }

        var status = _replies.Next(_connection!.Input, out var consumed, out var reply);
        _connection.Consume(consumed);
        switch (status)
        {
            case ReplyStatus.Reply:
                foreach (var line in reply!.ToString().Split('\n'))
                {
                    Note(fromServer: true, line);
                }

                client.Tell(new Heard(reply), ActorRefs.NoSender);
                return true;

            case ReplyStatus.Broken:
                client.Tell(new Garbled(_replies.Problem ?? "no SMTP reply"), ActorRefs.NoSender);
                return true;

            default:
                return false;
        }
    }
}
