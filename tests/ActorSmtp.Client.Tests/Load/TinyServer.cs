using System.Net;
using System.Text;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Load;

/// <summary>The least that answers a load: a reply for each line, chosen by its first letter; allocates nothing per message.</summary>
internal sealed class TinyServer : IAcceptor, IAsyncDisposable
{
    private readonly ITransport _transport = Transports.Create(new TransportOptions { Spin = TimeSpan.Zero });
    private readonly IListener _listener;

    public TinyServer()
    {
        Reply('E', "250-tiny\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
        Reply('M', "250 sender\r\n");
        Reply('R', "250 recipient\r\n");
        Reply('D', "354 go on\r\n");
        Reply('.', "250 kept\r\n");
        Reply('Q', "221 bye\r\n");
        _listener = _transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, this);
    }

    public EndPoint EndPoint => _listener.LocalEndPoint;

    /// <summary>Line by line what the first connection said.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Messages ended by a dot.</summary>
    public int Messages { get; private set; }

    /// <summary>Whether commands are noted in <see cref="Heard"/>.</summary>
    public bool Listens { get; init; }

    private byte[][] Replies { get; } = new byte[128][];

    public void Reply(char first, string reply) => Replies[first] = Encoding.ASCII.GetBytes(reply);

    public void OnAccepted(IConnection connection)
    {
        Connections++;
        connection.Observer = new Peer(this);
        connection.Write("220 tiny\r\n"u8);
        connection.Flush();
        connection.RequestInput();
    }

    public void OnAcceptTrouble(AcceptTrouble why)
    {
    }

    public async ValueTask DisposeAsync() => await _transport.DisposeAsync();

    private sealed class Peer(TinyServer server) : IConnectionObserver
    {
        private bool _inMessage;

        public void OnConnected(IConnection connection)
        {
        }

        public void OnSecured(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason)
        {
        }

        public void OnOutputDrained(IConnection connection)
        {
        }

        public void OnInput(IConnection connection)
        {
            var quits = false;
            int end;
            while (!quits && (end = connection.Input.IndexOf((byte)'\n')) >= 0)
            {
                var line = connection.Input[..(end + 1)];
                var first = line[0];
                if (_inMessage && !line.SequenceEqual(".\r\n"u8))
                {
                    connection.Consume(end + 1);
                    continue;
                }

                if (server.Listens)
                {
                    server.Heard.Add(Encoding.ASCII.GetString(line).TrimEnd());
                }

                server.Messages += _inMessage ? 1 : 0;
                var reply = server.Replies[first] ?? [];
                _inMessage = first == (byte)'D' && reply.Length > 0 && reply[0] == (byte)'3';
                quits = first == (byte)'Q';
                connection.Consume(end + 1);
                connection.Write(reply);
            }

            connection.Flush();
            if (quits)
            {
                connection.Close(linger: false);
                return;
            }

            connection.RequestInput();
        }
    }
}
