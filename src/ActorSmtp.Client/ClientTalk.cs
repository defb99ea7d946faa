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
/// <remarks>
/// Hand-over: while <c>_asked</c> is set the input and the parser are the I/O thread's, which clears it before it tells what it found;
/// otherwise they are the actor's.
/// </remarks>
internal sealed class ClientTalk(IActorRef client, ClientContext at) : IConnectionObserver
{
    private readonly ReplyParser _replies = new();
    private readonly long _began = at.Time.GetTimestamp();
    private volatile IConnection? _connection;
    private volatile bool _over;
    private volatile bool _inBody;
    private int _asked;

    /// <summary>Set before <see cref="Connected"/> is told.</summary>
    public IConnection Connection => _connection!;

    public TlsFacts? Tls => _connection?.Tls;

    public bool IsSecure => _connection is { IsSecure: true };

    /// <summary>Whether the server said something nobody asked for: a reply too many, or words before the handshake.</summary>
    public bool HasUnreadInput => _connection is { } c && Volatile.Read(ref _asked) == 0 && !c.Input.IsEmpty;

    /// <summary>Content is on its way, its end is not: a reply read now is one that came too early.</summary>
    public bool InBody
    {
        set => _inBody = value;
    }

    /// <summary>Says a command line. <paramref name="shown"/> is what the transcript shows in its place.</summary>
    public void Say(string line, string? shown = null)
    {
        Note(fromServer: false, shown ?? line);
        var output = _connection!.Output;
        Encoding.UTF8.GetBytes(line, output);
        _connection.Write("\r\n"u8);
    }

    /// <summary>Notes something for the transcript; called in the actor's turn only.</summary>
    public void Note(bool fromServer, string text) =>
        at.Watch?.Invoke(new TranscriptLine(at.Time.GetElapsedTime(_began), fromServer, text));

    /// <summary>Notes a reply, line by line as it came.</summary>
    public void Note(ServerReply reply)
    {
        if (at.Watch is null)
        {
            return;
        }

        for (var i = 0; i < reply.Lines.Length; i++)
        {
            var sign = i < reply.Lines.Length - 1 ? '-' : ' ';
            Note(fromServer: true, reply.Enhanced is { } e ? $"{reply.Code}{sign}{e} {reply.Lines[i]}" : $"{reply.Code}{sign}{reply.Lines[i]}");
        }
    }

    public void Flush() => _connection!.Flush();

    /// <summary>Sends what was said and asks for the next reply, unless one is asked for already.</summary>
    public void Next()
    {
        if (Interlocked.Exchange(ref _asked, 1) == 1)
        {
            _connection!.Flush();
            return;
        }

        if (TellIfThere())
        {
            return;
        }

        _connection!.Flush();
        _connection.RequestInput();
    }

    public void StartTls(TlsClientOptions options)
    {
        _replies.Reset();
        _connection!.StartTls(options);
    }

    /// <summary>Ends in good order: what was said still goes out.</summary>
    public void Close()
    {
        _over = true;
        _connection?.Close(linger: false);
    }

    /// <summary>Ends at once, unless it has ended; also a connection that only now comes to stand.</summary>
    public void Abort()
    {
        if (!_over)
        {
            _over = true;
            Interlocked.MemoryBarrier();
            _connection?.Abort();
        }
    }

    void IConnectionObserver.OnConnected(IConnection connection)
    {
        _connection = connection;
        Interlocked.MemoryBarrier();
        if (_over)
        {
            connection.Abort();
            return;
        }

        client.Tell(Connected.Instance, ActorRefs.NoSender);
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        if (!TellIfThere())
        {
            connection.RequestInput();
        }
    }

    void IConnectionObserver.OnSecured(IConnection connection) => client.Tell(Secured.Instance, ActorRefs.NoSender);

    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason) =>
        client.Tell(new Lost(reason, connection.CloseDetail), ActorRefs.NoSender);

    void IConnectionObserver.OnOutputDrained(IConnection connection) => client.Tell(Drained.Instance, ActorRefs.NoSender);

    /// <summary>Tells the actor about one whole reply, if there is one, and gives the input back with it.</summary>
    private bool TellIfThere()
    {
        var connection = _connection!;
        var status = _replies.Next(connection.Input, out var consumed, out var reply);
        connection.Consume(consumed);
        object? found = status switch
        {
            ReplyStatus.Reply => new Heard(reply!, _inBody),
            ReplyStatus.Broken => new Garbled(_replies.Problem ?? "no SMTP reply"),
            _ => null,
        };
        if (found is null)
        {
            return false;
        }

        Volatile.Write(ref _asked, 0);
        client.Tell(found, ActorRefs.NoSender);
        return true;
    }
}
