using System.Text;
using ActorSmtp.Server;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Testing.Simulation;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Simulation.Tests.Mail;

/// <summary>What checks cost who does not ask them: nothing. The whole server on one thread, so that every octet it allocates is counted.</summary>
public sealed class CostOfChecksTests
{
    private const int Messages = 300;
    private const string All = "[\"iprev=tag\",\"spf=tag\",\"dkim=tag\",\"arc=tag\",dmarc]";
    private const string Logged = "[\"iprev=log\",\"spf=log\",\"dkim=log\",\"arc=log\",\"dmarc=log\"]";

    [Fact]
    public void A_listener_that_names_no_check_allocates_nothing_for_those_that_others_name()
    {
        _ = Measure("[]", "[]");                                    // what is made once is made
        var (without, beside, guarded, with) = (Measure("[]", "[]"), Measure("[]", Logged), Measure("[]", All), Measure(All, "[]"));

        Assert.InRange(beside - without, -16, 16);                  // a message; tables that grow do so at their own time
        Assert.InRange(guarded - without, 100, 1500);               // where others write results in our name, forged ones are looked for everywhere
        Assert.InRange(with - without, 500, 100_000);               // else this test could see nothing
    }

    /// <summary>Octets for each message of one session at the first listener.</summary>
    private static long Measure(string checks, string othersChecks)
    {
        long each = 0;
        Simulated.Run(seed: 7, async simulation =>
        {
            var (host, wires) = (new SimulatedHost(simulation, "server"), new SimulatedHost(simulation, "network"));
            var network = new MemoryNetwork(new MemoryNetworkOptions { Schedule = (what, run) => wires.Post("net", what.Kind.ToString(), run) });
            var settings = TestMailServer.Settings([$"listeners.mx.checks={checks}", "listeners.other.bind=127.0.0.1:0", $"listeners.other.checks={othersChecks}", "unknown-recipients=accept"]);
            var stores = Stores.InMemory(settings.Storage.Files);
            var server = new MailServer(settings, new MailServerPorts
            {
                Transport = new MemoryTransport(network, new TransportOptions { Time = host.Time }),
                Mail = stores.Mail,
                Mailboxes = stores.Mailboxes,
                Users = stores.Users,
                Resolver = ZoneResolver.Of("client.test 60 TXT \"v=spf1 -all\""),
                Logs = NullLoggerFactory.Instance,
                Background = host,
                Time = host.Time,
                Seed = 1,
            });
            var system = host.CreateSystem("sim", MailServer.EngineSettings(settings));
            await host.RunAsync(async () =>
            {
                await server.StartAsync(system);
                return true;
            });
            var client = new Client();
            new MemoryTransport(network, new TransportOptions { Time = host.Time }).Connect(new ConnectOptions { EndPoint = server.Listeners[0].Address, OutputLimit = 1 << 20 }, client);
            await client.Ended.Task;
            each = client.Each;
            await system.Terminate();
        });
        return each;
    }

    /// <summary>Sends its messages one after the other, and looks what each has cost since the first.</summary>
    private sealed class Client : IConnectionObserver
    {
        private static readonly byte[] _message = Encoding.ASCII.GetBytes(
            "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@mx.test>\r\nDATA\r\nFrom: a@client.test\r\nSubject: one\r\n\r\nHello\r\n.\r\n");

        private int _sent;
        private long _before;

        public TaskCompletionSource Ended { get; } = new();

        public long Each { get; private set; }

        public void OnConnected(IConnection connection) => connection.RequestInput();

        public void OnInput(IConnection connection)
        {
            var heard = Encoding.ASCII.GetString(connection.Input);
            connection.Consume(connection.Input.Length);
            if (heard.StartsWith("220", StringComparison.Ordinal))
            {
                connection.Write("HELO client.test\r\n"u8);
            }
            else if (heard.StartsWith("250 mx.test", StringComparison.Ordinal) || heard.Contains("250 2.0.0 OK: queued", StringComparison.Ordinal))
            {
                Next(connection);
            }

            connection.Flush();
            connection.RequestInput();
        }

        public void OnSecured(IConnection connection)
        {
        }

        public void OnClosed(IConnection connection, CloseReason reason) => Ended.SetResult();

        public void OnOutputDrained(IConnection connection)
        {
        }

        private void Next(IConnection connection)
        {
            if (_sent == 50)                                        // pools and tables have their size
            {
                _before = GC.GetAllocatedBytesForCurrentThread();
            }

            if (_sent++ == 50 + Messages)
            {
                Each = (GC.GetAllocatedBytesForCurrentThread() - _before) / Messages;
                connection.Write("QUIT\r\n"u8);
                return;
            }

            connection.Write(_message);
        }
    }
}
