using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Rates;

/// <summary>
/// How much mail may come from one network, sender or account in a time (<c>gatekeeping.rates</c>); what is beyond is put off. Memory does not grow with the number
/// of origins (<see cref="RateTable"/>). Nothing is kept over a restart.
/// </summary>
internal sealed class RatesCheck : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "rates";

    private readonly ImmutableArray<Limit> _limits;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly RateSettings _settings;

    private RatesCheck(RateSettings settings, bool forUsers, TimeProvider time, params ImmutableArray<Limit> limits)
    {
        IsForUsers = forUsers;
        _settings = settings;
        _limits = [.. limits.Where(l => l.Most > 0)];
        _time = time;
        _start = time.GetTimestamp();
    }

    public string Name => Word;

    public bool IsForUsers { get; }

    /// <summary>One for those who logged in, and one for all others.</summary>
    public static ImmutableArray<ICheck> Of(RateSettings settings, TimeProvider time, int seed)
    {
        var window = (long)settings.Window.TotalMilliseconds;
        return
        [
            new RatesCheck(settings, forUsers: false, time,
                new Limit(PolicySteps.Mail, settings.MessagesPerNetwork, "messages by", window, seed + 4, NetworkOf),
                new Limit(PolicySteps.Mail, settings.MessagesPerSender, "messages from", window, seed, f => f.Sender?.Mailbox?.Canonical),   // behind: what one network floods uses up nobody's name
                new Limit(PolicySteps.Rcpt, settings.RecipientsPerNetwork, "recipients by", window, seed + 1, NetworkOf)),
            new RatesCheck(settings, forUsers: true, time,
                new Limit(PolicySteps.Mail, settings.MessagesPerAccount, "messages of", window, seed + 2, f => f.User),
                new Limit(PolicySteps.Rcpt, settings.RecipientsPerAccount, "recipients of", window, seed + 3, f => f.User)),
        ];
    }

    private static string? NetworkOf(PolicyFacts facts) => ConnectionGate.KeyOf(facts.Session.Peer)?.ToString();

    public ICheckOfSession? Begin(SessionFacts session) => _limits.IsEmpty ? null : new OfSession(this);

    private PolicyAnswer Ask(PolicySteps step, PolicyFacts facts)
    {
        var now = (long)_time.GetElapsedTime(_start).TotalMilliseconds;
        foreach (var limit in _limits)
        {
            if (limit.Step == step && limit.Refuses(facts, now) is { } who)
            {
                return new PolicyAnswer(PolicyAction.Defer, Replies.RateLimited)
                {
                    Findings = [new Finding(Word, "exceeded", string.Create(CultureInfo.InvariantCulture, $"more than {limit.Most} {limit.What} {who} in {_settings.Window}"))],
                };
            }
        }

        return PolicyAnswer.Pass;
    }

    /// <summary>One rate: when it is counted, and whose it is.</summary>
    private sealed class Limit(PolicySteps step, int most, string what, long window, int seed, Func<PolicyFacts, string?> keyOf)
    {
        private readonly RateTable? _table = most > 0 ? new RateTable(most, window, seed) : null;

        public PolicySteps Step => step;

        public int Most => most;

        public string What => what;

        /// <summary>Whose is too much; null: it is not, or is nobody's.</summary>
        public string? Refuses(PolicyFacts facts, long now) => keyOf(facts) is { } key && !_table!.Takes(Encoding.UTF8.GetBytes(key), now) ? key : null;
    }

    private sealed class OfSession(RatesCheck check) : ICheckOfSession
    {
        public PolicySteps Steps => PolicySteps.Mail | PolicySteps.Rcpt;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) => new(check.Ask(step, facts));

        public void Reset()
        {
        }

        public void Dispose()
        {
        }
    }
}
