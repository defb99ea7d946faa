using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Outbound.Reporting;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server;

/// <content>Mail for others: the queue and what carries it. Without routes there is neither.</content>
public sealed partial class MailServer
{
    /// <summary>Threads that wait at once for content that notices are made of, where it is in a database.</summary>
    private const int MostReading = 2;

    private IActorRef? _outbound;
    private IActorRef? _tlsState;
    private IBackground? _reading;

    /// <summary>By which the queue and its relays go: where nodes share it, the same one for all.</summary>
    private TimeProvider QueueTime => _ports.Queue?.Shared?.Clock ?? _ports.Time;

    /// <summary>What the queue's store found when it was opened; null: there is no queue.</summary>
    public QueueRecoveryReport? QueueRecovery { get; private set; }

    /// <summary>
    /// Opens the queue, before anything is taken from the journal: what the one knows of the other is compared first. Also without routes, where there is a store: what waits
    /// there is to be seen, and expires.
    /// </summary>
    private async Task OpenQueue(ActorSystem system, DirectoryBoard directory, MailIdGenerator ids, NoticeGate notices, CancellationToken cancellation)
    {
        if (_ports.Queue is not { } store)
        {
            return;
        }

        var news = new QueueNews(_log, _metrics, _chronicle, QueueTime);
        var context = new OutboundContext(
            store, _ports.Mail, _settings.Outbound, _settings.Hostname,
            _ports.Relay ?? (_settings.Outbound.IsOn ? await StartRelays(system, directory, ids, cancellation) : NoRelays), () => directory.Current, ids, news, Reading, QueueTime,
            new Random(_ports.Seed), _log)
        {
            Census = _census,
            Notices = notices,
            Postmaster = Postmaster(),
            Signer = _settings.Dkim.IsOn ? _signer : null,
            Own = [.. OwnAddresses().Select(own => own.Address)],
        };
        var work = new OutboundWork(context);
        try
        {
            QueueRecovery = await store.OpenAsync(work.Found, work, cancellation);
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }

        _log.Recovered(QueueRecovery.ToString());
        foreach (var damage in QueueRecovery.Damage)
        {
            _log.DamageSetAside(damage.Segment, damage.Offset, damage.Octets, damage.What, damage.SetAside);
        }

        work.Opened();
        _outbound = system.ActorOf(Supervision.OfOutbound(context, work), Supervision.Outbound);
        var door = new OutboundDoor(work, news, store, _outbound);
        var all = store.Shared is { } shared ? new SharedQueueDoor(door, shared, _settings.Outbound, QueueTime) : null;
        (Outbound, _intake) = (all is null ? door : all, door);
        _ = WatchQueue(store);
    }

    private static Props NoRelays(string destination, int rests) => throw new InvalidOperationException($"no route leads to {destination}");

    /// <summary>Where this server listens, wildcards as the addresses they mean.</summary>
    private ImmutableArray<IPEndPoint> OwnAddresses() =>
        LocalAddresses.Meant(_settings.Listeners.Select(l => l.Bind).Where(b => b.Address is not null && b.Port > 0).Select(b => (IPEndPoint)b.ToEndPoint()));

    /// <summary>Queue and journal. What is in a database that is away is waited for as long as a stop may take; what is not on record by then is said.</summary>
    private async Task CloseMail()
    {
        var shared = _outbound is null ? null : _ports.Queue?.Shared;
        using var late = shared is null ? new CancellationTokenSource() : new CancellationTokenSource(_settings.ShutdownGrace, _ports.Time);
        try
        {
            if (_outbound is not null)
            {
                await _ports.Queue!.DisposeAsync().AsTask().WaitAsync(late.Token);          // before the journal, whose mail it may be reading
            }

            await _ports.Mail.DisposeAsync().AsTask().WaitAsync(late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // It ends with its connections.
        }

        if (shared?.Unrecorded is > 0 and var left)
        {
            _log.OutcomesNotRecorded(QueueNews.Path, left);
        }
    }

    private async Task WatchQueue(IQueueStore store)
    {
        var fault = await store.Faulted;
        _log.StoreFaulted(fault.Operation, fault.Reason);
        _faulted.TrySetResult(fault);
    }

    private IOutboundIntake _intake = OpenIntake.Instance;

    /// <summary>What carries mail: the actor with the connections, and how a relay is made.</summary>
    /// <summary>For those who read content for notices, and wait for it on their thread: from a database only a few at once.</summary>
    private IBackground Reading => _ports.Queue?.Shared is null ? _ports.Background : _reading ??= new NarrowBackground(_ports.Background, MostReading);

    private async Task<Func<string, int, Props>> StartRelays(ActorSystem system, DirectoryBoard directory, MailIdGenerator ids, CancellationToken cancellation)
    {
        if (_ports.Resolver is not { } resolver)
        {
            throw new ServerStartException("there are routes for mail, and nobody who looks up names");
        }

        var relays = Relays.Start(system, _settings, new RelayPorts(
            _ports.Transport, resolver, _ports.Background, QueueTime, _metrics, _census, _log, OwnAddresses(), static () => (ulong)Random.Shared.NextInt64())
        { Web = _ports.Web, PassedOn = from => directory.Current.SenderPassedOn(from) });
        _tlsState = await OpenState(system, new TlsState(relays.Policies, relays.Memory, relays.Reports), Supervision.TlsState, cancellation);
        if (_settings.Outbound.TlsReports is { IsOn: true } reports)
        {
            system.ActorOf(Supervision.OfTlsReports(Reporting(reports, resolver, directory, ids), relays.Reports), Supervision.TlsReports);
        }

        return relays.Of;
    }

    /// <summary>What reports to other domains are made and sent with.</summary>
    private ReportContext Reporting(Settings.ReportSettings reports, IResolver resolver, DirectoryBoard directory, MailIdGenerator ids) => new(
        reports, reports.Sender ?? Postmaster(), _settings.Hostname, resolver, _ports.Mail, () => directory.Current, ids, _ports.Background, _ports.Time, new Random(_ports.Seed), _log)
    {
        Census = _census,
        Node = NodeName,
        Signer = _settings.Dkim.IsOn ? _signer : null,
    };

    /// <summary>What this node is called among those that share a database; empty: it is alone.</summary>
    private string NodeName => _settings.Storage.Kind == Settings.StoreKind.Postgres ? _settings.Storage.Database.Node : "";

    private Mailbox Postmaster() => Mailbox.Parse($"postmaster@{(_settings.AllDomains || _settings.Domains.IsEmpty ? _settings.Hostname : Protocol.Smtp.DomainName.ToCanonical(_settings.Domains[0]))}");

    /// <summary>What an earlier run knew; a server starts without it too. Null: there is nowhere to keep it.</summary>
    /// <param name="name">The actor's that saves it.</param>
    private async Task<IActorRef?> OpenState(ActorSystem system, IKeptState state, string name, CancellationToken cancellation)
    {
        if (_ports.Documents is not { } documents)
        {
            return null;
        }

        var document = NodeName.Length == 0 ? state.Name : $"{state.Name}.{NodeName}";            // nodes share documents, and each knows what it saw itself
        try
        {
            if (await documents.ReadAsync(document, cancellation) is { } octets && !state.Read(octets, _ports.Time.GetUtcNow()))
            {
                _log.StateNotRead(state.What, "it is not what this version writes", await documents.SetAsideAsync(document, cancellation));
            }
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }

        return system.ActorOf(Supervision.OfKeptState(new KeptStateContext(state, document, documents, _ports.Background, _log) { Census = _census }, name), name);
    }
}
