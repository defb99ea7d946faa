using System.Net;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>Who sent this? The checks of a message's origin that one listener names: they share what they look up, and one field in front of the message.</summary>
internal sealed class OriginCheck(OriginLimits limits, OriginDesk desk) : ICheck
{
    private readonly OriginLimits _limits = limits;
    private readonly OriginDesk _desk = desk;

    public string Name => "origin";

    /// <summary>What cannot be found out is put off where it might have been refused.</summary>
    public bool DefersOnFailure => _limits.Refuses;

    public ICheckOfSession? Begin(SessionFacts session)
    {
        var parts = _limits.Parts(session.Peer is not null, !_desk.Settings.TrustedSealers.IsEmpty);
        return parts == OriginParts.None ? null : new OfSession(this, parts);
    }

    /// <summary>What was found out of the message, as its recipients are told it.</summary>
    private string FieldOf(OriginFindings found) => _limits.Shows ? _limits.Visible(found).ToResults(_desk.Server).ToField() : "";

    /// <summary>
    /// A forwarder that is believed has seen the message pass: what the author's domain wants done with others' mail is not about it. Where that cannot be found out now, it is not refused now.
    /// </summary>
    private OriginFindings Trusting(OriginFindings found, SignedMessage message)
    {
        if (found is not { Dmarc: { Applies: not DmarcPolicy.None, Obstacle: DmarcObstacle.None } dmarc, Chain: { } chain } || _desk.Settings.TrustedSealers.IsEmpty)
        {
            return found;
        }

        return ArcTrust.WhoSawPass(message.Header, chain, dmarc.Author, IsTrusted) is { } witness
                ? found with { Dmarc = dmarc with { Applies = DmarcPolicy.None, OverruledBy = witness, Reason = $"{dmarc.Reason}, but {witness}, who is trusted, saw it pass" } }
            : ArcTrust.WhoMayHaveSeenPass(message.Header, chain, dmarc.Author, IsTrusted) is { } perhaps
                ? found with { Dmarc = dmarc with { MayBeOverruled = true, Reason = $"{dmarc.Reason}; whether {perhaps} saw it pass cannot be verified now: {chain.Reason}" } }
            : found;

        bool IsTrusted(string sealer) => _desk.Settings.TrustedSealers.Contains(sealer);
    }

    /// <summary>One session's part. What belongs to a transaction is made anew for each and ends with it.</summary>
    private sealed class OfSession(OriginCheck check, OriginParts parts) : ICheckOfSession
    {
        private const OriginParts Senders = OriginParts.Names | OriginParts.Spf | OriginParts.Dmarc;
        private const OriginParts Messages = OriginParts.Dkim | OriginParts.Arc | OriginParts.Dmarc;

        private readonly OriginDesk _desk = check._desk;
        private CancellationTokenSource? _transaction;
        private Task<SenderFindings>? _sender;
        private OriginTap? _tap;
        private bool _wasTold;

        public PolicySteps Steps => PolicySteps.Content | ((parts & Senders) == 0 ? PolicySteps.None : PolicySteps.Mail);

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) =>
            step == PolicySteps.Mail ? AtMail(facts) : new(AtContentAsync(facts, deadline));

        public IContentTap? Receive(PolicyFacts facts) =>
            (parts & Messages) == 0 ? null : _tap = new OriginTap(new SignedMessage(_desk.Settings.Dkim), _desk.Background, _desk.Memory);

        public void Reset()
        {
            _transaction?.Cancel();
            _transaction?.Dispose();
            _tap?.Dispose();
            (_transaction, _sender, _tap, _wasTold) = (null, null, null, false);
        }

        public void Dispose() => Reset();

        /// <summary>The look-ups begin; they are waited for where they may lead to no, else the message comes meanwhile.</summary>
        private ValueTask<PolicyAnswer> AtMail(PolicyFacts facts)
        {
            Reset();
            _transaction = new CancellationTokenSource();
            var (subject, over) = (SubjectOf(facts), _transaction.Token);
            _sender = (parts & Senders) == 0 || facts.Session.Peer is null ? null : _desk.Examiner.ExamineSenderAsync(parts, subject, over);
            return check._limits.RefusesSenders && _sender is not null ? new(AnswerSenderAsync(_sender)) : new(PolicyAnswer.Pass);
        }

        private async Task<PolicyAnswer> AnswerSenderAsync(Task<SenderFindings> sender)
        {
            var found = await sender;
            _wasTold = true;
            _desk.Count(found);
            return OriginVerdicts.OfSender(check._limits, found);
        }

        private async Task<PolicyAnswer> AtContentAsync(PolicyFacts facts, CancellationToken deadline)
        {
            var began = _desk.Time.GetTimestamp();
            var (tap, sending, wasTold) = (_tap, _sender ?? Task.FromResult(new SenderFindings(null, null, null)), _wasTold || _sender is null);
            var message = tap is null ? null : await tap.CompleteAsync();
            var examined = message is null ? null : await _desk.Examiner.ExamineMessageAsync(parts, SubjectOf(facts), sending, message, deadline);
            var ofSender = wasTold ? PolicyAnswer.Pass : await AnswerSenderAsync(sending);
            var sender = await sending;
            var found = examined is not null ? check.Trusting(examined, message!)
                : new OriginFindings(ClientOf(facts), facts.Sender?.Mailbox, sender.Names, sender.Helo, sender.Spf, default, 0, null, null);
            if (tap is not null && examined is null)
            {
                found = OriginDesk.TooMuch(found, parts);
            }

            _desk.Count(found, began);
            var answer = OriginVerdicts.Together(ofSender, OriginVerdicts.OfMessage(check._limits, _desk.Settings.Authors, found));
            if (answer.Action != PolicyAction.Defer)
            {
                _desk.CountForReport(found, check._limits.Done(found.Dmarc));           // what is put off comes again
            }

            return answer with { Fields = check.FieldOf(found), Origin = found };
        }

        private static OriginSubject SubjectOf(PolicyFacts facts) => new(ClientOf(facts), facts.Hello?.Name ?? "", facts.Sender?.Mailbox);

        private static IPAddress ClientOf(PolicyFacts facts) => facts.Session.Peer?.Address ?? IPAddress.None;
    }
}
