using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>What all checks of origins in this server have together: who looks names up, where computation goes, how much memory there is for it, and the figures.</summary>
internal sealed class OriginDesk
{
    private readonly Metrics _metrics;

    /// <param name="entropy">Chance, from any thread.</param>
    public OriginDesk(OriginSettings settings, string hostname, IResolver resolver, IBackground background, TimeProvider time, Func<ulong> entropy, Metrics metrics)
    {
        Settings = settings;
        Server = settings.Server.Length == 0 ? hostname : settings.Server;
        Background = background;
        Time = time;
        Memory = new OctetBudget(settings.Memory);
        Examiner = new OriginExaminer(resolver, new OriginOptions(hostname, settings.Deadline, settings.Dkim), time, entropy);
        _metrics = metrics;
        metrics.Observe("actorsmtp.origin.memory", "By", "Memory held for messages whose origin is examined.", () => Memory.Taken);
    }

    public OriginSettings Settings { get; }

    /// <summary>Who says what was found out (authserv-id).</summary>
    public string Server { get; }

    public IBackground Background { get; }

    public TimeProvider Time { get; }

    public OctetBudget Memory { get; }

    public OriginExaminer Examiner { get; }

    /// <summary>Where mail is counted by the policies that it was judged by; null: no listener asks for them.</summary>
    public DmarcCounts? Counts { get; init; }

    /// <summary>Where more are examined than there is memory for: nothing is known of this one, and later it may be.</summary>
    public static OriginFindings TooMuch(OriginFindings found, OriginParts parts)
    {
        const string Why = "too many messages are examined at this moment";
        return found with
        {
            Signatures = [new DkimResult(DkimVerdict.TempError, Why, null, 0, false)],
            Dmarc = parts.HasFlag(OriginParts.Dmarc) ? new DmarcResult(DmarcVerdict.TempError, "", null, null, DmarcPolicy.None, DmarcPolicy.None, null, null, Why) : null,
        };
    }

    /// <summary>Takes what was found of a sender into the figures.</summary>
    public void Count(SenderFindings found)
    {
        if (found.Spf is { } spf)
        {
            _metrics.OriginSpf[spf.Verdict].Add(1);
        }
    }

    /// <summary>Counts a message for who publishes the policy that it was judged by.</summary>
    /// <param name="found">What was found out.</param>
    /// <param name="done">What was done by that policy.</param>
    public void CountForReport(OriginFindings found, DmarcPolicy done)
    {
        if (Counts is { } counts && found.Dmarc is { Record: { } record, RecordAt: { } at, Verdict: DmarcVerdict.Pass or DmarcVerdict.Fail } dmarc)
        {
            counts.Add(at, PublishedPolicy.Of(record), AggregateRow.Of(
                found.Client.Unmapped(), dmarc, done, found.Sender?.Domain.Canonical ?? "", found.Spf, found.Signatures.IsDefault ? [] : found.Signatures));
        }
    }

    /// <summary>Takes what was found of a message into the figures.</summary>
    /// <param name="found">That.</param>
    /// <param name="began">When its content was in.</param>
    public void Count(OriginFindings found, long began)
    {
        foreach (var signature in found.Signatures.IsDefault ? [] : found.Signatures)
        {
            _metrics.OriginDkim[signature.Verdict].Add(1);
        }

        if (found.Signatures is { IsDefault: false, IsEmpty: true })
        {
            _metrics.OriginDkim[DkimVerdict.None].Add(1);
        }

        if (found.Chain is { } chain)
        {
            _metrics.OriginArc[chain.Verdict].Add(1);
        }

        if (found.Dmarc is { } dmarc)
        {
            _metrics.OriginDmarc[dmarc.Verdict].Add(1);
        }

        _metrics.OriginDuration.Record(Time.GetTimestamp() - began);
    }
}
