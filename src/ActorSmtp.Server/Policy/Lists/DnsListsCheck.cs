using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Policy.Lists;

/// <summary>
/// What lists in the DNS say of the peer's address. They are asked when it connects and waited for at MAIL, so the answers are mostly there. What is
/// not there in time counts for nothing; lists only ever add to the sum of scores.
/// </summary>
internal sealed class DnsListsCheck(GatekeepingSettings settings, IResolver resolver, TimeProvider time, Log log) : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "dns-lists";

    // Of whom no public list knows anything (RFC 6890).
    private static readonly ImmutableArray<IPNetwork> s_ours =
    [
        .. ((string[])["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"]).Select(n => IPNetwork.Parse(n)),
    ];

    private readonly ImmutableArray<DnsList> _lists = [.. settings.DnsLists.Select(l => new DnsList(l, resolver, settings.DnsListRest, time, log))];

    public string Name => Word;

    /// <summary>Asks every list for its test entries, for the log, and to leave alone what lists everybody. Never throws.</summary>
    public async Task TestAsync()
    {
        foreach (var list in _lists)
        {
            await list.TestAsync();
        }
    }

    public ICheckOfSession? Begin(SessionFacts session)
    {
        var address = session.Peer?.Address.Unmapped();
        var lists = _lists.Where(l => l.Settings.Listeners.IsEmpty || l.Settings.Listeners.Contains(session.Listener)).ToImmutableArray();
        return address is null || lists.IsEmpty || s_ours.Any(n => n.Contains(address)) ? null : new OfSession(address, lists, settings.DnsListWait, time);
    }

    private sealed class OfSession(IPAddress address, ImmutableArray<DnsList> lists, TimeSpan wait, TimeProvider time) : ICheckOfSession
    {
        private readonly CancellationTokenSource _over = new();
        private ImmutableArray<(DnsList List, Task<Finding?> Answer)> _asked = [];
        private PolicyAnswer? _answer;

        public PolicySteps Steps => PolicySteps.Connect | PolicySteps.Mail;

        public async ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            if (step == PolicySteps.Connect)
            {
                _asked = [.. lists.Where(l => l.Counts).Select(l => (l, l.LookUpAsync(address, _over.Token)))];
                return PolicyAnswer.Pass;
            }

            return _answer ??= await GatherAsync(deadline);
        }

        public void Reset()
        {
        }

        public void Dispose()
        {
            _over.Cancel();
            _over.Dispose();
        }

        private async Task<PolicyAnswer> GatherAsync(CancellationToken deadline)
        {
            var answers = _asked.Select(a => a.Answer).ToList();
            try
            {
                await Task.WhenAll(answers).WaitAsync(wait, time, deadline);
            }
            catch (TimeoutException)
            {
                // what is there counts
            }

            var findings = ImmutableArray.CreateBuilder<Finding>();
            foreach (var (list, answer) in _asked)
            {
                if (!answer.IsCompletedSuccessfully)
                {
                    findings.Add(new Finding(Word, "unknown", $"{list.Settings.Name}: no answer in time"));
                }
                else if (await answer is { } finding)
                {
                    findings.Add(finding);
                }
            }

            if (findings.Count == 0)
            {
                findings.Add(new Finding(Word, "none", $"{address} is on none of {_asked.Length}"));
            }

            return PolicyAnswer.Found(findings.ToImmutable());
        }
    }
}
