using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server;

/// <content>What is counted of mail in the name of other domains, and who is told of it (docs/policy.md). Where no listener asks dmarc there is none of this.</content>
public sealed partial class MailServer
{
    private DmarcCounts? _dmarc;

    /// <summary>What is counted of mail in the name of other domains; null: no listener asks for it.</summary>
    public IDmarcCounts? Dmarc => _dmarc;

    /// <summary>The same, as it is counted.</summary>
    internal DmarcCounts? DmarcCounts => _dmarc;

    private IActorRef? _dmarcState;

    private async Task OpenDmarc(ActorSystem system, DirectoryBoard directory, MailIdGenerator ids, CancellationToken cancellation)
    {
        if (_dmarc is not { } counts)
        {
            return;
        }

        _metrics.Observe("actorsmtp.origin.dmarc.rows", "{row}", "Rows that are kept for DMARC's aggregate reports.", () => counts.Rows);
        _metrics.Observe("actorsmtp.origin.dmarc.unlisted", "{message}", "Messages that stand in no row of a report, since there is no room for more.", () => counts.LeftOut, grows: true);
        _metrics.Observe("actorsmtp.origin.dmarc.reports", "{report}", "Aggregate reports that were mailed to other domains.", () => counts.Sent, grows: true);
        _dmarcState = await OpenState(system, counts, Supervision.DmarcCounts, cancellation);
        if (_settings.DmarcReports is { IsOn: true } reports)
        {
            system.ActorOf(Supervision.OfDmarcReports(Reporting(reports, _ports.Resolver!, directory, ids), counts), Supervision.DmarcReports);
        }
    }
}
