using System.Collections.Concurrent;
using System.Text;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What a peer costs in memory that asks without end and reads nothing.</summary>
public sealed class NeverReaderTests
{
    /// <summary>A block of what it sent, and the answers that were not taken.</summary>
    private const int Most = (16 + 8) << 10;

    [Theory]
    [InlineData("EHLO flood.test\r\n")]                                         // its answers are longer than itself
    [InlineData("HELP\r\n")]
    [InlineData("NOOP\r\n")]
    [InlineData("RCPT TO:<nobody@mx.test>\r\n")]
    public async Task It_costs_a_small_block_and_a_few_answers_and_all_of_them_come_when_it_reads(string command)
    {
        await using var transport = new AcceptedTransport(new MemoryTransport());
        await using var server = await TestMailServer.StartAsync(transport, sets: ["limits.junk-commands=1000000", "limits.errors-per-session=10000", "limits.errors-before-delay=10000"]);
        const int Commands = 9000;
        var peer = new Silent();
        transport.Connect(new ConnectOptions { EndPoint = server.EndPoint, OutputLimit = 64 << 20 }, peer);
        await Until(() => peer.Connection is not null, "no connection");

        peer.Connection!.Write(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Commands)) + "QUIT\r\n"));
        peer.Connection.Flush();

        await Until(() => transport.Accepted.Count == 1, "nobody is accepted");
        Assert.True(transport.Accepted.TryPeek(out var ours));
        await Until(() => ours.OutputPending, "the answers are taken");
        await Until(() => ((StreamConnection)ours).HeldBytes <= Most, $"{((StreamConnection)ours).HeldBytes} bytes are held");
        peer.Read();
        await Until(() => peer.IsClosed, "it does not end");
        Assert.EndsWith("221 2.0.0 Bye\r\n", peer.Heard, StringComparison.Ordinal);
        Assert.Equal(Commands + 2, peer.Heard.Split("\r\n").Count(l => l.Length > 3 && l[3] == ' '));
    }

    /// <summary>Reads nothing until it is told to, and then everything.</summary>
    private sealed class Silent : IConnectionObserver
    {
        private readonly StringBuilder _heard = new();
        private volatile bool _isClosed;

        public IConnection? Connection { get; private set; }

        public bool IsClosed => _isClosed;

        public string Heard => _heard.ToString();

        public void Read() => Connection!.RequestInput();

        public void OnConnected(IConnection connection) => Connection = connection;

        public void OnInput(IConnection connection)
        {
            _heard.Append(Encoding.ASCII.GetString(connection.Input));
            connection.Consume(connection.Input.Length);
            connection.RequestInput();
        }

        public void OnSecured(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason) => _isClosed = true;

        public void OnOutputDrained(IConnection connection)
        {
        }
    }

    /// <summary>A transport that shows what it accepted.</summary>
    private sealed class AcceptedTransport(ITransport inner) : ITransport
    {
        public ConcurrentQueue<IConnection> Accepted { get; } = new();

        public TransportCounters Counters => inner.Counters;

        public IListener Listen(ListenOptions options, IAcceptor acceptor) => inner.Listen(options, new Noting(acceptor, Accepted));

        public void Connect(ConnectOptions options, IConnectionObserver observer) => inner.Connect(options, observer);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private sealed class Noting(IAcceptor inner, ConcurrentQueue<IConnection> accepted) : IAcceptor
        {
            public void OnAccepted(IConnection connection)
            {
                accepted.Enqueue(connection);
                inner.OnAccepted(connection);
            }

            public void OnAcceptTrouble(AcceptTrouble why) => inner.OnAcceptTrouble(why);
        }
    }
}
