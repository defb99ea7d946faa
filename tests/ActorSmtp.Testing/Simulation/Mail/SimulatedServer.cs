using System.Net;
using Akka.Actor;
using Akka.Actor.Internal;
using ActorSmtp.Server;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Files;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>One life of the server's process, from its start to its stop or its death: the real server on simulated ports.</summary>
internal sealed class SimulatedServer
{
    private readonly MailWorld _world;
    private readonly MemoryTransport _transport;
    private readonly JournalMailStore _mail;
    private readonly MaildirStore _mailboxes;
    private readonly MailServer _server;
    private readonly ActorSystem _system;

    /// <exception cref="Storage.Disks.DiskException">The data directory cannot be made.</exception>
    public SimulatedServer(MailWorld world, int number, ServerSettings settings)
    {
        _world = world;
        Host = new SimulatedHost(world.Simulation, $"server-{number}") { ComputeTime = world.ComputeTime };
        var threads = new SimulatedThreads(Host, world.DiskTime);
        _transport = world.Network.NewTransport(Host);
        _mail = new JournalMailStore(settings.Storage.Files, world.Disk, threads, new CrowdRunner(Host), Host.Time);
        _mailboxes = new MaildirStore(world.Disk, threads, settings.Storage.Files, Host.Time);
        _server = new MailServer(settings, new MailServerPorts
        {
            Transport = world.Mischief is { } mischief ? new MischievousTransport(_transport, mischief) : _transport,
            Mail = _mail,
            Mailboxes = _mailboxes,
            Users = new FileUserStore(world.Disk, threads, settings.Storage.Files.DataDirectory, Host.Time),
            Logs = world.Logs,
            Background = Host,
            Time = Host.Time,
            Seed = world.Simulation.Random.Next(),
        });
        _system = Host.CreateSystem("sim", MailServer.EngineSettings(settings) + (world.Weather.SessionsHop
            ? "\nactorsmtp.session-dispatcher { executor = default-executor, throughput = 1 }"
            : ""));
    }

    public SimulatedHost Host { get; }

    /// <summary>The listeners' addresses by their names.</summary>
    public IReadOnlyDictionary<string, EndPoint> EndPoints { get; private set; } = new Dictionary<string, EndPoint>();

    /// <summary>Accepted and not in its mailbox.</summary>
    public long Waiting => _mail.Statistics.Waiting;

    /// <summary>Octets of mail in memory.</summary>
    public long BufferOctets => _mail.Statistics.BufferOctets;

    /// <summary>Connections that it holds.</summary>
    public long Open => _transport.Counters.Open;

    /// <summary>The store has failed for good: a real process ends itself then.</summary>
    public async Task<StoreFault> FaultedAsync() => await _server.Faulted;

    /// <summary>Returns when every listener is bound.</summary>
    public async Task StartAsync()
    {
        await Host.RunAsync(async () =>
        {
            await _server.StartAsync(_system);
            return true;
        });
        EndPoints = _server.Listeners.ToDictionary(l => l.Name, l => l.Address);
    }

    /// <summary>Stops in good order.</summary>
    public Task StopAsync() => Host.RunAsync(async () =>
    {
        await _system.Terminate();
        return true;
    });

    /// <summary>The process is gone.</summary>
    public void Die()
    {
        Host.Kill();
        _world.Network.Drop(_transport);
    }

    /// <summary>What must be left when nobody is connected and everything is delivered: the actors that live as long as the server, and no more.</summary>
    public void CheckNothingIsLeft()
    {
        var actors = new List<string>();
        Walk(((ActorSystemImpl)_system).UserGuardian, actors);
        string[] expected = ["/user", "/user/auth", "/user/listeners", .. EndPoints.Keys.Select(name => $"/user/listeners/{name}"), "/user/mailboxes"];
        Require(actors.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal)), $"actors are left over: {string.Join(' ', actors.Except(expected))}");
        Require(_transport.Counters.Open == 0, $"{_transport.Counters.Open} connections are left open");
        var (waiting, octets, buffers) = (_mail.Statistics.Waiting, _mail.Statistics.WaitingOctets, _mail.Statistics.BufferOctets);
        Require((waiting, octets) == (0, 0), $"the journal counts {waiting} waiting messages with {octets} octets");
        Require(buffers == 0, $"{buffers} octets of buffers are not given back");
    }

    private static void Walk(LocalActorRef actor, List<string> into)
    {
        into.Add(actor.Path.ToStringWithoutAddress());
        foreach (var child in actor.Cell.ChildRefs())
        {
            Walk(child, into);
        }
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException(what);
        }
    }

    /// <summary>Completions of crowds, elsewhere.</summary>
    private sealed class CrowdRunner(SimulatedHost host) : ICompletionRunner
    {
        private readonly Server.Threads.StoredInCrowds _crowds = new();

        public void Post(ICompletions completions)
        {
            if (host.Coin())
            {
                _crowds.Post(completions);
            }
            else
            {
                host.Post("complete", host, completions.Run);
            }
        }
    }
}
