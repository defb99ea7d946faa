using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// How a handler's decision becomes words on the wire and a next state, and how a dialogue ends. <see cref="Say"/> is the only writer.
/// </summary>
internal sealed partial class SessionActor
{
    private SessionState _afterSlowing;
    private bool _isLeaving;    // the server goes down: this command is the last
    private int _junk;          // commands that brought no mail forward, since the last message

    private void Say(in Reply reply)
    {
        _talk.Say(reply);
        if (_at.Log.Dialogue)
        {
            _at.Log.Said(_talk.Actor, _talk.Id, StateName, reply.ToString());
        }
    }

    /// <summary>Says it, counts it as something that brings no mail forward, and goes on where it was.</summary>
    private State AnswerJunk(in Reply reply)
    {
        Say(reply);
        return AskAfterJunk(StateName, StateData);
    }

    /// <summary>As <see cref="Ask"/>, unless there has been so much of this that it counts as an error.</summary>
    private State AskAfterJunk(SessionState state, Session data) =>
        ++_junk <= _at.Limits.JunkCommands ? Ask(state, data) : AskAfterError(state, data);

    /// <summary>Asks the peer for its next command and goes to a state.</summary>
    private State Ask(SessionState state, Session data)
    {
        CountRecipients(data.Transaction);
        if (_isLeaving)
        {
            Say(Replies.ShuttingDown);
            return End("shutting down");
        }

        if (state == StateName)
        {
            _talk.Data = data;
            AskNext(state);
            return ReferenceEquals(data, StateData) ? Stay() : Stay().Using(data);
        }

        var next = Enter(state, data);
        AskNext(state);
        return next;
    }

    private void AskNext(SessionState state)
    {
        if (state == S.Chunks)
        {
            _talk.NextChunk(_at.Limits.CommandTimeout);
        }
        else
        {
            _talk.Next(state == S.Greeting ? _at.Limits.HelloTimeout : _at.Limits.CommandTimeout);
        }
    }

    private State Enter(SessionState state) => Enter(state, StateData);

    /// <summary>Goes to a state, and leaves where it stands for those who look on (<see cref="Inspection.LiveSessions"/>).</summary>
    private State Enter(SessionState state, Session data)
    {
        _talk.Data = data;
        _talk.State = state;
        if (_talk.IsWatched)
        {
            _talk.TellChanged(LiveSessions.Word(StateName));
        }

        return ReferenceEquals(data, StateData) ? GoTo(state) : GoTo(state).Using(data);
    }

    /// <summary>What should have come before, as far as it can be told.</summary>
    private Reply OutOfSequence(SmtpCommand c) => (StateName, c) switch
    {
        (S.Greeting, _) => Replies.HelloFirst,
        (S.Ready, SmtpCommand.Rcpt or SmtpCommand.Data) => Replies.MailFirst,
        (S.Mail or S.Rcpt or S.Chunks, SmtpCommand.Mail) => Replies.NestedMail,
        (S.Mail or S.Rcpt or S.Chunks, SmtpCommand.Auth) => Replies.AuthAmidTransaction,
        _ => Replies.BadSequence,
    };

    private State Refuse(in Reply reply) => Refuse(reply, StateName, StateData);

    /// <summary>Says no, counts it, and goes on, unless it was one too many.</summary>
    private State Refuse(in Reply reply, SessionState state, Session data)
    {
        if (!reply.IsPermanent)
        {
            Say(reply);
            return AskAfterJunk(state, data);                                               // "not now" a hundred times over is a flood too
        }

        Say(reply);
        return AskAfterError(state, data);
    }

    /// <summary>As <see cref="Ask"/>, but with one error more: after some the peer has to wait for its answer, after many it has to go.</summary>
    private State AskAfterError(SessionState state, Session data)
    {
        var counted = data with { Errors = data.Errors + 1 };
        var limits = _at.Limits;
        if (counted.Errors >= limits.ErrorsPerSession)
        {
            Say(Replies.TooManyErrors);
            return End("too many errors");
        }

        if (counted.Errors <= limits.ErrorsBeforeDelay || limits.ErrorDelay == TimeSpan.Zero)
        {
            return Ask(state, counted);
        }

        _afterSlowing = state;
        _talk.WaitAsPenance(limits.ErrorDelay);                                             // no timer: the sweep of deadlines ends it
        return Enter(S.Slowing, counted);
    }

    /// <summary>RFC 5321 §4.5.3.2.7: nothing came for too long.</summary>
    private State OnDeadlinePassed(SessionMessages.DeadlinePassed m)
    {
        if (m.Deadline != _talk.Deadline)
        {
            return Stay();                                                                  // something came meanwhile
        }

        switch (StateName)
        {
            case S.Identifying:
                return HangUp("no header of a proxy in time");
            case S.Hesitating:
                return OnSilenceOver();
            case S.Slowing:
                return Ask(_afterSlowing, StateData);
        }

        if (_talk.WaitsForOthers)
        {
            Say(Replies.ServerFault);                                                       // not the peer's fault; it will try again
            return End("no answer from the inside");
        }

        Say(StateName is S.Body or S.Discarding ? Replies.TooSlow : Replies.IdleTooLong);
        return End("idle too long");
    }

    private State OnForeignTongue()
    {
        Say(Replies.NotSmtp);
        return End("not SMTP");
    }

    private State OnLineWithoutEnd()
    {
        Say(Replies.LineWithoutEnd);
        return End("line without an end");
    }

    /// <summary>A message that is on its way, to us or to the disk, is finished and answered first; everything else ends now.</summary>
    private State OnShutDown(SessionMessages.ShutDown m)
    {
        if (StateName is S.Body or S.Storing || (StateName == S.Judging && _writer is not null))
        {
            _isLeaving = true;
            return Stay();
        }

        Say(Replies.ShuttingDown);
        return End("shutting down");
    }

    /// <summary>Runs once, however the dialogue ended: nothing of it is left behind.</summary>
    private void OnEnd()
    {
        if (StateName == S.Body && _writer is not null)
        {
            LeavePolicyTo(_writer);
            _writer = null;
            _talk.AbandonBody();
        }

        DropTransaction();
        EndPolicy();
        CountRecipients(null);
        if (!_over)                                                                         // stopped from outside
        {
            _over = true;
            _why = "stopped";
            _talk.Say(Replies.ShuttingDown);
            _talk.Close();
        }

        _talk.TellClosed(_why);
    }

    /// <summary>A bug in a handler costs this dialogue and nothing else: 421 with the id by which the log tells more.</summary>
    protected override bool AroundReceive(Akka.Actor.Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, _at.Scenarios.IsActive ? Scripted(message) : message);
        }
        catch (Exception broken)
        {
            if (Broke(message, broken))
            {
                _talk.Say(Replies.SessionFailed(_talk.Id));
                _talk.Close();
            }

            throw;
        }
    }
}
