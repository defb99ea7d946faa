using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>Why something is put off, in few enough classes to be counted.</summary>
public enum PutOffReason
{
    /// <summary>Names could not be looked up.</summary>
    Names,

    /// <summary>No server could be reached.</summary>
    Unreachable,

    /// <summary>TLS that is asked for could not be had.</summary>
    Tls,

    /// <summary>The dialogue broke, or nothing came in time.</summary>
    Broken,

    /// <summary>The server has no time: 421, or a code of class 4.3 or 4.4.</summary>
    Busy,

    /// <summary>The mailbox cannot take it now: 4.2.</summary>
    Mailbox,

    /// <summary>A policy, such as greylisting: 4.7, or 450 and 451 without more.</summary>
    Policy,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>Puts attempts that were put off into classes.</summary>
public static class PutOffReasons
{
    /// <summary>The class of an outcome <see cref="OutcomeKind.Later"/>.</summary>
    public static PutOffReason Of(AttemptReport report, RecipientOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(outcome);
        if (outcome.Reply is { } reply)
        {
            return OfReply(reply, outcome.Status);
        }

        return outcome.Status switch
        {
            (4, 4, 3 or 4) => PutOffReason.Names,
            (4, 7, _) => PutOffReason.Tls,
            _ => report.Phase switch
            {
                ClientState.Connecting => report.Host is null && report.Address is null ? PutOffReason.Names : PutOffReason.Unreachable,
                ClientState.AskingForTls or ClientState.Securing => PutOffReason.Tls,
                _ => PutOffReason.Broken,
            },
        };
    }

    private static PutOffReason OfReply(ServerReply reply, EnhancedCode status) => (reply.Code, reply.Enhanced ?? status) switch
    {
        (421, _) or (_, (_, 3 or 4, _)) => PutOffReason.Busy,
        (_, (_, 7, _)) or (450 or 451, (_, 0 or 2, 0)) => PutOffReason.Policy,       // greylisting says 4.7.1, 4.2.0 or nothing
        (_, (_, 2, _)) => PutOffReason.Mailbox,
        (452, _) => PutOffReason.Busy,
        _ => PutOffReason.Other,
    };
}
