using System.Net;
using ActorSmtp.Storage;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Who has sent to whom and who came back, as greylisting remembers it.</summary>
internal static class GreylistRoutes
{
    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Greylist")
        .Get("/api/greylist", "What greylisting remembers, the oldest first.", call => ListAsync(services, call),
            [
                new("state", "Only what is waiting (has not come back), passed (has), or a network of which some have."),
                new("address", "Only of the network that has this address."),
                new("sender", "Only with this in the sender's address."),
                new("recipient", "Only with this in the recipient's address."),
                new("limit", $"Entries on a page, 1 to {GreylistPage.Largest}; 50 where it is not given.", "integer"),
                Routes.Paging[1],
            ])
        .Post<GreylistRequest, GreylistOutcome>("/api/greylist/clear", "Forgets what a filter names: who is meant is a stranger again.", (call, asked) => ClearAsync(services, call, asked));

    private static async Task<GreylistListing> ListAsync(ConsoleServices services, ApiCall call)
    {
        var filter = FilterOf(call, call.Text("state"), call.Text("address"), call.Text("sender"), call.Text("recipient"));
        var (limit, cursor) = (call.Number("limit", ApiCall.UsualLimit, 1, GreylistPage.Largest), call.Text("cursor"));
        call.Check();
        if (services.Parts.Greylist is not { } store)
        {
            return new GreylistListing([], null, false, GreylistTotals.Of(default));
        }

        var page = await store.ListAsync(filter, cursor, limit, call.Cancellation).ConfigureAwait(false);
        return new GreylistListing([.. page.Entries.Select(GreylistItem.Of)], page.Next, true, GreylistTotals.Of(store.Figures));
    }

    private static async Task<GreylistOutcome> ClearAsync(ConsoleServices services, ApiCall call, GreylistRequest asked)
    {
        var store = services.Parts.Greylist ?? throw new ProblemException(Problem.NotAvailable("No listener of this server asks greylisting (checks = [greylisting]): there is nothing to forget"));
        var filter = FilterOf(call, asked.State, asked.Address, asked.Sender, asked.Recipient);
        call.Check();
        if (filter.IsAll && asked.All != true)
        {
            throw new ProblemException(Problem.Invalid("all", "everything is meant only where all is true; else say state, address, sender or recipient"));
        }

        return new GreylistOutcome(await store.ClearAsync(filter, call.Cancellation).ConfigureAwait(false));
    }

    private static GreylistFilter FilterOf(ApiCall call, string? state, string? address, string? sender, string? recipient)
    {
        GreylistState? wanted = state switch { "waiting" => GreylistState.Waiting, "passed" => GreylistState.Passed, "network" => GreylistState.Network, _ => null };
        if (!string.IsNullOrEmpty(state) && wanted is null)
        {
            call.Mistake("state", "expected waiting, passed or network");
        }

        IPAddress? peer = null;
        if (!string.IsNullOrEmpty(address) && !IPAddress.TryParse(address, out peer))
        {
            call.Mistake("address", "expected an IPv4 or IPv6 address");
        }

        return new GreylistFilter(wanted, peer is { IsIPv4MappedToIPv6: true } ? peer.MapToIPv4() : peer, Given(sender), Given(recipient));
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>A page of what is remembered.</summary>
/// <param name="Next">The cursor of the next page; null: this is the last.</param>
/// <param name="Available">False: no listener asks greylisting.</param>
/// <param name="Totals">Of all, whatever is filtered.</param>
internal sealed record GreylistListing(IReadOnlyList<GreylistItem> Items, string? Next, bool Available, GreylistTotals Totals);

/// <summary>One entry.</summary>
/// <param name="Network">Such as 192.0.2.0/24.</param>
/// <param name="Sender">Digits are written #; empty for bounces, and of a network.</param>
/// <param name="Recipient">Empty of a network.</param>
/// <param name="Last">When mail was last let in by it; of what waits, as First.</param>
/// <param name="Passes">How often mail was let in by it; of a network: how many of its entries came back.</param>
/// <param name="Until">When it is forgotten if nothing comes.</param>
internal sealed record GreylistItem(
    GreylistState State, string Network, string Sender, string Recipient, DateTimeOffset First, DateTimeOffset Last, int Passes, DateTimeOffset Until)
{
    public static GreylistItem Of(GreylistEntry e) => new(e.State, e.Network.ToString(), e.Sender, e.Recipient, e.First, e.Last, e.Passes, e.Until);
}

/// <summary>How much there is in all.</summary>
/// <param name="Waiting">Has not come back.</param>
/// <param name="Passed">Has.</param>
/// <param name="Networks">Networks of which some have.</param>
/// <param name="KnownNetworks">Those of them that are let in whole.</param>
/// <param name="Evicted">Forgotten before their time, for want of room.</param>
/// <param name="Trouble">Why what is learned is not kept at present; null: it is.</param>
internal sealed record GreylistTotals(int Waiting, int Passed, int Networks, int KnownNetworks, long Evicted, string? Trouble)
{
    public static GreylistTotals Of(GreylistFigures f) => new(f.Waiting, f.Passed, f.Networks, f.Known, f.Evicted, f.Trouble);
}

/// <summary>What is to be forgotten. All that is said has to hold.</summary>
internal sealed record GreylistRequest
{
    /// <summary>Only what is waiting, passed or network.</summary>
    public string? State { get; init; }

    /// <summary>Only of the network that has this address.</summary>
    public string? Address { get; init; }

    /// <summary>Only with this in the sender's address.</summary>
    public string? Sender { get; init; }

    /// <summary>Only with this in the recipient's address.</summary>
    public string? Recipient { get; init; }

    /// <summary>Everything, where nothing else is said.</summary>
    public bool? All { get; init; }
}

/// <param name="Cleared">Entries that were forgotten.</param>
internal sealed record GreylistOutcome(long Cleared);
