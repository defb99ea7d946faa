using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Signing;

/// <summary>
/// Signs the mail of who logged in, and of neighbours, before its 250: the signature stands in the envelope, which is stable when the 250 is said, so each attempt to send it on has the
/// same one. No opinion of anybody, so it says no only where the machine cannot sign (<c>dkim.on-failure</c>).
/// </summary>
/// <param name="signer">Who signs.</param>
/// <param name="background">Where content is hashed while it comes, and where it is signed.</param>
/// <param name="memory">What may be held of messages for it, of all sessions together.</param>
internal sealed class SigningCheck(MailSigner signer, IBackground background, OctetBudget memory) : ICheck
{
    /// <summary>Its name in findings.</summary>
    public const string Word = "dkim-signature";

    public string Name => Word;

    public bool IsForEverybody => true;

    public bool DefersOnFailure => signer.DefersOnFailure;

    public ICheckOfSession? Begin(SessionFacts session) => signer.HasKeys ? new OfSession(this, session.IsNeighbour) : null;

    private OriginTap Watch(MailInSigning mail) => new(mail.Message, background, memory);

    /// <summary>On a background thread, once the last of the message is hashed.</summary>
    private async Task<PolicyAnswer> SignAsync(MailInSigning mail, OriginTap tap, ContentEdits? edits, string inFront)
    {
        try
        {
            if (await tap.CompleteAsync() is null)
            {
                return Failed("too many messages are signed at this moment");
            }

            var (fields, words) = MailSigner.IsTouched(mail.Plan, edits, inFront) ? ("", "a filter changes what would be signed") : signer.Sign(mail);
            return PolicyAnswer.Found(new Finding(Word, fields.Length > 0 ? "signed" : "unsigned", words)) with { Fields = fields };
        }
#pragma warning disable CA1031 // whatever it is, the settings say what becomes of the mail
        catch (Exception cannot)
#pragma warning restore CA1031
        {
            return Failed(cannot.Message);
        }
    }

    private PolicyAnswer Failed(string why)
    {
        var answer = DefersOnFailure ? new PolicyAnswer(PolicyAction.Defer, Replies.LocalFault) : PolicyAnswer.Pass;
        return answer with { Findings = [new Finding(Word, "failed", why)] };
    }

    /// <summary>One session's part: of each message that it has, a tap.</summary>
    private sealed class OfSession(SigningCheck check, bool isNeighbour) : ICheckOfSession
    {
        private (MailInSigning Mail, OriginTap Tap)? _now;

        public PolicySteps Steps => PolicySteps.Content;

        public IContentTap? Receive(PolicyFacts facts)
        {
            if (!isNeighbour && facts.User is null)
            {
                return null;
            }

            var mail = check._signer.Begin(facts.Sender?.Mailbox, isOfUser: facts.User is not null);
            var tap = check.Watch(mail);
            _now = (mail, tap);
            return tap;
        }

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) =>
            _now is { } now ? new(check.SignAsync(now.Mail, now.Tap, facts.Changes?.Edits, facts.Fields)) : new(PolicyAnswer.Pass);

        public void Reset()
        {
            _now?.Tap.Dispose();
            _now = null;
        }

        public void Dispose() => Reset();
    }

    private MailSigner _signer => signer;
}
