using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Storage;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Server.Sessions.SessionMessages;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What others think of the peer, a command or a message (docs/gatekeeping.md). An answer that is there at once is acted upon in the same turn; else the
/// session waits for it and reads nothing, so that pipelined commands are judged in their order. Where a listener names no check this is one field
/// that is null.
/// </summary>
internal sealed partial class SessionActor
{
    private PolicySeat? _seat;

    private bool AsksPolicy(PolicySteps step) => _seat?.Policy is { } policy && policy.Asks(step, StateData.User);

    /// <summary>Whose session it is, is known now, or known better; ends in <see cref="Judged"/> in any case.</summary>
    /// <param name="anew">What there is of the dialogue; null: it was not greeted yet.</param>
    private void BeginPolicy(Session? anew = null)
    {
        EndPolicy();
        var facts = _at.FactsOf(_talk);
        var policy = _at.Policy!.Begin(facts);
        var judgement = new JudgedConnection(anew ?? Session.New, WasGreeted: anew is not null);
        _seat = new PolicySeat(facts) { Policy = policy, About = judgement };
        _talk.WaitForOpinions(policy?.Patience ?? _at.Limits.CommandTimeout);
        if (policy is null || !policy.Asks(PolicySteps.Connect, judgement.Data.User))
        {
            Self.Tell(new Judged(judgement, PolicyAnswer.Pass), ActorRefs.NoSender);
            return;
        }

        Await(judgement, policy.AskAsync(PolicySteps.Connect, Facts(judgement.Data)));
    }

    private void EndPolicy()
    {
        _seat?.Policy?.Dispose();
        _seat = null;
    }

    /// <summary>The I/O thread may be showing content to the checks at this very moment: it ends them when it throws the message away.</summary>
    private void LeavePolicyTo(IMailWriter writer)
    {
        if (writer is GateWriter gate && _seat is { } seat)
        {
            gate.EndsWithIt = seat.Policy;
            seat.Policy = null;
        }
    }

    private PolicyFacts Facts(Session data) => new(
        _seat!.Facts, data.Hello, data.User, _talk.Tls, data.Transaction, _talk.Octets)
    {
        Mechanism = _talk.Mechanism,
        SpokeEarly = _seat.SpokeEarly,
    };

    private State Judge(Judgement judgement)
    {
        var (seat, policy) = (_seat!, _seat!.Policy!);
        var asked = policy.AskAsync(judgement.Step, Facts(judgement.Data));
        if (asked.IsCompletedSuccessfully)
        {
            return Act(judgement, asked.Result);
        }

        seat.About = judgement;
        _talk.WaitForOpinions(policy.Patience);
        Await(judgement, asked);
        return Enter(S.Judging, judgement.Data);
    }

    private void Await(Judgement judgement, ValueTask<PolicyAnswer> asked) =>
        asked.AsTask().PipeTo(Self, success: answer => new Judged(judgement, answer), failure: broken => new Judged(judgement, PolicyAnswer.Pass) { Fault = broken });

    private State OnJudged(Judged m)
    {
        if (_seat is not { } seat || !ReferenceEquals(m.About, seat.About))
        {
            return Stay();                                                                  // about somebody else than it is now
        }

        seat.About = null;
        _talk.TakeTime();
        return m.Fault is null ? Act(m.About, m.Answer) : throw new InvalidOperationException("A check broke the asking.", m.Fault);
    }

    /// <summary>
    /// Nobody is there any more who could go on, so nobody needs to think about it. A peer that has handed over a message and only ended its own side may still wait for the
    /// reply; that message is judged to its end.
    /// </summary>
    private State OnPeerLeft(PeerLeft m) =>
        _seat is { About: { } about } && (m.Wholly || about is not JudgedContent) ? HangUp("the peer left while checks were asked") : Stay();

    /// <summary>Keeps what was found, and does what was answered.</summary>
    private State Act(Judgement judgement, PolicyAnswer answer)
    {
        PolicyNews.Tell(_at, _talk, judgement.Step, judgement.Data.Transaction?.Id ?? default, answer);
        if (answer is { Action: PolicyAction.Defer or PolicyAction.Reject, Reply: { } no })
        {
            return Refuse(judgement, no);
        }

        switch (judgement)
        {
            case JudgedConnection { WasGreeted: true } m:
                Say(_at.Greeting);
                return Ask(S.Greeting, m.Data);

            case JudgedConnection:
                Welcome();
                return Enter(Welcoming);

            case JudgedHello m:
                return Welcome(m.Data, m.Reply, m.IsFirst);

            case JudgedMail m:
                return OpenTransaction(m.Data);

            case JudgedRcpt m:
                Say(Replies.RecipientOk);
                return Ask(S.Rcpt, m.Data);

            case JudgedContent m:
                return answer.Action == PolicyAction.Discard ? Discard(m.Data.Transaction!) : Keep(m, answer.Changes);

            default:
                throw new InvalidOperationException(judgement.ToString());
        }
    }

    private State Refuse(Judgement judgement, in Reply no)
    {
        if (no.Closes && judgement is not JudgedConnection)
        {
            Say(no);
            return End("a filter hung up");
        }

        switch (judgement)
        {
            case JudgedConnection when _at.TlsFirst && !_talk.IsSecure:
                return HangUp("refused by a check");                                        // nothing can be said before TLS

            case JudgedConnection:
                Say(PolicyLimits.AtConnect(no));
                return End("refused by a check");

            case JudgedMail:
                _seat!.Policy!.Reset();
                break;

            case JudgedRcpt m:
                _at.Metrics.RecipientsRefused.Add(1);
                _at.Log.RecipientRefused(_talk.Actor, _talk.Id, m.Data.Transaction!.Id, m.Data.Transaction.Recipients!.Recipient.Address.ToString(), no);
                break;

            case JudgedContent:
                return RefuseContent(no);
        }

        return Refuse(no, judgement.State, judgement.Before);
    }

    /// <summary>An administrator's filter wants it gone and its sender none the wiser.</summary>
    private State Discard(Transaction transaction)
    {
        DropTransaction();
        SayOutcome(transaction);
        return Ask(S.Ready, StateData with { Transaction = null });
    }

    /// <summary>All that a session has of this; one that asks nobody has not even that.</summary>
    private sealed class PolicySeat(SessionFacts facts)
    {
        public SessionFacts Facts => facts;

        /// <summary>Null: nobody has anything to do with this peer.</summary>
        public SessionPolicy? Policy { get; set; }

        /// <summary>The peer did not wait for the greeting.</summary>
        public bool SpokeEarly { get; set; }

        /// <summary>What is being asked about.</summary>
        public Judgement? About { get; set; }
    }

    /// <summary>What is asked about, and where the session stood before.</summary>
    private abstract record Judgement(PolicySteps Step, SessionState State, Session Before, Session Data);

    private sealed record JudgedConnection(Session Data, bool WasGreeted) : Judgement(PolicySteps.Connect, S.Greeting, Data, Data);

    private sealed record JudgedHello(Session Before, Session Data, Reply Reply, bool IsFirst)
        : Judgement(PolicySteps.Hello, Before.Hello is null ? S.Greeting : S.Ready, Before with { Transaction = null }, Data);

    private sealed record JudgedMail(Session Before, Session Data) : Judgement(PolicySteps.Mail, S.Ready, Before, Data);

    private sealed record JudgedRcpt(SessionState State, Session Before, Session Data) : Judgement(PolicySteps.Rcpt, State, Before, Data);

    private sealed record JudgedContent(Session Data, Envelope Envelope) : Judgement(PolicySteps.Content, S.Rcpt, Data, Data);

    /// <summary>Told to itself: the checks have answered.</summary>
    private sealed record Judged(Judgement About, PolicyAnswer Answer) : INoSerializationVerificationNeeded, Akka.Event.IDeadLetterSuppression
    {
        public Exception? Fault { get; init; }
    }
}
