using System.Collections.Immutable;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>
/// Tells every domain that asks for it (<c>rua=</c> of its DMARC record, RFC 7489 §7.2) what came in its name the day before. A place outside of the domain's own organization gets it only where
/// that place says that it wants it (§7.1): nobody can have reports sent to others.
/// </summary>
/// <param name="counts">What was counted.</param>
internal sealed class DmarcReportsActor(ReportContext at, DmarcCounts counts) : DailyReportsActor(at)
{
    private readonly ReportContext _at = at;

    protected override IEnumerable<(DateOnly Day, string Domain)> Owed(DateOnly today) => counts.Before(today);

    protected override async Task<Destinations> PlacesOf(string domain, CancellationToken over)
    {
        var (texts, failure) = await TextsAt("_dmarc." + domain, over);
        var places = ImmutableArray.CreateBuilder<ReportPlace>();
        foreach (var place in PlacesIn(texts))
        {
            var host = place.To.Domain.Canonical;
            if (!PublicSuffixes.IsName(host) || !PublicSuffixes.Own.AreOneOrganization(host, domain))
            {
                var (says, unknown) = await TextsAt($"{domain}._report._dmarc.{host}", over);
                failure ??= unknown;
                if (says is null || says.FirstOrDefault(DmarcRecord.IsRecord) is not { } agrees)
                {
                    continue;
                }

                places.AddRange(PlacesIn([agrees]).Where(p => p.To.Domain.Canonical == host) is var others && others.Any() ? others : [place]);       // §7.1, 6: it may name another of its own
                continue;
            }

            places.Add(place);
        }

        return new Destinations([.. places.Distinct()], places.Count > 0 ? null : failure);
    }

    protected override Func<ImmutableArray<Mailbox>, ComposedMessage> Report(DateOnly day, string domain, DateTimeOffset now)
    {
        var counted = counts.Of(day, domain) ?? new DmarcSummary(day, domain, new PublishedPolicy(DmarcPolicy.None, DmarcPolicy.None, false, false, 100), [], 0);
        var report = new AggregateReport(
            $"{day:yyyyMMdd}.{domain}.{counts.Own}", domain, day, _at.Organization, _at.Submitter, _at.Sender, counted.Published, counted.Rows, counted.LeftOut);
        return to => report.Compose(now, to);
    }

    protected override void Forget(DateOnly day, string domain, bool wasSent) => counts.Forget(day, domain, wasSent);

    protected override void Sent(string domain, string to) => _at.Log.DmarcReportSent(domain, to);

    protected override void NotSent(string domain, string why) => _at.Log.DmarcReportNotSent(domain, why);

    /// <summary>What the only record among them names (rua=).</summary>
    private static IEnumerable<ReportPlace> PlacesIn(IReadOnlyList<string>? texts) =>
        texts?.Where(DmarcRecord.IsRecord).Take(2).ToArray() is [var only] ? DmarcRecord.PlacesOf(only).Select(ReportPlace.Of).OfType<ReportPlace>() : [];
}
