using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using ActorSmtp.Storage;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>MAIL (RFC 5321 §4.1.1.2) and its parameters.</summary>
internal sealed partial class SessionActor
{
    private const string PauseTimer = "pause";

    private State OnMail(Mail c)
    {
        if (!IsStillLoggedIn())
        {
            return LogOut();
        }

        if (MayNotSend() is { } no)
        {
            return Refuse(no);
        }

        if (!IsOwnSender(c.From))
        {
            _at.Log.SenderNotOwned(_talk.Actor, _talk.Id, StateData.User!, c.From);
            return Refuse(Replies.SenderNotOwned);                                          // RFC 6409 §6.1
        }

        if (c.Parameters.Size > _at.Limits.MessageSize)                                     // RFC 1870 §6.1
        {
            return Refuse(_at.MessageTooBig);
        }

        if (c.Parameters.RequireTls && !_talk.IsSecure)                                     // RFC 8689 §3
        {
            return Refuse(Replies.RequireTlsImpossible);
        }

        var pressure = _at.Store.Pressure;
        if (pressure.Level == PressureLevel.Full)
        {
            _at.Log.MailRefusedByStore(_talk.Actor, _talk.Id, pressure.Reason);
            return Refuse(pressure.Reason switch
            {
                PressureReason.Backlog => Replies.QueueFull,
                PressureReason.DiskFull => Replies.DiskFull,
                _ => Replies.StorageUnavailable,
            });
        }

        _mailAt = _talk.Instant;
        _chunksFollow = false;
        var opened = StateData with { Transaction = new Transaction(_at.NextId(), c, null) };
        return AsksPolicy(PolicySteps.Mail) ? Judge(new JudgedMail(StateData, opened)) : OpenTransaction(opened);
    }

    private State OpenTransaction(Session opened)
    {
        var pressure = _at.Store.Pressure;
        _talk.TakeUtf8(opened.Transaction!.Mail.Parameters.SmtpUtf8);
        if (pressure.Level == PressureLevel.Slow)
        {
            SetTimer(PauseTimer, PauseOver.Instance, pressure.Delay);
            _talk.WaitForOthers(Timeout.InfiniteTimeSpan);                                  // what is over comes for sure
            return Enter(S.Pausing, opened);                                           // asks for nothing meanwhile
        }

        Say(Replies.SenderOk);
        return Ask(S.Mail, opened);
    }

    private State OnPauseOver()
    {
        Say(Replies.SenderOk);
        return Ask(S.Mail, StateData);
    }

    /// <summary>What stands in the way of any mail from this peer, if anything.</summary>
    private Reply? MayNotSend()
    {
        if (_at.TlsIsRequired && !_talk.IsSecure)
        {
            return Replies.TlsRequired;                                                     // RFC 3207 §4
        }

        return _at.AuthIsRequired && StateData.User is null ? Replies.AuthRequired : null;  // RFC 4954 §6
    }

    /// <summary>Whoever is logged in sends as itself (<c>auth.sender-must-match</c>); reports from nobody, <c>&lt;&gt;</c>, are everybody's.</summary>
    private bool IsOwnSender(ReversePath from) =>
        _account is not { } account || !_at.Auth.SenderMustMatch || from.Mailbox is not { } mailbox
        || _at.Directory.Current.MaySendAs(account.Name, mailbox.LocalPart, mailbox.Domain.Canonical);

    private sealed class PauseOver : Akka.Actor.INoSerializationVerificationNeeded
    {
        public static readonly PauseOver Instance = new();
    }
}
