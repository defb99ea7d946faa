using System.Collections.Immutable;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>What is to be done about what was found out of an origin, each check cut down to what may come of it at the listener. Knows no time and asks nobody.</summary>
internal static class OriginVerdicts
{
    private const int MostReason = 240;

    /// <summary>Of the client and the sender of MAIL.</summary>
    public static PolicyAnswer OfSender(OriginLimits limits, SenderFindings found) => Together(
        Of(limits.Names, found.Names),
        Of(limits.Spf, found.Helo, found.Spf, found.Spf is { IsHelo: true }));

    /// <summary>Of the message. What <see cref="OfSender"/> has told is not told again.</summary>
    public static PolicyAnswer OfMessage(OriginLimits limits, AuthorRules rules, OriginFindings found) => Together(
        Of(limits.Dkim, found.Signatures, found.SurplusSignatures),
        Of(limits.Arc, found.Chain),
        Of(limits.Dmarc, rules, found.Dmarc));

    private static PolicyAnswer Of(CheckLimit? most, ReverseNamesResult? names)
    {
        if (most is null || names is null)
        {
            return PolicyAnswer.Pass;
        }

        var reason = !names.Valid.IsEmpty ? names.Valid[0].ToString()
            : names.Failure is { } failed ? failed.Words
            : names.Claimed.IsEmpty ? "the address has no name"
            : $"{names.Claimed[0]} does not lead back";
        var wish = !names.Valid.IsEmpty ? PolicyAnswer.Pass
            : names.Failure is not null ? new PolicyAnswer(PolicyAction.Defer, Replies.ReverseUnknown)
            : new PolicyAnswer(PolicyAction.Reject, Replies.ReverseFailed);
        return Within(most.Value, wish with { Findings = [Finding(OriginWords.Names, names.Word, reason)] });
    }

    private static PolicyAnswer Of(CheckLimit? most, SpfResult? helo, SpfResult? spf, bool isHelo)
    {
        if (most is null || spf is null)
        {
            return PolicyAnswer.Pass;
        }

        var wish = spf.Verdict switch
        {
            SpfVerdict.Fail => new PolicyAnswer(PolicyAction.Reject, Replies.SpfFailed(spf.Domain, spf.Explanation)),     // RFC 7208 §8.4
            SpfVerdict.TempError => new PolicyAnswer(PolicyAction.Defer, Replies.SpfUnknown),                             // §8.6
            _ => PolicyAnswer.Pass,
        };
        return Within(most.Value, wish with
        {
            Findings = isHelo || helo is null
                ? [Finding(OriginWords.Spf, spf.Word, spf.Reason)]
                : [Finding(OriginWords.Spf, helo.Word, $"HELO {helo.Domain}: {helo.Reason}"), Finding(OriginWords.Spf, spf.Word, spf.Reason)],
        });
    }

    /// <summary>
    /// One signature that is right is enough. RFC 6376 §6.3 wants nothing refused for the want of one, so nobody does who does not ask for <c>dkim=reject</c>; and never 4xx for a
    /// signature that is wrong. What a domain signs to try it out counts as not signed (§3.6.1).
    /// </summary>
    private static PolicyAnswer Of(CheckLimit? most, ImmutableArray<DkimResult> signatures, int surplus)
    {
        if (most is null || signatures.IsDefault)
        {
            return PolicyAnswer.Pass;
        }

        if (signatures.IsEmpty)
        {
            return PolicyAnswer.Found(Finding(OriginWords.Dkim, "none", "the message is not signed"));
        }

        var findings = signatures.Select(s => Finding(OriginWords.Dkim, s.Word, s.Signature is not { } of ? s.Reason : s.Reason.Length == 0 ? $"{of.Domain} ({of.Selector})" : $"{of.Domain} ({of.Selector}): {s.Reason}"));
        if (surplus > 0)
        {
            findings = findings.Append(Finding(OriginWords.Dkim, "none", $"{surplus} more signatures are not looked at"));
        }

        var meant = signatures.Where(s => !s.IsTesting).ToList();
        var wish = signatures.Any(s => s.Verdict == DkimVerdict.Pass) || meant.Count == 0 ? PolicyAnswer.Pass
            : meant.Any(s => s.Verdict == DkimVerdict.TempError) ? new PolicyAnswer(PolicyAction.Defer, Replies.DkimUnknown)
            : new PolicyAnswer(
                most == CheckLimit.Defer ? PolicyAction.Tag : PolicyAction.Reject,
                meant.Any(s => s.Verdict == DkimVerdict.Policy) ? Replies.NoDkimAcceptable : Replies.NoDkimPass);
        return Within(most.Value, wish with { Findings = [.. findings] });
    }

    /// <summary>A broken chain is as good as none (RFC 8617 §5.2): it is told, and nothing is done about it.</summary>
    private static PolicyAnswer Of(CheckLimit? most, ArcResult? chain) =>
        most is null || chain is null || chain.Verdict == ArcVerdict.None ? PolicyAnswer.Pass : PolicyAnswer.Found(Finding(
            OriginWords.Arc, chain.Word, chain.Verdict == ArcVerdict.Pass ? $"sealed by {string.Join(", ", chain.Sealers.TakeLast(3))}" : chain.Reason));

    private static PolicyAnswer Of(CheckLimit? most, AuthorRules rules, DmarcResult? dmarc)
    {
        if (most is null || dmarc is null)
        {
            return PolicyAnswer.Pass;
        }

        var asks = dmarc.Record is null ? "" : $" (p={DmarcRecord.ToWord(dmarc.Requested)} at {dmarc.RecordAt})";
        var (ofAuthor, ofPolicy) = (OfAuthor(rules, dmarc.Obstacle), OfPolicy(most.Value, dmarc));
        var wish = ofAuthor.Action > ofPolicy.Action ? ofAuthor : ofPolicy;
        return Within(most.Value, wish with { Findings = [Finding(OriginWords.Dmarc, dmarc.Word, dmarc.Reason + asks)] });
    }

    /// <summary>What the author's domain wants done, and what cannot be known now.</summary>
    private static PolicyAnswer OfPolicy(CheckLimit most, DmarcResult dmarc) => dmarc switch
    {
        { Applies: DmarcPolicy.Reject, MayBeOverruled: true } when most >= CheckLimit.Defer => new PolicyAnswer(PolicyAction.Defer, Replies.DmarcUnknown),     // a mark it gets all the same
        { Applies: DmarcPolicy.Reject } => new PolicyAnswer(PolicyAction.Reject, Replies.DmarcRefused(dmarc.RecordAt!)) { SetsApart = true },
        { Applies: DmarcPolicy.Quarantine } => new PolicyAnswer(PolicyAction.Tag) { SetsApart = true },
        { Verdict: DmarcVerdict.TempError, Record: null } or { Verdict: DmarcVerdict.TempError, Requested: not DmarcPolicy.None } => new PolicyAnswer(PolicyAction.Defer, Replies.DmarcUnknown),
        _ => PolicyAnswer.Pass,
    };

    /// <summary>A message of which it cannot be told who wrote it is no way round the policies of those who it may seem to be from (RFC 7489 §6.6.1: such are typically refused).</summary>
    private static PolicyAnswer OfAuthor(AuthorRules rules, DmarcObstacle obstacle)
    {
        var (rule, reply) = obstacle switch
        {
            DmarcObstacle.None => (CheckLimit.Log, default),
            DmarcObstacle.SeveralDomains => (rules.Several, Replies.ManyAuthors),
            DmarcObstacle.TooManyDomains => (rules.Unknown, Replies.ManyAuthors),
            DmarcObstacle.SeveralFromFields => (rules.Unknown, Replies.SeveralFroms),
            DmarcObstacle.HiddenFrom => (rules.Unknown, Replies.HiddenFrom),
            DmarcObstacle.HeaderTooLong => (rules.Unknown, Replies.HeaderTooLong),
            _ => (rules.Unknown, Replies.NoFrom),
        };
        return rule switch
        {
            CheckLimit.Reject => new PolicyAnswer(PolicyAction.Reject, reply),
            CheckLimit.Defer => new PolicyAnswer(PolicyAction.Defer, reply),
            CheckLimit.Tag => new PolicyAnswer(PolicyAction.Tag),
            _ => PolicyAnswer.Pass,
        };
    }

    /// <summary>Mail is not marked for what could not be looked up: nobody has done anything wrong.</summary>
    private static PolicyAnswer Within(CheckLimit most, PolicyAnswer wish)
    {
        var answer = PolicyLimits.Limit(wish, most);
        return answer.Action == PolicyAction.Tag && wish.Action == PolicyAction.Defer ? answer with { Action = PolicyAction.Pass } : answer;
    }

    /// <summary>The most severe of them, of equals the last (DMARC says most), and everything that was found. What marks the message comes last: that is what the mark says.</summary>
    public static PolicyAnswer Together(params ReadOnlySpan<PolicyAnswer> answers)
    {
        var worst = PolicyAnswer.Pass;
        var refused = 0;
        var findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (var answer in answers)
        {
            refused += answer.Action == PolicyAction.Reject ? 1 : 0;
            if (answer.Action != PolicyAction.Pass && answer.Action >= worst.Action)
            {
                worst = answer;
            }
        }

        foreach (var answer in answers)
        {
            if (!ReferenceEquals(answer, worst))
            {
                findings.AddRange(answer.Findings);
            }
        }

        findings.AddRange(worst.Findings);
        return worst with { Reply = refused > 1 ? Replies.SeveralChecksFailed : worst.Reply, Findings = findings.ToImmutable() };       // RFC 7372 §4
    }

    private static Finding Finding(string check, string word, string reason) => new(check, word, reason.Length > MostReason ? reason[..MostReason] + "..." : reason);
}
