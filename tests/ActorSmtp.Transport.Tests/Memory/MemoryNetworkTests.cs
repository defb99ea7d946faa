using System.Net;
using System.Text;

namespace ActorSmtp.Transport.Tests.Memory;

/// <summary>What a simulator builds on: one thread, events in any order, cuts and stalls, and the same run from the same seed.</summary>
public sealed class MemoryNetworkTests
{
    [Fact]
    public void Everything_runs_on_the_schedulers_thread_and_the_same_seed_gives_the_same_run()
    {
        var one = Run(42);
        Assert.Equal(one, Run(42));
        Assert.Contains(Enumerable.Range(0, 20).Select(Run), other => other != one);
    }

    [Fact]
    public void Events_in_any_order_keep_every_stream_in_order()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var world = new World(seed, Chunking.Whole);
            var (client, server) = world.Connect();
            var heard = new StringBuilder();
            server.OnData = p =>
            {
                heard.Append(p.Text);
                p.Connection.Consume(p.Connection.Input.Length);
                p.Connection.RequestInput();
            };
            server.Connection.RequestInput();
            var said = string.Concat(Enumerable.Range(0, 50).Select(i => $"line {i}\r\n"));
            foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                client.Say(line + "\n");
            }

            client.Connection.Close();
            world.RunAll();
            Assert.Equal(said, heard.ToString());
            Assert.Equal(CloseReason.PeerClosed, server.Reason);
            Assert.Equal(1, server.Closings);
            Assert.Empty(world.Network.Links);
        }
    }

    [Theory]
    [InlineData(Chunking.Whole, 1)]
    [InlineData(Chunking.Lines, 3)]
    [InlineData(Chunking.Bytes, 12)]
    public void Bytes_arrive_in_the_pieces_asked_for(Chunking chunking, int pieces)
    {
        var world = new World(1, chunking);
        var (client, server) = world.Connect();
        var seen = 0;
        server.OnData = p =>
        {
            seen++;
            p.Connection.RequestInput();
        };
        server.Connection.RequestInput();
        client.Say("a\r\nb\r\nc\r\ndef");
        world.RunAll();
        Assert.Equal(chunking == Chunking.Lines ? pieces + 1 : pieces, seen);
        Assert.Equal("a\r\nb\r\nc\r\ndef", server.Text);
    }

    [Fact]
    public void Bytes_that_arrive_before_a_clients_first_turn_cost_no_other_client_its_turn()
    {
        var events = new List<(MemoryTransport? Host, Action Run)>();
        var network = new MemoryNetwork(new MemoryNetworkOptions { Schedule = (what, run) => events.Add((what.Host, run)) });
        var server = new MemoryTransport(network);
        var clients = new MemoryTransport(network);
        var acceptor = new Greeter();
        var listener = server.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        Peer[] peers = [new(), new()];
        foreach (var peer in peers)
        {
            clients.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, peer);
        }

        while (events.FindIndex(e => e.Host != clients) is >= 0 and var at)     // the last one's greeting is there before any has begun
        {
            var (_, run) = events[at];
            events.RemoveAt(at);
            run();
        }

        while (events.Count > 0)
        {
            var (_, run) = events[0];
            events.RemoveAt(0);
            run();
        }

        foreach (var peer in peers)
        {
            peer.Expect("connected");
        }
    }

    [Fact]
    public void A_cut_link_is_reset_on_both_sides()
    {
        var world = new World(1, Chunking.Whole);
        var (client, server) = world.Connect();
        client.Connection.RequestInput();
        server.Connection.RequestInput();
        world.RunAll();
        Assert.Single(world.Network.Links).Cut();
        world.RunAll();
        Assert.Equal(CloseReason.Reset, client.Reason);
        Assert.Equal(CloseReason.Reset, server.Reason);
        Assert.Empty(world.Network.Links);
    }

    [Fact]
    public void A_stalled_direction_holds_back_what_is_said_until_it_is_not()
    {
        var world = new World(1, Chunking.Whole);
        var (client, server) = world.Connect();
        var link = Assert.Single(world.Network.Links);
        link.Stall(toServer: true);
        server.Connection.RequestInput();
        client.Say("held back");
        server.Say("not held back");
        client.Connection.RequestInput();
        world.RunAll();
        Assert.Equal("not held back", client.Text);
        server.ExpectNothing();
        link.Unstall(toServer: true);
        world.RunAll();
        Assert.Equal("held back", server.Text);
    }

    [Fact]
    public void The_window_is_bounded()
    {
        var world = new World(1, Chunking.Whole, window: 1000);
        var (client, server) = world.Connect();
        client.Connection.Write(new byte[5000]);
        client.Connection.Flush();
        world.RunAll();
        Assert.True(client.Connection.OutputPending);
        Assert.Equal(1000, Assert.Single(world.Network.Links).Sent.ByClient);
        var got = 0;
        server.OnData = p =>
        {
            got += p.Connection.Input.Length;
            p.Connection.Consume(p.Connection.Input.Length);
            p.Connection.RequestInput();
        };
        server.Connection.RequestInput();
        world.RunAll();
        Assert.Equal(5000, got);
        Assert.False(client.Connection.OutputPending);
    }

    private static string Run(int seed)
    {
        var world = new World(seed, Chunking.Lines);
        var pairs = Enumerable.Range(0, 5).Select(_ => world.Connect()).ToList();
        var log = new StringBuilder();
        for (var i = 0; i < pairs.Count; i++)
        {
            var name = i;
            pairs[i].Server.OnData = p =>
            {
                log.Append(name).Append(p.Text.TrimEnd()).Append(' ');
                p.Connection.Write(p.Connection.Input);
                p.Connection.Consume(p.Connection.Input.Length);
                p.Connection.Flush();
                p.Connection.RequestInput();
            };
            pairs[i].Server.Connection.RequestInput();
            pairs[i].Client.Say("a\nb\nc\n");
        }

        world.RunAll();
        return log.ToString();
    }

    /// <summary>One thread that runs events one after the other, in an order a seed chooses.</summary>
    private sealed class Greeter : IAcceptor
    {
        private int _accepted;

        public void OnAccepted(IConnection connection)
        {
            connection.Observer = new Peer();
            connection.Write(_accepted++ > 0 ? "hello"u8 : default);
            connection.Flush();
        }

        public void OnAcceptTrouble(AcceptTrouble why)
        {
        }
    }

    private sealed class World
    {
        private readonly List<Action> _events = [];
        private readonly Random _random;
        private readonly MemoryTransport _transport;
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public World(int seed, Chunking chunking, int window = 64 << 10)
        {
            _random = new Random(seed);
            Network = new MemoryNetwork(new MemoryNetworkOptions
            {
                Chunking = chunking,
                WindowBytes = window,
                Schedule = (_, run) =>
                {
                    Assert.Equal(_thread, Environment.CurrentManagedThreadId);
                    _events.Add(run);
                },
            });
            _transport = new MemoryTransport(Network, new TransportOptions { Time = new ManualTime() });
        }

        public MemoryNetwork Network { get; }

        public (Peer Client, Peer Server) Connect()
        {
            var acceptor = new Acceptor();
            var listener = _transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
            var client = new Peer();
            _transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, client);
            RunAll();
            client.Expect("connected");
            return (client, acceptor.Next());
        }

        public void RunAll()
        {
            while (_events.Count > 0)
            {
                var i = _random.Next(_events.Count);
                var run = _events[i];
                _events.RemoveAt(i);
                run();
            }
        }
    }
}
