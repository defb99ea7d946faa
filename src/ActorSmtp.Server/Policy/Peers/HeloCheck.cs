using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using DomainName = ActorSmtp.Protocol.Smtp.DomainName;

namespace ActorSmtp.Server.Policy.Peers;

/// <summary>
/// What the peer calls itself: whether that is a name or an address at all, is ours (nobody else has it), is in the DNS, and leads to the peer. Looked up at EHLO and waited for
/// at MAIL. That the name does not lead to the peer is never a reason of its own to refuse mail (RFC 5321 §4.1.4): it has a score and no more.
/// </summary>
internal sealed class HeloCheck(HeloSettings settings, ImmutableArray<string> domains, IResolver resolver, TimeProvider time) : ICheck
{
    /// <summary>Its name.</summary>
    public const string Word = "helo";

    public string Name => Word;

    public ICheckOfSession? Begin(SessionFacts session) => session.Peer is { } peer && !IPAddress.IsLoopback(peer.Address) ? new OfSession(this, peer.Address.Unmapped()) : null;

    /// <summary>What can be said without asking anybody; null: the DNS has to be asked.</summary>
    private PolicyAnswer? JudgeAtOnce(string said, IPAddress peer, SessionFacts session)
    {
        var local = (session.Local as IPEndPoint)?.Address.Unmapped();
        return MailDomain.TryParse(said.TrimEnd('.')) switch
        {
            AddressLiteral { Address: { } address } when address.Equals(local) => Answer("ours", $"[{address}] is ours", settings.Ours),
            AddressLiteral { Address: { } address } when address.Equals(peer) => Answer("literal", said, settings.Literal),
            AddressLiteral => Answer("wrong-literal", $"{said} is not {peer}", settings.WrongLiteral),
            DomainName name when IsOurs(name.Canonical, session) => Answer("ours", $"{said} is ours", settings.Ours),
            DomainName name when name.Canonical.Contains('.', StringComparison.Ordinal) && DnsName.TryParse(name.Canonical) is { LooksLikeAddress: false, IsHost: true } => null,
            _ => Answer("malformed", $"{said} is no name of a host", settings.Malformed),
        };
    }

    private bool IsOurs(string name, SessionFacts session) => name == DomainName.ToCanonical(session.Hostname) || domains.Any(d => d != "*" && name == DomainName.ToCanonical(d));

    private PolicyAnswer Judge(string said, IPAddress peer, HeloAddressesResult found) => found switch
    {
        { Addresses: { IsEmpty: false } addresses } when addresses.Contains(peer) => Answer("pass", $"{said} is {peer}", Weight.None),
        { Addresses: [var first, ..] } => Answer("unconfirmed", $"{said} is {first}, not {peer}", settings.Unconfirmed),
        { Failure: { } failed } => Answer("unknown", $"{said}: {failed.Words}", Weight.None),
        { HasMx: true } => Answer("unconfirmed", $"{said} has no address", settings.Unconfirmed),
        _ => Answer("unresolved", $"{said} is not in the DNS", settings.Unresolved),
    };

    private static PolicyAnswer Answer(string result, string reason, Weight weight) => PolicyAnswer.Weighed(Word, result, reason, weight, Replies.HeloRefused);

    private sealed class OfSession(HeloCheck check, IPAddress peer) : ICheckOfSession
    {
        private CancellationTokenSource? _over;
        private string? _said;
        private PolicyAnswer? _answer;
        private Task<HeloAddressesResult>? _asked;

        public PolicySteps Steps => PolicySteps.Hello | PolicySteps.Mail;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline)
        {
            if (facts.Hello is not { Name: var said })
            {
                return new(PolicyAnswer.Pass);
            }

            if (said != _said)
            {
                Begin(said, facts.Session);
            }

            return step == PolicySteps.Hello ? new(PolicyAnswer.Pass)
                : _answer is { } answer ? new(answer)
                : new(AnswerAsync(said, _asked!, deadline));
        }

        public void Reset()
        {
        }

        public void Dispose() => End();

        private void Begin(string said, SessionFacts session)
        {
            End();
            (_said, _answer, _asked) = (said, check.JudgeAtOnce(said, peer, session), null);
            if (_answer is null)
            {
                _over = new CancellationTokenSource();
                _asked = check.Resolver.DecideAsync(new HeloAddresses(DnsName.Parse(DomainName.ToCanonical(said.TrimEnd('.'))), peer.AddressFamily == AddressFamily.InterNetwork), _over.Token);
            }
        }

        private void End()
        {
            _over?.Cancel();
            _over?.Dispose();
            _over = null;
        }

        private async Task<PolicyAnswer> AnswerAsync(string said, Task<HeloAddressesResult> asked, CancellationToken deadline)
        {
            try
            {
                return _answer = check.Judge(said, peer, await asked.WaitAsync(check.Wait, check.Time, deadline));
            }
            catch (TimeoutException)
            {
                return Answer("unknown", $"{said}: no answer in time", Weight.None);
            }
        }
    }

    private IResolver Resolver => resolver;

    private TimeSpan Wait => settings.Wait;

    private TimeProvider Time => time;
}
