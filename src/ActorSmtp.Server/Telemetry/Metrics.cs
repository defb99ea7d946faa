using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Milters;
using ActorSmtp.Server.Policy.Hooks;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// Every figure the server counts and measures, with unit and meaning, in one table. The console, Prometheus' text and any listener of
/// <see cref="Meter"/>s read the same ones; while nobody reads, counting is an addition. The values of labels are fixed here, so the number of figures is bounded.
/// </summary>
internal sealed class Metrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ActorSmtp";

    private readonly Meter _meter = new(MeterName);
    private readonly List<Tally> _tallies = [];
    private readonly List<Timing> _timings = [];
    private readonly List<Gauge> _gauges = [];
    private readonly long _frequency;

    /// <param name="time">The clock whose time stamps the timings are given.</param>
    public Metrics(TimeProvider? time = null)
    {
        _frequency = (time ?? TimeProvider.System).TimestampFrequency;
        MessagesAccepted = Count("actorsmtp.messages.accepted", "{message}", "Messages acknowledged with 250.");
        MessagesRefused = Count("actorsmtp.messages.refused", "{message}", "Messages refused after their content.");
        RecipientsRefused = Count("actorsmtp.recipients.refused", "{recipient}", "RCPT answered with 4xx or 5xx.");
        ConnectionsAccepted = Count("actorsmtp.connections.accepted", "{connection}", "Connections that got a session.");
        ConnectionsRefused = Count("actorsmtp.connections.refused", "{connection}", "Connections told 421 at once.");
        SessionsBroken = Count("actorsmtp.sessions.broken", "{session}", "Sessions ended by a fault of ours.");
        Delivered = Count("actorsmtp.deliveries.done", "{delivery}", "Copies put into mailboxes.");
        DeliveryFailed = Count("actorsmtp.deliveries.failed", "{delivery}", "Deliveries that a mailbox refused.");
        LoginsGranted = Count("actorsmtp.logins.granted", "{login}", "AUTH answered with 235.");
        LoginsDenied = Count("actorsmtp.logins.denied", "{login}", "AUTH answered with 535 or 454.");
        RepliesTransient = Count("actorsmtp.replies.transient", "{reply}", "Replies of class 4.");
        RepliesPermanent = Count("actorsmtp.replies.permanent", "{reply}", "Replies of class 5.");
        MessagesRetrieved = Count("actorsmtp.messages.retrieved", "{message}", "Messages sent whole by POP3.");
        MessagesTaken = Count("actorsmtp.messages.removed", "{message}", "Messages removed at the end of POP3 sessions.");
        OctetsRetrieved = Count("actorsmtp.octets.sent", "By", "Octets of messages and listings sent by POP3.");
        OctetsReceived = Count("actorsmtp.octets.received", "By", "Octets that peers sent, told after each message and at a session's end.");
        WebhooksDelivered = Count("actorsmtp.webhooks.delivered", "{event}", "Events that webhooks took.");
        WebhooksFailed = Count("actorsmtp.webhooks.failed", "{event}", "Events given up because a webhook did not take them.");
        WebhooksDropped = Count("actorsmtp.webhooks.dropped", "{event}", "Events for which a webhook's queue had no room.");
        OutboundQueued = Count("actorsmtp.outbound.queued", "{message}", "Messages taken into the outbound queue, once for each destination.");
        OutboundOutcomes = CountBy<OutcomeKind>(
            "actorsmtp.outbound.outcomes", "{recipient}", "Recipients at other servers by what an attempt did for them.", "outcome",
            kind => kind switch { OutcomeKind.Delivered => "delivered", OutcomeKind.Relayed => "relayed", OutcomeKind.Later => "deferred", _ => "failed" });
        OutboundDeferred = CountBy<PutOffReason>(
            "actorsmtp.outbound.deferred", "{recipient}", "Recipients at other servers that were put off, by why.", "reason", reason => reason.ToString().ToLowerInvariant());
        OutboundExpired = Count("actorsmtp.outbound.expired", "{recipient}", "Recipients at other servers that were given up because it took too long.");
        OutboundNotices = CountBy<ReportAction>("actorsmtp.outbound.notices", "{message}", "Reports to senders by what they tell.", "kind", kind => kind.ToString().ToLowerInvariant());
        PolicyAnswers = CountBy<PolicyAction>(
            "actorsmtp.policy.answers", "{answer}", "What checks led to, at each step of a dialogue at which they were asked.", "action", action => action.ToString().ToLowerInvariant());
        OriginSpf = CountBy<SpfVerdict>("actorsmtp.origin.spf", "{sender}", "Senders of MAIL by what SPF says of them.", "result", SpfResult.ToWord);
        OriginDkim = CountBy<DkimVerdict>("actorsmtp.origin.dkim", "{signature}", "Signatures of messages by what came of them; none: messages without one.", "result", DkimResult.ToWord);
        OriginArc = CountBy<ArcVerdict>("actorsmtp.origin.arc", "{message}", "Messages by what their chain of those who passed them on is worth.", "result", verdict => verdict.ToString().ToLowerInvariant());
        OriginDmarc = CountBy<DmarcVerdict>("actorsmtp.origin.dmarc", "{message}", "Messages by what DMARC says of them.", "result", verdict => verdict.ToString().ToLowerInvariant());
        MilterOutcomes = CountBy<MilterOutcome>(
            "actorsmtp.milters.outcomes", "{answer}", "What milters said: of messages they saw to the end, and wherever they said no or failed.", "outcome", outcome => outcome.ToString().ToLowerInvariant());
        HookQuestions = CountBy<HookOutcome>(
            "actorsmtp.hook.questions", "{question}", "Questions to HTTP hooks by what came of them.", "outcome", outcome => outcome == HookOutcome.NotAsked ? "not-asked" : outcome.ToString().ToLowerInvariant());
        DkimSigned = Count("actorsmtp.dkim.signed", "{message}", "Messages and reports that were signed for their author's domain.");
        DkimUnsigned = Count("actorsmtp.dkim.unsigned", "{message}", "Messages and reports of our own that were not: no key is for them, or From is not what it should be.");
        ArcSealed = Count("actorsmtp.arc.sealed", "{message}", "Messages that were passed on sealed.");
        SendersRewritten = Count("actorsmtp.srs.rewritten", "{recipient}", "Recipients elsewhere to whom aliases lead and who get the mail from a sender of ours.");
        SenderReturns = CountBy<SrsFault>(
            "actorsmtp.srs.returns", "{recipient}", "RCPT to rewritten senders by what they are worth.", "result", fault => fault == SrsFault.None ? "good" : fault.ToString().ToLowerInvariant());
        MessageDuration = Time("actorsmtp.message.duration", "From MAIL to the message's 250.");
        CommitDuration = Time("actorsmtp.store.commit.duration", "From a message's last octet until the disk has it: what a sync costs, as sessions see it.");
        DeliveryDelay = Time("actorsmtp.delivery.delay", "From the beginning of a message's content until it is in a mailbox.");
        OriginDuration = Time("actorsmtp.origin.duration", "From a message's last octet until it is known who sent it.");
        OutboundAttempt = Time("actorsmtp.outbound.attempt.duration", "Of an attempt to hand a message to another server.");
        OutboundDelay = Time("actorsmtp.outbound.delay", "From when a message came in until another server had it for a recipient.");
    }

    public Tally MessagesAccepted { get; }

    public Tally MessagesRefused { get; }

    public Tally RecipientsRefused { get; }

    public Tally ConnectionsAccepted { get; }

    public Tally ConnectionsRefused { get; }

    public Tally SessionsBroken { get; }

    public Tally Delivered { get; }

    public Tally DeliveryFailed { get; }

    public Tally LoginsGranted { get; }

    public Tally LoginsDenied { get; }

    public Tally MessagesRetrieved { get; }

    public Tally MessagesTaken { get; }

    public Tally OctetsRetrieved { get; }

    public Tally RepliesTransient { get; }

    public Tally RepliesPermanent { get; }

    public Tally OctetsReceived { get; }

    public Tally WebhooksDelivered { get; }

    public Tally WebhooksFailed { get; }

    public Tally WebhooksDropped { get; }

    public Tally OutboundQueued { get; }

    public TallyFamily<OutcomeKind> OutboundOutcomes { get; }

    public TallyFamily<PutOffReason> OutboundDeferred { get; }

    public Tally OutboundExpired { get; }

    public TallyFamily<ReportAction> OutboundNotices { get; }

    public TallyFamily<PolicyAction> PolicyAnswers { get; }

    public TallyFamily<SpfVerdict> OriginSpf { get; }

    public TallyFamily<DkimVerdict> OriginDkim { get; }

    public TallyFamily<ArcVerdict> OriginArc { get; }

    public TallyFamily<DmarcVerdict> OriginDmarc { get; }

    public TallyFamily<MilterOutcome> MilterOutcomes { get; }

    public Tally DkimSigned { get; }

    public Tally DkimUnsigned { get; }

    public Tally ArcSealed { get; }

    public Tally SendersRewritten { get; }

    public TallyFamily<SrsFault> SenderReturns { get; }

    public TallyFamily<HookOutcome> HookQuestions { get; }

    /// <summary>Spans of messages, for who listens.</summary>
    public Traces Traces { get; } = new();

    public Timing MessageDuration { get; }

    public Timing CommitDuration { get; }

    public Timing DeliveryDelay { get; }

    public Timing OriginDuration { get; }

    public Timing OutboundAttempt { get; }

    public Timing OutboundDelay { get; }

    public ImmutableArray<Tally> Tallies => [.. _tallies];

    public ImmutableArray<Timing> Timings => [.. _timings];

    public ImmutableArray<Gauge> Gauges => [.. _gauges];

    /// <summary>Adds a figure that somebody else keeps.</summary>
    /// <param name="grows">It only grows.</param>
    public void Observe(string name, string unit, string help, Func<double> read, bool grows = false)
    {
        _gauges.Add(new Gauge(name, unit, help, grows, read));
        if (grows)
        {
            _meter.CreateObservableCounter(name, read, unit, help);
        }
        else
        {
            _meter.CreateObservableGauge(name, read, unit, help);
        }
    }

    /// <summary>Adds figures of one name that somebody else keeps.</summary>
    /// <param name="key">What tells them apart.</param>
    public void Observe(string name, string unit, string help, string key, params (string Value, Func<double> Read)[] figures)
    {
        _gauges.AddRange(figures.Select(f => new Gauge(name, unit, help, grows: false, f.Read, new Label(key, f.Value))));
        _meter.CreateObservableGauge(name, () => figures.Select(f => new Measurement<double>(f.Read(), KeyValuePair.Create<string, object?>(key, f.Value))), unit, help);
    }

    /// <summary>The time between two time stamps.</summary>
    public TimeSpan Between(long from, long until) => TimeSpan.FromSeconds((until - from) / (double)_frequency);

    /// <summary>Ticks that timings take, of a duration.</summary>
    public long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * _frequency);

    public void Dispose()
    {
        _meter.Dispose();
        Traces.Dispose();
    }

    private Tally Count(string name, string unit, string help)
    {
        var tally = new Tally(name, unit, help);
        _tallies.Add(tally);
        _meter.CreateObservableCounter(name, () => tally.Value, unit, help);
        return tally;
    }

    private TallyFamily<T> CountBy<T>(string name, string unit, string help, string key, Func<T, string> valueOf)
        where T : struct, Enum
    {
        var family = new TallyFamily<T>(value => new Tally(name, unit, help, new Label(key, valueOf(value))));
        _tallies.AddRange(family.All);
        _meter.CreateObservableCounter(
            name, () => family.All.Select(t => new Measurement<long>(t.Value, KeyValuePair.Create<string, object?>(t.Label!.Key, t.Label.Value))), unit, help);
        return family;
    }

    private Timing Time(string name, string help)
    {
        var timing = new Timing(name, help, _frequency)
        {
            Instrument = _meter.CreateHistogram(name, "s", help, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.. Timing.Steps] }),
        };
        _timings.Add(timing);
        return timing;
    }
}
