using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Peers;

/// <summary>
/// Whether the peer's address has a name that leads back to it (iprev, RFC 8601 §3), and whether that is more than the address itself in letters. Looked up when it connects and
/// waited for at MAIL; what the DNS cannot say counts for nothing.
/// </summary>
internal sealed class ReverseDnsCheck(ReverseDnsSettings settings, IResolver resolver, TimeProvider time) : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "reverse-dns";

    public string Name => Word;

    public ICheckOfSession? Begin(SessionFacts session) => session.Peer is { } peer && !IPAddress.IsLoopback(peer.Address) ? new OfSession(this, peer.Address.Unmapped()) : null;

    private PolicyAnswer Judge(IPAddress address, ReverseNamesResult names)
    {
        var (result, reason, weight) = names switch
        {
            { Valid: [var first, ..] } when GenericNames.IsMadeOf(address, first.ToString()) => ("generic", $"{address} is {first}", settings.Generic),
            { Valid: [var first, ..] } => ("pass", $"{address} is {first}", Weight.None),
            { Failure: { } failed } => ("unknown", $"{address}: {failed.Words}", Weight.None),
            { Claimed: [var first, ..] } => ("unconfirmed", $"{address} is {first}, which is not {address}", settings.Unconfirmed),
            _ => ("none", $"{address} has no name", settings.None),
        };
        return PolicyAnswer.Weighed(Word, result, reason, weight, Replies.ReverseFailed);
    }

    private sealed class OfSession(ReverseDnsCheck check, IPAddress address) : ICheckOfSession
    {
        private readonly CancellationTokenSource _over = new();
        private Task<ReverseNamesResult>? _names;
        private PolicyAnswer? _answer;

        public PolicySteps Steps => PolicySteps.Connect | PolicySteps.Mail;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            _names ??= facts.Session.NamesAsync(check.Resolver, _over.Token);
            return step == PolicySteps.Connect ? new(PolicyAnswer.Pass)
                : _answer is { } answer ? new(answer)
                : new(AnswerAsync(_names, deadline));
        }

        public void Reset()
        {
        }

        public void Dispose()
        {
            _over.Cancel();
            _over.Dispose();
        }

        private async Task<PolicyAnswer> AnswerAsync(Task<ReverseNamesResult> names, CancellationToken deadline)
        {
            try
            {
                return _answer = check.Judge(address, await names.WaitAsync(check.Wait, check.Time, deadline));
            }
            catch (TimeoutException)
            {
                return PolicyAnswer.Found(new Finding(Word, "unknown", $"{address}: no answer in time"));
            }
        }
    }

    private IResolver Resolver => resolver;

    private TimeSpan Wait => settings.Wait;

    private TimeProvider Time => time;
}
