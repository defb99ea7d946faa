using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>What is counted of mail in the name of other domains.</summary>
internal static class DmarcRoutes
{
    private const int Largest = 500;

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("DMARC")
        .Get("/api/dmarc", "Mail by the policies that it was judged by, the latest day first, of that the domain with most mail.", call => Task.FromResult(List(services, call)),
            [
                new("domain", "Only of the domain that publishes this policy, with all its rows."),
                new("limit", $"Entries, 1 to {Largest}; 50 where it is not given.", "integer"),
            ]);

    private static DmarcListing List(ConsoleServices services, ApiCall call)
    {
        var (domain, limit) = (call.Text("domain"), call.Number("limit", ApiCall.UsualLimit, 1, Largest));
        call.Check();
        if (services.Parts.Dmarc is not { } counts)
        {
            return new DmarcListing([], 0, false);
        }

        var (days, all) = counts.List(string.IsNullOrEmpty(domain) ? null : domain.ToLowerInvariant(), limit);
        return new DmarcListing([.. days.Select(DmarcItem.Of)], all, true);
    }
}

/// <summary>What there is.</summary>
/// <param name="Total">Entries in all.</param>
/// <param name="Available">False: no listener asks dmarc.</param>
internal sealed record DmarcListing(IReadOnlyList<DmarcItem> Items, int Total, bool Available);

/// <summary>Mail in one domain's name on one day.</summary>
/// <param name="Day">UTC.</param>
/// <param name="Domain">Whose policy it was judged by.</param>
/// <param name="Policy">none, quarantine or reject.</param>
/// <param name="Passed">Messages for whose author SPF or a signature spoke.</param>
/// <param name="Unlisted">Messages that stand in no row, for want of room.</param>
/// <param name="Rows">The most frequent first; ten at most where no domain is asked for.</param>
internal sealed record DmarcItem(DateOnly Day, string Domain, string Policy, long Messages, long Passed, long Unlisted, IReadOnlyList<DmarcRowItem> Rows)
{
    public static DmarcItem Of(DmarcDay d) => new(d.Day, d.Domain, d.Policy, d.Messages, d.Passed, d.Unlisted, [.. d.Rows.Select(DmarcRowItem.Of)]);
}

/// <summary>Messages that agree in all that an aggregate report tells.</summary>
/// <param name="Source">The client's address.</param>
/// <param name="Disposition">What was done by the policy.</param>
/// <param name="Dkim">A signature spoke for the author.</param>
/// <param name="Spf">SPF spoke for the author.</param>
/// <param name="Why">Why not what the policy asks for was done; empty: it was.</param>
/// <param name="From">The domain of From.</param>
/// <param name="Sender">The domain of MAIL; empty: nobody sent it.</param>
/// <param name="SpfResult">What SPF says.</param>
/// <param name="Signatures">Each as domain/selector/result, with blanks between.</param>
internal sealed record DmarcRowItem(long Count, string Source, string Disposition, bool Dkim, bool Spf, string Why, string From, string Sender, string SpfResult, string Signatures)
{
    public static DmarcRowItem Of(DmarcRow r) => new(r.Count, r.Source.ToString(), r.Disposition, r.Dkim, r.Spf, r.Why, r.From, r.Sender, r.SpfResult, r.Signatures);
}
