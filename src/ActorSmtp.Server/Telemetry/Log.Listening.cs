using System.Net;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server.Telemetry;

/// <summary>Ids 1100 to 1199: listeners.</summary>
internal sealed partial class Log
{
    [LoggerMessage(1100, LogLevel.Information, "listening on {Address} as {Role}")]
    public partial void Listening(string actor, EndPoint address, string role);

    [LoggerMessage(1101, LogLevel.Warning, "421 to {Peer}: too many connections ({Total} open)")]
    public partial void TooManyConnections(string actor, EndPoint? peer, int total);

    [LoggerMessage(1102, LogLevel.Error, "cannot accept: {Kind}, {Detail}; trying again in {RetryIn}")]
    public partial void CannotAccept(string actor, AcceptTroubleKind kind, string detail, TimeSpan retryIn);

    [LoggerMessage(1103, LogLevel.Error, "cannot listen on {Address}: {Reason}")]
    public partial void CannotListen(string actor, string address, string reason);

    [LoggerMessage(1104, LogLevel.Information, "accepts no more; {Sessions} sessions end")]
    public partial void Unbound(string actor, int sessions);

    [LoggerMessage(1105, LogLevel.Error, "no session could be started for {Peer}; it was told 421 4.3.0")]
    public partial void CannotStartSession(string actor, EndPoint? peer, Exception fault);
}
