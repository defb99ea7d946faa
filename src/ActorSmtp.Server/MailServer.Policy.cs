using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Greylisting;
using ActorSmtp.Server.Policy.Hooks;
using ActorSmtp.Server.Policy.Lists;
using ActorSmtp.Server.Policy.Milters;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Policy.Peers;
using ActorSmtp.Server.Policy.Rates;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Signing;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server;

/// <content>The checks that listeners ask (docs/gatekeeping.md).</content>
public sealed partial class MailServer
{
    private HttpPosts? _posts;

    /// <summary>Asks the checks of one listener about a message as if it came in now (<see cref="PolicyTrial"/>). Nothing is started, stored or learned.</summary>
    /// <param name="settings">Of the server.</param>
    /// <param name="ports">What the checks live on. A greylist is asked, so it has to be one that keeps nothing (<see cref="Stores.GreylistAsItIs"/>).</param>
    /// <exception cref="ServerStartException">A check cannot be made; says what to do.</exception>
    /// <exception cref="ArgumentException">There is no such listener, or it takes no mail.</exception>
    public static async Task<PolicyTrial> TryPolicyAsync(ServerSettings settings, MailServerPorts ports, PolicyQuestion question, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(question);
        var listener = PolicyTrial.Tried(settings, question);
        var server = new MailServer(settings with { Listeners = [listener] }, ports);
        try
        {
            await server.LoadSigning(cancellation);
            var book = await server.OpenPolicy(cancellation);
            book.AsksAll = true;
            return new PolicyTrial(book, listener, settings.Hostname, question, ports, server.ClosePolicy);
        }
        catch
        {
            await server.ClosePolicy();
            throw;
        }
    }

    /// <summary>What greylisting remembers; null: no listener asks it.</summary>
    public IGreylistStore? Greylist { get; private set; }

    /// <summary>Makes those that some listener names.</summary>
    private async Task<PolicyBook> OpenPolicy(CancellationToken cancellation)
    {
        var (settings, time) = (_settings.Gatekeeping, _ports.Time);
        var checks = ImmutableArray.CreateBuilder<ICheck>();
        checks.AddRange(_ports.Checks);
        if (_settings.Asks(DnsListsCheck.Word))
        {
            var lists = new DnsListsCheck(settings, Resolver(DnsListsCheck.Word), time, _log);
            _ = lists.TestAsync();                                                          // for the log, and for lists that have gone bad
            checks.Add(lists);
        }

        if (_settings.Asks(ReverseDnsCheck.Word))
        {
            checks.Add(new ReverseDnsCheck(settings.ReverseDns, Resolver(ReverseDnsCheck.Word), time));
        }

        if (_settings.Asks(HeloCheck.Word))
        {
            checks.Add(new HeloCheck(settings.Helo, _settings.Domains, Resolver(HeloCheck.Word), time));
        }

        if (_settings.Asks(EarlyTalkersCheck.Word))
        {
            checks.Add(new EarlyTalkersCheck(settings.EarlyTalkers));
        }

        if (_settings.Asks(RatesCheck.Word))
        {
            checks.AddRange(RatesCheck.Of(settings.Rates, time, _ports.Seed));
        }

        if (_settings.Asks(GreylistingCheck.Word))
        {
            checks.Add(new GreylistingCheck(settings.Greylisting, await OpenGreylist(settings.Greylisting, cancellation)));
        }

        if (_settings.Asks(HttpHookCheck.Word))
        {
            var posts = _ports.Hooks ?? (_posts = new HttpPosts(settings.HttpHooks.Max(h => h.AtOnce), settings.HttpHooks.Max(h => h.Timeout)));
            checks.AddRange(HttpHookCheck.Of(settings.HttpHooks, posts, time, _metrics, _log));
        }

        var origin = OpenOrigin();
        return new PolicyBook(settings, time, checks.ToImmutable())
        {
            Origin = origin,
            ResultsGuard = origin is not null && _settings.Listeners.Any(l => OriginLimits.Of(l.Checks) is { Shows: true }) ? new ResultsGuard(origin.Server, _settings.Origin.TrustedResults) : null,
            Behind = OpenMilters(),
            Quarantine = settings.QuarantinesSetApart ? QuarantineMailbox() : null,
            Sealing = origin is not null && _sealer is { } sealer ? new SealingCheck(sealer, origin.Server, _ports.Background, origin.Memory) : null,
            Signing = _signer is { } signer && _settings.Dkim.IsOn ? new SigningCheck(signer, _ports.Background, OpenSigningMemory()) : null,
        };
    }

    private async Task<IGreylistStore> OpenGreylist(GreylistSettings settings, CancellationToken cancellation)
    {
        Greylist = _ports.Greylist ?? throw new ServerStartException("a listener asks greylisting, and there is nowhere to remember who came");
        try
        {
            var report = await Greylist.OpenAsync(settings.Rules, new GreylistWatch(_log), cancellation);
            if (report.Damage is { } damage)
            {
                _log.GreylistDamaged(damage);
            }
        }
        catch (StoreException cannot)
        {
            throw new ServerStartException(cannot.Message, cannot);
        }

        var greylist = Greylist;
        _metrics.Observe(
            "actorsmtp.greylist.entries", "{entry}", "What greylisting remembers.", "state",
            ("waiting", () => greylist.Figures.Waiting), ("passed", () => greylist.Figures.Passed), ("networks", () => greylist.Figures.Networks), ("known-networks", () => greylist.Figures.Known));
        _metrics.Observe("actorsmtp.greylist.evicted", "{entry}", "Entries that were forgotten before their time since there was no room.", () => greylist.Figures.Evicted, grows: true);
        return greylist;
    }

    /// <summary>The milters of each listener that has some; each milter has its connections for all of them together.</summary>
    private ImmutableDictionary<string, ICheck> OpenMilters()
    {
        var pools = _settings.Gatekeeping.Milters.Where(m => _settings.Listeners.Any(l => l.Milters.Any(c => c.Name == m.Name)))
            .ToImmutableDictionary(m => m.Name, m => new MilterPool(m, _ports.Transport, _ports.Time, _log));
        if (pools.IsEmpty)
        {
            return ImmutableDictionary<string, ICheck>.Empty;
        }

        _metrics.Observe(
            "actorsmtp.milters.connections", "{connection}", "Connections to milters that are open now.", "milter",
            [.. pools.Values.Select(p => (p.Settings.Name, (Func<double>)(() => p.Open)))]);
        var world = new MiltersWorld(_ports.Time, _log, _metrics, _settings.Limits.MessageSize);
        return _settings.Listeners.Where(l => !l.Milters.IsEmpty).ToImmutableDictionary(
            l => l.Name, ICheck (l) => new MiltersCheck([.. l.Milters.Select(c => (pools[c.Name], c.Most))], QuarantineMailbox(), world));
    }

    private Mailbox QuarantineMailbox()
    {
        var name = _settings.Gatekeeping.Quarantine;
        return Mailbox.TryParse(name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@{_settings.Domains.FirstOrDefault(d => d != "*") ?? _settings.Hostname}")
            ?? throw new ServerStartException($"gatekeeping.quarantine = {name} is no address of this server");
    }

    /// <summary>What finds out who sent a message, where some listener wants to know.</summary>
    private OriginDesk? OpenOrigin()
    {
        if (!_settings.ExaminesOrigins)
        {
            return null;
        }

        var resolver = _ports.Resolver ?? throw new ServerStartException("a listener asks who sent a message, and there is nobody who looks up names");
        return new OriginDesk(_settings.Origin, _settings.Hostname, resolver, _ports.Background, _ports.Time, static () => (ulong)Random.Shared.NextInt64(), _metrics)
        {
            Counts = _settings.Asks(OriginWords.Dmarc) ? _dmarc = new DmarcCounts(_ports.Time, new Random(_ports.Seed).Next().ToString("x8", CultureInfo.InvariantCulture)) : null,
        };
    }

    private IResolver Resolver(string check) =>
        _ports.Resolver ?? throw new ServerStartException($"a listener asks {check}, and there is nobody who looks up names");

    /// <summary>Ends what checks live on, once no session is left.</summary>
    private async Task ClosePolicy()
    {
        if (Greylist is { } greylist)
        {
            await greylist.DisposeAsync();
        }

        _posts?.Dispose();
    }

    private sealed class GreylistWatch(Log log) : IGreylistObserver
    {
        public void OnGreylistTrouble(string reason) => log.GreylistIsNotKept(reason);

        public void OnGreylistKept() => log.GreylistIsKept();
    }
}
