using System.Collections.Immutable;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Lists;
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

        return new PolicyBook(_settings.Gatekeeping, _ports.Time, checks.ToImmutable()) { Origin = OpenOrigin() };
    }

    /// <summary>What finds out who sent a message, where some listener wants to know.</summary>
    private OriginDesk? OpenOrigin() => !_settings.ExaminesOrigins ? null : new OriginDesk(
        _settings.Origin, _settings.Hostname,
        _ports.Resolver ?? throw new ServerStartException("a listener asks who sent a message, and there is nobody who looks up names"),
        _ports.Background, _ports.Time, static () => (ulong)Random.Shared.NextInt64(), _metrics);
}
