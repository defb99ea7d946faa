using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using static ActorSmtp.Client.ClientMessages;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Client.ClientState, ActorSmtp.Client.Dialogue>;
using S = ActorSmtp.Client.ClientState;

namespace ActorSmtp.Client;

/// <summary>MAIL and RCPT: one flight where the server pipelines (RFC 2920), one at a time where it does not; a result for each recipient.</summary>
public sealed partial class ClientActor
{
    private ServerReply? _mailRefused;

    private State OnSend(MailToSend mail)
    {
        if (_talk.HasUnreadInput)
        {
            return Break(SaidTooMuch, null, mayRetry: true);
        }

        var offered = StateData.Offered;
        if (WhyImpossible(mail, offered) is var (code, no))
        {
            _owner.Tell(new Sent([.. mail.Recipients.Select(r => new RecipientResult(r.Address, false, null, S.Ready, no) { Lack = code })], null));
            return Stay();
        }

        var begun = StateData with { Mail = mail, Results = [.. new RecipientResult?[mail.Recipients.Length]], Replies = 0, Final = null };
        _talk.Say(CommandWriter.Mail(mail.From, ParametersFor(mail, offered)));
        if (offered.Pipelining)
        {
            foreach (var recipient in mail.Recipients)
            {
                SayRcpt(recipient, offered);
            }

            if (!UsesChunks(mail, offered))
            {
                _talk.Say("DATA");                                      // RFC 2920 §3.1: last in its group
            }
        }

        _talk.Next();
        return GoTo(S.Envelope).Using(begun);
    }

    /// <summary>RFC 5321 §4.5.3.1.10: neither is about the recipient itself.</summary>
    private static bool IsOneTooMany(ServerReply reply) => reply is { Code: 452 or 552, Enhanced: null or { Subject: 5, Detail: 3 } };

    /// <summary>
    /// There were more replies than commands, so that nobody knows which belongs to whom: none of this transaction's counts, refusals least of all.
    /// </summary>
    private State OutOfStep()
    {
        var results = StateData.Mail!.Recipients.Select(r => new RecipientResult(r.Address, false, null, StateName, SaidTooMuch) { Broken = true });
        _owner.Tell(new Failed(StateName, SaidTooMuch, null, MayRetry: true, MayBeSent: false) { Results = [.. results] });
        return Over();
    }

    private void SayRcpt(RecipientToSend r, Extensions offered) => _talk.Say(CommandWriter.Rcpt(
        r.Address, offered.Dsn ? new RcptParameters { Notify = r.Notify, Original = r.Original } : RcptParameters.None));

    /// <summary>What the message needs and the server has not, with its code; null: nothing.</summary>
    private (EnhancedCode Code, string Why)? WhyImpossible(MailToSend mail, Extensions offered)
    {
        var kind = mail.Content.Kind;
        if (mail.RequireTls && !(_talk.IsSecure && offered.RequireTls))
        {
            return (new(5, 7, 30), "REQUIRETLS was asked for and the server does not offer it");            // RFC 8689 §4.2.1, §8.2
        }

        if (mail.RequireTls && _talk.Tls?.CertificateProblem is { } problem)
        {
            return (new(5, 7, 30), $"REQUIRETLS was asked for and the server's certificate could not be verified: {problem}");  // RFC 8689 §2, §4.2.1
        }

        if (!offered.SmtpUtf8 && (kind.HasUtf8Headers || mail.From.Mailbox is { IsInternational: true } || mail.Recipients.Any(r => r.Address.IsInternational)))
        {
            return (new(5, 6, 7), "addresses or headers are in UTF-8 and the server does not offer SMTPUTF8");      // RFC 6531 §3.2, §3.5
        }

        if (kind.IsBinary && !(offered.BinaryMime && offered.Chunking))
        {
            return (new(5, 6, 3), "the content is binary and the server does not offer BINARYMIME");        // RFC 3030 §3
        }

        if (kind.Has8Bit && !offered.EightBitMime)
        {
            return (new(5, 6, 3), "the content is 8-bit and the server does not offer 8BITMIME");           // RFC 6152 §3
        }

        return offered.Size is > 0 and var limit && mail.Content.Length > limit
            ? (new(5, 3, 4), $"the message has {mail.Content.Length} octets and the server takes {limit}")  // RFC 1870 §6.1
            : null;
    }

    private static MailParameters ParametersFor(MailToSend mail, Extensions offered) => new()
    {
        Size = offered.Size is null ? null : mail.Content.Length,
        Body = mail.Content.Kind.IsBinary ? BodyType.BinaryMime
            : mail.Content.Kind.Has8Bit ? BodyType.EightBitMime
            : BodyType.SevenBit,
        SmtpUtf8 = mail.Content.Kind.HasUtf8Headers
            || mail.From.Mailbox is { IsInternational: true } || mail.Recipients.Any(r => r.Address.IsInternational),
        RequireTls = mail.RequireTls,
        Return = offered.Dsn ? mail.Return : DsnReturn.Unspecified,
        EnvelopeId = offered.Dsn ? mail.EnvelopeId : null,
    };

    /// <summary>Replies come in the order of the commands (RFC 2920 §3.1): MAIL's first, then one for each RCPT.</summary>
    private State OnEnvelopeReply(ServerReply reply)
    {
        var (mail, offered) = (StateData.Mail!, StateData.Offered);
        var at = StateData.Replies;
        var results = StateData.Results;
        if (reply.Code == 421)
        {
            return Break("the server is closing", reply, mayRetry: true);       // RFC 5321 §3.8
        }

        if (at == 0)
        {
            _mailRefused = reply.IsPositive ? null : reply;
            if (_mailRefused is not null && !offered.Pipelining)
            {
                return AllRefused(reply, S.Envelope);                   // no transaction was opened: nothing to reset
            }
        }
        else
        {
            var decided = _mailRefused ?? reply;
            results = results.SetItem(at - 1, reply.IsPositive && _mailRefused is null
                ? null
                : new RecipientResult(mail.Recipients[at - 1].Address, false, decided, S.Envelope) { IsOneTooMany = _mailRefused is null && IsOneTooMany(reply) });
        }

        var next = StateData with { Replies = at + 1, Results = results };
        if (at < mail.Recipients.Length)
        {
            if (!offered.Pipelining)
            {
                if (_talk.HasUnreadInput)
                {
                    return OutOfStep();
                }

                SayRcpt(mail.Recipients[at], offered);
            }

            _talk.Next();
            return Stay().Using(next);
        }

        return AfterEnvelope(next, anyAccepted: results.Any(r => r is null));
    }

    private State AfterEnvelope(Dialogue next, bool anyAccepted)
    {
        var (mail, offered) = (next.Mail!, next.Offered);
        if (!offered.Pipelining && _talk.HasUnreadInput)
        {
            return OutOfStep();
        }

        if (UsesChunks(mail, offered))
        {
            return anyAccepted ? BeginChunks(next) : Reset(next);
        }

        if (!offered.Pipelining)
        {
            if (!anyAccepted)
            {
                return Reset(next);
            }

            _talk.Say("DATA");
        }

        _talk.Next();                                                   // DATA's reply
        return GoTo(S.AskingForData).Using(next);
    }

    /// <summary>Nobody was accepted, or the content was refused before it was sent: the transaction is given up (RFC 5321 §4.1.1.5).</summary>
    private State Reset(Dialogue next)
    {
        _talk.Say("RSET");
        _talk.Next();
        return GoTo(S.Resetting).Using(next);
    }

    /// <summary>The message's fate is known; a server that refuses RSET is left.</summary>
    private State OnResetReply(ServerReply reply) =>
        reply.IsPositive ? Done(StateData.Final, StateData.Results) : EndAfterResults();

    private State EndAfterResults()
    {
        _owner.Tell(new Sent([.. StateData.Results.Select(r => r!)], StateData.Final) { IsLast = true });
        return Over();
    }

    private State AllRefused(ServerReply reply, ClientState phase)
    {
        var refused = StateData.Mail!.Recipients.Select(r => (RecipientResult?)new RecipientResult(r.Address, false, reply, phase));
        return Done(reply, [.. refused]);
    }

    /// <summary>Every recipient has its result. After 421 the server is gone (RFC 5321 §3.8).</summary>
    private State Done(ServerReply? final, ImmutableArray<RecipientResult?> results)
    {
        _owner.Tell(new Sent([.. results.Select(r => r!)], final) { IsLast = final is { Code: 421 } });
        return final is { Code: 421 } ? Over() : GoTo(S.Ready).Using(StateData with { Mail = null, Results = [] });
    }
}
