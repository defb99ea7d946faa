using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Scenarios;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Misbehaviour on request, for test suites (docs/testing-with-actorsmtp.md). What is heard is looked at before its handler sees it; where a scenario
/// wants something else, the session hears that in its place. Without scenarios this is one field's read for each thing heard.
/// </summary>
internal sealed partial class SessionActor
{
    private const string ScenarioTimer = "scenario";

    private object? _letThrough;

    /// <summary>What the session hears in place of <paramref name="heard"/>; itself where no scenario is about it.</summary>
    private object Scripted(object heard)
    {
        if (ReferenceEquals(heard, _letThrough))
        {
            _letThrough = null;
            return heard;
        }

        ScenarioStep? step = heard switch
        {
            SmtpCommand.Ehlo or SmtpCommand.Helo or SmtpCommand.Lhlo => ScenarioStep.Hello,
            SmtpCommand.StartTls => ScenarioStep.StartTls,
            SmtpCommand.Auth => ScenarioStep.Auth,
            SmtpCommand.Mail when StateName == S.Ready => ScenarioStep.Mail,
            SmtpCommand.Rcpt when StateName is S.Mail or S.Rcpt => ScenarioStep.Rcpt,
            SmtpCommand.Data when StateName == S.Rcpt => ScenarioStep.Data,
            SmtpCommand.Bdat when StateName == S.Rcpt => ScenarioStep.Data,
            SessionMessages.BodyEnded { Facts.MoreChunks: false } when StateName == S.Body => ScenarioStep.Content,
            SessionMessages.Stored when StateName == S.Storing => ScenarioStep.Stored,
            _ => null,
        };
        return step is { } at && EffectAt(at, heard) is { } effect ? new Deviation(effect, at, heard) : heard;
    }

    private ScenarioEffect? EffectAt(ScenarioStep step, object? heard)
    {
        var transaction = StateData?.Transaction;
        return _at.Scenarios.At(new ScenarioFacts(
            step,
            _at.Listener,
            (_talk.Peer as IPEndPoint)?.Address,
            heard switch
            {
                SmtpCommand.Ehlo c => c.Name.ToString(),
                SmtpCommand.Helo c => c.Name.ToString(),
                SmtpCommand.Lhlo c => c.Name.ToString(),
                _ => StateData?.Hello?.Name,
            },
            StateData?.User,
            heard is SmtpCommand.Mail m ? m.From.Mailbox?.ToString() : transaction?.Mail.From.Mailbox?.ToString(),
            heard is SmtpCommand.Rcpt r ? [r.To.Mailbox?.ToString() ?? "postmaster"] : step is ScenarioStep.Content or ScenarioStep.Stored ? [.. transaction!.InOrder().Select(a => a.Address.ToString())] : []));
    }

    /// <summary>Before the greeting. True: a scenario has taken over.</summary>
    private bool DeviatesAtConnect()
    {
        if (!_at.Scenarios.IsActive || EffectAt(ScenarioStep.Connect, null) is not { } effect)
        {
            return false;
        }

        Self.Tell(new Deviation(effect, ScenarioStep.Connect, null), ActorRefs.NoSender);
        return true;
    }

    private State OnDeviation(Deviation d)
    {
        if (d.Effect.Pending is { } pending)
        {
            _talk.WaitForOthers(Timeout.InfiniteTimeSpan);                                  // a question to a database ends
            pending.PipeTo(Self, success: effect => d with { Effect = effect }, failure: _ => d with { Effect = ScenarioEffect.None });
            return Stay();
        }

        if (d.Effect.Delay > TimeSpan.Zero)
        {
            _talk.WaitForOthers(Timeout.InfiniteTimeSpan);                                  // what is over comes for sure
            SetTimer(ScenarioTimer, d with { Effect = d.Effect with { Delay = TimeSpan.Zero } }, d.Effect.Delay);
            return Stay();
        }

        if (d.Effect.FailHandshake || d.Effect.Drop)
        {
            if (d is { Effect.FailHandshake: true, Step: ScenarioStep.StartTls })
            {
                Say(Replies.ReadyForTls);
            }

            DropTransaction();
            return End("a scenario dropped the link");
        }

        if (d.Effect.Reply is { } reply)
        {
            return OnScriptedReply(d, reply);
        }

        if (d.Heard is null)
        {
            if (_at.Policy is null)
            {
                Welcome();
            }
            else
            {
                BeginPolicy();
            }

            return Stay();
        }

        _letThrough = d.Heard;
        Self.Tell(d.Heard, ActorRefs.NoSender);
        return Stay();
    }

    private State OnScriptedReply(Deviation d, Reply reply)
    {
        switch (d.Step)
        {
            case ScenarioStep.Connect:
                Say(reply);
                return End("a scenario refused the connection");

            case ScenarioStep.Content:
                var count = RepliesToMessage();
                DropTransaction();
                return RefuseMessage(reply, count);

            case ScenarioStep.Stored:
                return RefuseMessage(reply, RepliesToMessage());                             // and yet it is delivered

            default:
                return d.Heard is SmtpCommand.Bdat chunk ? OnRefusedBdat(chunk, reply) : Refuse(reply);
        }
    }

    /// <summary>Told to itself: a scenario wants something else than what was heard would bring.</summary>
    private sealed record Deviation(ScenarioEffect Effect, ScenarioStep Step, object? Heard) : INoSerializationVerificationNeeded;
}
