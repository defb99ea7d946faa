using ActorSmtp.Client;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// What a dialogue came to, as the queue has it: taken, later or never, with a code of RFC 3463. A server's 5xx is its word; everything that is not quite a word of a server, or not
/// about the message, is for later: a queue that waits loses nothing.
/// </summary>
internal static class Outcomes
{
    /// <summary>The address is fine and the host does not answer.</summary>
    private static readonly EnhancedCode s_noAnswer = new(4, 4, 1);
    private static readonly EnhancedCode s_badConnection = new(4, 4, 2);
    private static readonly EnhancedCode s_protocol = new(4, 5, 0);
    private static readonly EnhancedCode s_ours = new(4, 3, 0);

    /// <summary>Encryption is needed and cannot be had; other than the code of the same meaning of class 5, a later attempt may find it.</summary>
    private static readonly EnhancedCode s_noTls = new(4, 7, 4);

    /// <summary>Encryption failed: a handshake, or a certificate.</summary>
    private static readonly EnhancedCode s_badTls = new(4, 7, 5);
    private static readonly EnhancedCode s_noLogin = new(4, 7, 8);

    /// <summary>What became of one recipient of a transaction.</summary>
    /// <param name="recipient">Its place in the envelope.</param>
    /// <param name="reports">The server has DSN (RFC 3461): it reports itself.</param>
    /// <param name="failure">How the dialogue broke, where it did.</param>
    public static RecipientOutcome Of(int recipient, RecipientResult result, bool reports, ClientMessages.Failed? failure)
    {
        if (result.Accepted)
        {
            var code = result.Reply?.Enhanced is { Class: 2 } own ? own : new EnhancedCode(2, 0, 0);
            return new RecipientOutcome(recipient, reports ? OutcomeKind.Delivered : OutcomeKind.Relayed, code, result.Reply, null);
        }

        if (result.Lack is { } lack)
        {
            return new RecipientOutcome(recipient, OutcomeKind.Never, lack, null, result.Why);
        }

        if (result.Broken || result.Reply is null)
        {
            return failure is null
                ? new RecipientOutcome(recipient, OutcomeKind.Later, s_badConnection, result.Reply, result.Why)
                : Of(recipient, failure, mayBeNever: false);
        }

        return result.IsOneTooMany                                      // whatever its class: RFC 5321 §4.5.3.1.10
            ? new RecipientOutcome(recipient, OutcomeKind.Later, new EnhancedCode(4, 5, 3), result.Reply, result.Why)
            : OfReply(recipient, result.Reply, result.Why);
    }

    /// <summary>What a dialogue that broke, or never came to stand, means for a recipient.</summary>
    /// <param name="mayBeNever">Every host said 5xx to us before the first message, so nothing is left to be tried.</param>
    public static RecipientOutcome Of(int recipient, ClientMessages.Failed failure, bool mayBeNever)
    {
        var why = failure.MayBeSent ? failure.Why + "; it was sent to its end, so it may have arrived and may come twice" : failure.Why;
        if (failure.Reply is { } reply && !failure.LacksTls)
        {
            return IsNever(failure)
                ? new RecipientOutcome(recipient, mayBeNever ? OutcomeKind.Never : OutcomeKind.Later, CodeOf(reply, mayBeNever ? 5 : 4), reply, why)
                : new RecipientOutcome(recipient, OutcomeKind.Later, failure.Phase == ClientState.Authenticating ? s_noLogin : failure.Phase == ClientState.AskingForTls ? s_noTls : CodeOf(reply, 4), reply, why);
        }

        var code = failure switch
        {
            { LacksTls: true } => s_noTls,
            { Phase: ClientState.Connecting } => s_noAnswer,
            { Phase: ClientState.AskingForTls or ClientState.Securing } => s_badTls,
            { Phase: ClientState.Authenticating } => s_noLogin,
            { Why: var w } when w.StartsWith("the message ", StringComparison.Ordinal) => s_ours,
            { Why: var w } when w.StartsWith("the server does not speak", StringComparison.Ordinal) || w.StartsWith("the server said something", StringComparison.Ordinal) => s_protocol,
            _ => s_badConnection,
        };
        return new RecipientOutcome(recipient, OutcomeKind.Later, code, null, why);
    }

    /// <summary>5xx in place of a greeting, or to EHLO and HELO: this server has no service for us (RFC 5321 §3.1, RFC 7504).</summary>
    public static bool IsNever(ClientMessages.Failed failure) => failure is { Phase: ClientState.Greeting or ClientState.Introducing, Reply.IsPermanent: true, LacksTls: false };

    /// <summary>It is the destination that does not want mail now, not one of its mailboxes: reason to send less at once.</summary>
    public static bool SaysNotNow(ServerReply? reply) => reply is { IsTransient: true } && (reply.Code, reply.Enhanced) switch
    {
        (421, _) => true,
        (450 or 451 or 452, null) => true,
        (_, { Subject: 1 or 2 }) => false,
        (_, { Subject: 5, Detail: 3 }) => false,                        // too many recipients of one message
        (_, { Subject: 3 or 4 or 5 or 7 }) => true,
        _ => false,
    };

    private static RecipientOutcome OfReply(int recipient, ServerReply reply, string? why) => reply switch
    {
        { IsPermanent: true } => new RecipientOutcome(recipient, OutcomeKind.Never, CodeOf(reply, 5), reply, why),
        { IsTransient: true } => new RecipientOutcome(recipient, OutcomeKind.Later, CodeOf(reply, 4), reply, why),
        _ => new RecipientOutcome(recipient, OutcomeKind.Later, s_protocol, reply, why ?? "the server's answer makes no sense here"),
    };

    private static EnhancedCode CodeOf(ServerReply reply, int wanted) =>
        reply.Enhanced is { } own && own.Class == wanted ? own
        : reply.Code == 521 ? new EnhancedCode(wanted, 3, 2)            // RFC 7504 §4: takes no mail at all
        : reply.Code == 421 ? new EnhancedCode(wanted, 3, 2)
        : new EnhancedCode(wanted, 0, 0);
}
