using System.Collections.Immutable;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Server.Outbound.Relaying;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>Tells every domain that asks for it (<c>_smtp._tls.DOMAIN</c>, RFC 8460 §3) how TLS on the way to it went the day before.</summary>
/// <param name="reports">What was counted.</param>
internal sealed class TlsReportsActor(ReportContext at, TlsReports reports) : DailyReportsActor(at)
{
    private readonly ReportContext _at = at;

    protected override bool TlsNotRequired => true;                     // RFC 8460 §5.3

    protected override IEnumerable<(DateOnly Day, string Domain)> Owed(DateOnly today) => reports.Before(today).Select(s => (s.Day, s.Domain));

    protected override async Task<Destinations> PlacesOf(string domain, CancellationToken over)
    {
        var (texts, failure) = await TextsAt("_smtp._tls." + domain, over);
        return new Destinations([.. TlsReportingRecord.PlacesOf(texts ?? []).Select(place => ReportPlace.Of(place.OriginalString)).OfType<ReportPlace>().Distinct()], failure);
    }

    protected override Func<ImmutableArray<Mailbox>, ComposedMessage> Report(DateOnly day, string domain, DateTimeOffset now)
    {
        var report = new TlsReport(
            IdOf(day, domain), domain, day, _at.Organization, _at.Submitter, _at.Sender, [.. reports.Of(day).Where(s => s.Domain == domain).Select(s => s.Outcome)]);
        return to => report.Compose(now, to);
    }

    protected override void Forget(DateOnly day, string domain, bool wasSent) => reports.Forget(day, domain, wasSent);

    protected override void Sent(string domain, string to) => _at.Log.TlsReportSent(domain, to);

    protected override void NotSent(string domain, string why) => _at.Log.TlsReportNotSent(domain, why);
}
