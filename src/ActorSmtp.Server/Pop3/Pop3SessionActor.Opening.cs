using Akka.Actor;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Proxy;
using ActorSmtp.Server.Listening;
using ActorSmtp.Storage.Access;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// What opens: the connection (a proxy's header, TLS first or STLS, the greeting), and after the login the mailbox (RFC 1939 §4): its lock, then its list.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    private MaildropLock? _lock;
    private Maildrop? _maildrop;

    /// <summary>The server speaks first (RFC 1939 §4), unless a proxy has to, or TLS comes first (RFC 8314 §3.2).</summary>
    private void OnConnected()
    {
        _talk.Begin(Self);
        if (_at.IsProxied)
        {
            _talk.AwaitProxyHeader();
            return;
        }

        _talk.TellOpened();
        Welcome();
    }

    private void Welcome()
    {
        if (_at.TlsFirst)
        {
            _talk.StartTls(_at.Tls!);
        }
        else
        {
            Greet();
        }
    }

    private void Greet()
    {
        Say(_pop.Greeting);
        _talk.Next(_pop.Settings.IdleTimeout);
    }

    private State OnProxied(ProxyHeader? header)
    {
        if (header is null)
        {
            _talk.TellUnproxied();
            return HangUp("no header of a proxy");
        }

        var admission = _talk.TakeProxyHeader(header);
        if (admission != Admission.In)
        {
            if (!_at.TlsFirst)
            {
                Say(Pop3Replies.Of(Admissions.ReplyTo(admission)));
            }

            return End("too many connections");
        }

        Welcome();
        return Enter(_at.TlsFirst ? S.Securing : S.Authorization);
    }

    private State OnStls()
    {
        if (_talk.IsSecure)
        {
            return Refuse(Pop3Replies.AlreadySecure);
        }

        if (!_at.TlsIsOffered)
        {
            return Refuse(Pop3Replies.NotOffered);
        }

        if (_talk.HasUnreadInput)                                       // CVE-2011-0411: it would be read as if it came inside TLS
        {
            _at.Log.InputBehindStartTls(_talk.Actor, _talk.Id);
            Say(Pop3Replies.NothingAfterStls);
            return End("input behind STLS");
        }

        Say(Pop3Replies.ReadyForTls);
        _talk.StartTls(_at.Tls!);
        return Enter(S.Securing);
    }

    /// <summary>RFC 2595 §4: whatever was said before is forgotten.</summary>
    private State OnSecured()
    {
        _talk.TellSecured();
        if (_at.TlsFirst)
        {
            Greet();
        }
        else
        {
            _talk.Next(_pop.Settings.IdleTimeout);
        }

        return Enter(S.Authorization, Pop3Session.New with { Errors = StateData.Errors, FailedLogins = StateData.FailedLogins });
    }

    /// <summary>The mailbox becomes this session's alone, and its messages are listed.</summary>
    private State Open(string account)
    {
        switch (_pop.Claims.TryClaim(account, _at.Clock.Now, out _lock))
        {
            case Claim.InUse:
                _at.Log.MaildropInUse(_talk.Actor, _talk.Id, account);
                return RefuseOpening(Pop3Replies.InUse);

            case Claim.TooSoon:
                return RefuseOpening(Pop3Replies.LoginTooSoon);
        }

        _talk.WaitForOthers(Timeout.InfiniteTimeSpan);                                      // a large one takes its time
        MailboxSnapshot.TakeAsync(_pop.Reader, account, _lock!.TryTake, CancellationToken.None).PipeTo(
            Self,
            success: messages => messages is null ? new CannotOpen(null) : new Opened(messages),
            failure: fault => new CannotOpen(fault.Message));
        return Enter(S.Opening, StateData with { Name = null, User = account });
    }

    private State OnOpened(Opened m)
    {
        _maildrop = new Maildrop(_lock!.Account, m.Messages);
        _at.Log.MaildropOpened(_talk.Actor, _talk.Id, _maildrop.Account, _maildrop.Count, _maildrop.Octets);
        Say(Pop3Replies.Welcome(_maildrop.Count, _maildrop.Octets));
        return Ask(S.Transaction, StateData);
    }

    /// <param name="m">Without a reason: there is no room for the list.</param>
    private State OnCannotOpen(CannotOpen m)
    {
        var account = _lock!.Account;
        CloseMaildrop();
        if (m.Reason is null)
        {
            _at.Log.NoRoomForMaildrop(_talk.Actor, _talk.Id, account);
            return RefuseOpening(Pop3Replies.NoRoom);
        }

        _at.Log.MaildropUnreadable(_talk.Actor, _talk.Id, account, m.Reason);
        return RefuseOpening(Pop3Replies.Unreadable);
    }

    /// <summary>The login was right, the mailbox cannot be had; whoever wants may try again.</summary>
    private State RefuseOpening(in Pop3Reply because)
    {
        _account = null;
        return Refuse(because, S.Authorization, StateData with { Name = null, User = null });
    }

    /// <summary>Gives back the lock and the memory, however it came to this; a list that is still being made is given up.</summary>
    private void CloseMaildrop()
    {
        _lock?.Release();
        _lock = null;
        _maildrop = null;
    }

    private sealed record Opened(MailboxSnapshot Messages) : INoSerializationVerificationNeeded;

    private sealed record CannotOpen(string? Reason);
}
