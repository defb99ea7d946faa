using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Sessions;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// How a handler's decision becomes words on the wire and a next state, and how a dialogue ends. <see cref="Say"/> and its kin are the only writers of
/// first lines.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    private Pop3State _afterSlowing;
    private bool _isLeaving;

    private void Say(in Pop3Reply reply)
    {
        _talk.Say(reply);
        LogSaid(reply.ToString());
    }

    /// <summary>Says an answer of several lines that was made beforehand, and goes on where it was.</summary>
    private State AnswerListing(in Pop3Reply first, ReadOnlySpan<byte> answer)
    {
        _talk.SayListing(first, answer);
        LogSaid(first.ToString());
        return Ask(StateName, StateData);
    }

    private void LogSaid(string line)
    {
        if (_at.Log.Dialogue)
        {
            _at.Log.Said(_talk.Actor, _talk.Id, StateName, line);
        }
    }

    /// <summary>Says it and goes on where it was.</summary>
    private State Answer(in Pop3Reply reply)
    {
        Say(reply);
        return Ask(StateName, StateData);
    }

    /// <summary>Asks the peer for its next command and goes to a state.</summary>
    private State Ask(Pop3State state, Pop3Session data)
    {
        if (_isLeaving)
        {
            Say(Pop3Replies.Of(Replies.ShuttingDown));
            return End("shutting down");
        }

        var next = Enter(state, data);
        _talk.IsPatient = state == S.Transaction;                                           // who has a mailbox open is not hurried (RFC 1939 §3)
        _talk.Next(_pop.Settings.IdleTimeout);
        return next;
    }

    private State Enter(Pop3State state) => Enter(state, StateData);

    /// <summary>Goes to a state, and leaves where it stands for those who look on (<see cref="Inspection.LiveSessions"/>).</summary>
    private State Enter(Pop3State state, Pop3Session data)
    {
        _talk.Data = data;
        if (state == StateName)
        {
            return ReferenceEquals(data, StateData) ? Stay() : Stay().Using(data);
        }

        _talk.State = state;
        if (_talk.IsWatched)
        {
            _talk.TellChanged(Pop3States.Word(StateName));
        }

        return ReferenceEquals(data, StateData) ? GoTo(state) : GoTo(state).Using(data);
    }

    /// <summary>What should have come before, as far as it can be told.</summary>
    private Pop3Reply OutOfPlace(Pop3Command c) => (StateName, c.Verb) switch
    {
        (S.Authorization, _) => Pop3Replies.LogInFirst,
        (S.Transaction, Pop3Verb.User or Pop3Verb.Pass or Pop3Verb.Auth) => Pop3Replies.AlreadyLoggedIn,
        _ => Pop3Replies.NotOffered,                                                        // STLS after the login (RFC 2595 §4)
    };

    private State Refuse(in Pop3Reply reply) => Refuse(reply, StateName, StateData);

    /// <summary>Says no, counts it, and goes on, unless it was one too many: after some the peer has to wait for its answer.</summary>
    private State Refuse(in Pop3Reply reply, Pop3State state, Pop3Session data)
    {
        var counted = data with { Errors = data.Errors + 1 };
        var limits = _at.Limits;
        if (counted.Errors >= limits.ErrorsPerSession)
        {
            Say(Pop3Replies.TooManyErrors);                                                 // in place of the other: each command has one answer
            return End("too many errors");
        }

        Say(reply);
        if (counted.Errors <= limits.ErrorsBeforeDelay || limits.ErrorDelay == TimeSpan.Zero)
        {
            return Ask(state, counted);
        }

        _afterSlowing = state;
        _talk.WaitAsPenance(limits.ErrorDelay);                                             // no timer: the sweep of deadlines ends it
        return Enter(S.Slowing, counted);
    }

    /// <summary>RFC 1939 §3: the connection is closed, nothing is removed, and nothing is said.</summary>
    private State OnDeadlinePassed(SessionMessages.DeadlinePassed m)
    {
        if (m.Deadline != _talk.Deadline)
        {
            return Stay();                                                                  // something came meanwhile
        }

        return StateName switch
        {
            S.Identifying => HangUp("no header of a proxy in time"),
            S.Slowing => Ask(_afterSlowing, StateData),
            S.Listing => HangUp("reads too slowly"),
            S.Retrieving => HangUp(_talk.WaitsForOthers ? "no answer from the inside" : "reads too slowly"),
            _ when _talk.WaitsForOthers => EndByFault(),
            _ => End("idle too long"),
        };
    }

    private State EndByFault()
    {
        Say(Pop3Replies.Of(Replies.ServerFault));                                           // not the peer's fault; it will try again
        return End("no answer from the inside");
    }

    private State OnForeignTongue()
    {
        Say(Pop3Replies.NotPop3);
        return End("not POP3");
    }

    private State OnLineWithoutEnd()
    {
        Say(Pop3Replies.LineWithoutEnd);
        return End("line without an end");
    }

    /// <summary>A removal, and an answer that has begun, are finished first; everything else ends now.</summary>
    private State OnShutDown()
    {
        _isLeaving = true;
        if (StateName is S.Update or S.Listing or S.Retrieving)
        {
            return Stay();
        }

        if (StateName is S.Identifying or S.Securing)
        {
            return HangUp("shutting down");
        }

        Say(Pop3Replies.Of(Replies.ShuttingDown));
        return End("shutting down");
    }

    /// <summary>Runs once, however the dialogue ended: nothing of it is left behind.</summary>
    private void OnEnd()
    {
        EndReading();
        CloseMaildrop();
        if (!_over)                                                                         // stopped from outside
        {
            _over = true;
            _why = "stopped";
            _talk.Abort();
        }

        _talk.TellClosed(_why);
    }

    /// <summary>A bug in a handler costs this dialogue and nothing else: the peer is told the id by which the log tells more.</summary>
    protected override bool AroundReceive(Akka.Actor.Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception broken)
        {
            if (Broke(message, broken))
            {
                if (StateName is S.Listing or S.Retrieving)
                {
                    _talk.Abort();
                }
                else
                {
                    _talk.Say(Pop3Replies.SessionFailed(_talk.Id));
                    _talk.Close();
                }
            }

            throw;
        }
    }
}
