using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Storage;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>Ids 1200 to 1299: sessions.</summary>
internal sealed partial class Log
{
    [LoggerMessage(1200, LogLevel.Debug, "connected from {Peer}")]
    public partial void SessionOpened(string actor, string session, EndPoint? peer);

    [LoggerMessage(1201, LogLevel.Debug, "ended: {Reason}")]
    public partial void SessionClosed(string actor, string session, string reason);

    [LoggerMessage(1202, LogLevel.Debug, "C: {Line}")]
    public partial void Heard(string actor, string session, string line);

    [LoggerMessage(1203, LogLevel.Debug, "S: {Reply}")]
    public partial void Said(string actor, string session, SessionState state, string reply);

    [LoggerMessage(1204, LogLevel.Information, "accepted {Tx} from {From} for {Recipients}, {Octets} octets", SkipEnabledCheck = true)]
    private partial void MailAcceptedSlowly(string actor, string session, string tx, string from, int recipients, long octets);

    /// <summary>A message is stable and will be delivered.</summary>
    public void MailAccepted(string actor, string session, MailId tx, ReversePath from, int recipients, long octets)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            MailAcceptedSlowly(actor, session, tx.ToString(), from.ToString(), recipients, octets);
        }
    }

    [LoggerMessage(1205, LogLevel.Warning, "refused recipient {Recipient} of {Tx}: {Reply}")]
    public partial void RecipientRefused(string actor, string session, MailId tx, string recipient, Reply reply);

    [LoggerMessage(1206, LogLevel.Warning, "refused message {Tx}: {Reply}")]
    public partial void MessageRefused(string actor, string session, MailId tx, Reply reply);

    [LoggerMessage(1207, LogLevel.Warning, "refused MAIL: the store is full ({Reason})")]
    public partial void MailRefusedByStore(string actor, string session, PressureReason reason);

    [LoggerMessage(1208, LogLevel.Error, "message {Tx} could not be stored: {Failure}")]
    public partial void StoreFailed(string actor, string session, MailId tx, StoreFailure failure);

    [LoggerMessage(1209, LogLevel.Error, "the session broke in {State} on {Message}; the peer was told 421 4.3.0")]
    public partial void SessionBroke(string actor, string session, SessionState state, string message, Exception fault);

    [LoggerMessage(1210, LogLevel.Information, "{User} logged in with {Mechanism}")]
    public partial void LoggedIn(string actor, string session, string user, string mechanism);

    [LoggerMessage(1211, LogLevel.Warning, "login denied with {Mechanism}: {Reason}")]
    public partial void LoginDenied(string actor, string session, string mechanism, DenialReason reason);

    [LoggerMessage(1213, LogLevel.Warning, "message {Tx} came with {BareCrs} bare CR and {BareLfs} bare LF; stored with CRLF, a strict server refuses it")]
    public partial void NewlinesNormalized(string actor, string session, MailId tx, long bareCrs, long bareLfs);

    [LoggerMessage(1212, LogLevel.Warning, "input behind STARTTLS was refused")]
    public partial void InputBehindStartTls(string actor, string session);
}
