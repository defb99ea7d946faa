using System.Net;
using System.Text;
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

    /// <summary>A forwarder that is believed has seen the message pass: what the author's domain wants done with others' mail is not about it.</summary>
    private OriginFindings Trusting(OriginFindings found, SignedMessage message)
    {
        if (found is not { Dmarc: { Applies: not DmarcPolicy.None } dmarc, Chain: { } chain } || _desk.Settings.TrustedSealers.IsEmpty
            || ArcTrust.WhoSawPass(message.Header, chain, dmarc.Author, sealer => _desk.Settings.TrustedSealers.Contains(sealer)) is not { } witness)
        {
            return found;
        }

        return found with { Dmarc = dmarc with { Applies = DmarcPolicy.None, Reason = $"{dmarc.Reason}, but {witness}, who is trusted, saw it pass" } };
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

        public bool RemovesFields => check._limits.Shows;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) =>
            step == PolicySteps.Mail ? AtMail(facts) : new(AtContentAsync(facts, deadline));

        public IContentTap? Receive(PolicyFacts facts) =>
            (parts & Messages) == 0 ? null : _tap = new OriginTap(MessageOf(facts), _desk.Background, _desk.Memory);

        /// <summary>A field that says in our name what only we can say (RFC 8601 §5).</summary>
        public bool Removes(ReadOnlySpan<byte> field)
        {
            var colon = field.IndexOf((byte)':');
            return colon >= AuthenticationResults.FieldName.Length
                && Ascii.EqualsIgnoreCase(field[..colon].TrimEnd(" \t"u8), AuthenticationResults.FieldName)
                && AuthenticationResults.ClaimsToBeOf(Encoding.Latin1.GetString(field[(colon + 1)..]), _desk.Server);
        }

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

            var seals = message is null ? "" : await SealAsync(facts, message, found);
            _desk.Count(found, began);
            return OriginVerdicts.Together(ofSender, OriginVerdicts.OfMessage(check._limits, found)) with { Fields = seals + check.FieldOf(found) };
        }

        /// <summary>What is passed on says what was found, sealed; on a background thread, since it takes two milliseconds.</summary>
        private Task<string> SealAsync(PolicyFacts facts, SignedMessage message, OriginFindings found) =>
            _desk.Sealer is { } sealer && sealer.Wants(facts) && message.HasForm(Canonicalization.Relaxed)
                ? _desk.Background.Run(() => sealer.Seal(message, found, _desk.Server))
                : Task.FromResult("");

        /// <summary>One that is passed on is sealed, and needs the hash for that.</summary>
        private SignedMessage MessageOf(PolicyFacts facts) =>
            _desk.Sealer?.Wants(facts) == true ? new SignedMessage(_desk.Settings.Dkim, Canonicalization.Relaxed) : new SignedMessage(_desk.Settings.Dkim);

        private static OriginSubject SubjectOf(PolicyFacts facts) => new(ClientOf(facts), facts.Hello?.Name ?? "", facts.Sender?.Mailbox);

        private static IPAddress ClientOf(PolicyFacts facts) => facts.Session.Peer?.Address ?? IPAddress.None;
    }
}
