using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Lists;
using ActorSmtp.Server.Policy.Milters;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Policy.Rates;

namespace ActorSmtp.Server;

/// <content>The checks that listeners ask (docs/gatekeeping.md).</content>
public sealed partial class MailServer
{
    /// <summary>Makes those that some listener names.</summary>
    private PolicyBook OpenPolicy()
    {
        var checks = ImmutableArray.CreateBuilder<ICheck>();
        checks.AddRange(_ports.Checks);
        if (_settings.Asks(DnsListsCheck.Word))
        {
            var lists = new DnsListsCheck(
                _settings.Gatekeeping, _ports.Resolver ?? throw new ServerStartException("a listener asks lists in the DNS, and there is nobody who looks up names"), _ports.Time, _log);
            _ = lists.TestAsync();                                                          // for the log, and for lists that have gone bad
            checks.Add(lists);
        }

        if (_settings.Asks(RatesCheck.Word))
        {
            checks.AddRange(RatesCheck.Of(_settings.Gatekeeping.Rates, _ports.Time, _ports.Seed));
        }

        return new PolicyBook(_settings.Gatekeeping, _ports.Time, checks.ToImmutable()) { Origin = OpenOrigin(), Behind = OpenMilters() };
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
    private OriginDesk? OpenOrigin() => !_settings.ExaminesOrigins ? null : new OriginDesk(
        _settings.Origin, _settings.Hostname,
        _ports.Resolver ?? throw new ServerStartException("a listener asks who sent a message, and there is nobody who looks up names"),
        _ports.Background, _ports.Time, static () => (ulong)Random.Shared.NextInt64(), _metrics);
}
