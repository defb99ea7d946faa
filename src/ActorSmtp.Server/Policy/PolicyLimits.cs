using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy;

/// <summary>What a check wants, cut down to what may come of it at a listener, with a reply that fits.</summary>
internal static class PolicyLimits
{
    /// <summary>The answer as far as it counts.</summary>
    public static PolicyAnswer Limit(PolicyAnswer answer, CheckLimit most)
    {
        var action = (answer.Action, most) switch
        {
            (PolicyAction.Pass, _) or (_, CheckLimit.Log) => PolicyAction.Pass,
            (PolicyAction.Tag, _) or (_, CheckLimit.Tag) => PolicyAction.Tag,
            (PolicyAction.Reject or PolicyAction.Discard, CheckLimit.Defer) => PolicyAction.Defer,
            _ => answer.Action,
        };
        return answer with
        {
            Action = action,
            Reply = action switch
            {
                PolicyAction.Reject => Of(answer.Reply ?? Replies.PolicyRefused, 5, 550),
                PolicyAction.Defer => Of(answer.Reply ?? Replies.NotNowByPolicy, 4, 451),
                _ => null,
            },
            Changes = most == CheckLimit.Log ? null : answer.Changes,
            Fields = most == CheckLimit.Log ? "" : answer.Fields,
            Findings = most == CheckLimit.Log ? [.. answer.Findings.Select(f => f with { Score = 0 })] : answer.Findings,
        };
    }

    /// <summary>What is said to whom we do not even greet (RFC 5321 §3.1, §3.8).</summary>
    public static Reply AtConnect(Reply reply) => Replies.PassedOn(reply.IsPermanent ? 554 : 421, reply.Subject ?? 7, reply.Subject is null ? 1 : reply.Detail, reply.Text);

    private static Reply Of(Reply reply, int digit, int otherwise) =>
        reply.Class == digit ? reply : Replies.PassedOn(otherwise, reply.Subject ?? 7, reply.Subject is null ? 1 : reply.Detail, reply.Text);
}
