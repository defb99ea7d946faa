using System.Buffers;
using System.Net;
using System.Reflection;
using System.Text;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>A peer that sends thousands of commands at once is heard in parts, and others in between.</summary>
public sealed class FloodTests() : ListenerTestKit(Supervision.EngineSettings(TimeSpan.FromSeconds(20)) + "\n" + TestMailServer.Settings([]).EngineText)
{
    [Fact]
    public async Task A_flood_of_commands_gives_up_its_turn_now_and_then_and_loses_nothing()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var connection = new HandConnection();
        Transport.Acceptor!.OnAccepted(connection);
        await Until(() => connection.Asked == 1, "no input is asked for");

        connection.Arrive(string.Concat(Enumerable.Repeat("NOOP\r\n", 1000)));
        for (var turns = 1; turns <= 15; turns++)
        {
            await Until(() => connection.Posted.Count == 1, $"no turn is given up after {turns}");
            Assert.Equal(1 + (64 * turns), connection.Said);                   // the greeting as well; all of it flushed
            connection.RunPosted();
        }

        await Until(() => connection.Asked == 2, "it is not read on");
        Assert.Equal(1001, connection.Said);
        Assert.Empty(connection.Posted);
    }

    [Fact]
    public async Task A_flight_of_sixty_commands_is_heard_in_one_turn()
    {
        Listen(Supervision.OfListener(ContextFor("limits.junk-commands=100000")));
        var connection = new HandConnection();
        Transport.Acceptor!.OnAccepted(connection);
        await Until(() => connection.Asked == 1, "no input is asked for");

        connection.Arrive(string.Concat(Enumerable.Repeat("NOOP\r\n", 60)));
        await Until(() => connection.Asked == 2, "it is not read on");
        Assert.Empty(connection.Posted);
        Assert.Equal((61, 2), (connection.Said, connection.Flushes));
    }

    /// <summary>A connection whose every step is the test's.</summary>
    private sealed class HandConnection : IConnection
    {
        private readonly ArrayBufferWriter<byte> _output = new();
        private byte[] _input = [];
        private int _flushed;

        public Queue<IoWork> Posted { get; } = new();

        public int Asked { get; private set; }

        public int Flushes { get; private set; }

        /// <summary>Lines that have left.</summary>
        public int Said => Encoding.ASCII.GetString(_output.WrittenSpan[.._flushed]).Count(c => c == '\n');

        public IConnectionObserver? Observer { get; set; }

        public EndPoint? RemoteEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public EndPoint? LocalEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 25);

        public bool IsSecure => false;

        public TlsFacts? Tls => null;

        public string? CloseDetail => null;

        public ReadOnlySpan<byte> Input => _input;

        public IBufferWriter<byte> Output => _output;

        public bool OutputPending => false;

        public void Arrive(string text)
        {
            _input = Encoding.ASCII.GetBytes(text);
            Observer!.OnInput(this);
        }

        public void RunPosted() => typeof(IoWork).GetMethod("Run", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(Posted.Dequeue(), null);

        public void Consume(int count) => _input = _input[count..];

        public void RequestInput() => Asked++;

        public void Park()
        {
        }

        public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

        public void Flush()
        {
            Flushes++;
            _flushed = _output.WrittenCount;
        }

        public void Close(bool linger = true)
        {
        }

        public void Abort()
        {
        }

        public void StartTls(TlsServerOptions options) => throw new NotSupportedException();

        public void StartTls(TlsClientOptions options) => throw new NotSupportedException();

        public void Post(IoWork work) => Posted.Enqueue(work);
    }
}
