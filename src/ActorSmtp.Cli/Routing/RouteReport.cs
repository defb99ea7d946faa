using System.Globalization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Cli.Routing;

/// <summary>What <c>route</c> tells; as it is, the document of <c>--json</c>. Times are seconds.</summary>
/// <param name="Stays">The domain is one of ours, or a literal of our own address: no route is needed.</param>
/// <param name="Rule">The route that matches; absent where none does.</param>
/// <param name="HasMx">The domain has MX records; absent where none were looked up.</param>
/// <param name="Alias">What the domain is an alias of; absent where it is none.</param>
/// <param name="Ttl">How long the MX records hold, or that there are none.</param>
/// <param name="Authentic">The resolver verified that.</param>
/// <param name="Hosts">In order, the dropped ones too.</param>
/// <param name="Failure">Why it can go nowhere; absent where it can.</param>
internal sealed record RouteReport(
    string From, string To, string Domain, bool Stays, RuleReport? Rule, bool? HasMx, string? Alias, long? Ttl, bool? Authentic, IReadOnlyList<HostReport> Hosts, FailureReport? Failure)
{
    public static RouteReport Of(string from, Mailbox to, RoutePlan? plan)
    {
        var asked = plan?.HasMx is not null;
        return new RouteReport(
            from,
            to.ToString(),
            to.Domain.Canonical,
            Stays: plan is null,
            plan?.Rule is { } rule ? new RuleReport(rule.Domain, rule.Target) : null,
            plan?.HasMx,
            plan?.Alias?.ToString(),
            asked ? Seconds(plan!.Ttl) : null,
            asked ? plan!.IsAuthentic : null,
            [.. (plan?.Hosts ?? []).Select(h => Of(plan!, h))],
            plan?.Failure is { } f ? new FailureReport(f.IsPermanent, f.Code.ToString(), f.Text, f.Detail) : null);
    }

    public void WriteText(Terminal terminal)
    {
        Line($"from {From} to {To}");
        if (Stays)
        {
            Line(Domain.StartsWith('[') ? $"stays here: {Domain} is this server's own address" : $"stays here: {Domain} is ours (domains)");
            return;
        }

        Line(Rule is null ? "route: none" : $"route: \"{Rule.Domain}\" = \"{Rule.Target}\"");
        if (HasMx is { } hasMx)
        {
            Line($"{(hasMx ? "MX records" : "no MX records")} of {Domain}{(Alias is null ? "" : $", an alias of {Alias}")}: {Held(Ttl)}{(Authentic == true ? ", verified by DNSSEC" : "")}");
        }

        if (Hosts.Count > 0)
        {
            Columns.Write(terminal.Out, ["PREF", "HOST", "ADDRESS", "HOLDS", "TRIED"], Hosts.SelectMany(Rows));
        }

        var tried = Hosts.Where(h => h.Used).Sum(h => Math.Max(1, h.Addresses.Count(a => a.Used)));
        Line(Failure is { } f ? $"goes nowhere{(f.Permanent ? "" : " now")}: {f.Code} {f.Text}{(f.Detail is null ? "" : $" ({f.Detail})")}" : $"{tried} {(tried == 1 ? "place" : "places")} to try");

        void Line(string text) => terminal.Out.WriteLine(Printable.Line(text));
    }

    private static IEnumerable<string[]> Rows(HostReport host)
    {
        var preference = host.Preference?.ToString(CultureInfo.InvariantCulture) ?? "-";
        var name = host.Alias is null ? host.Name : $"{host.Name} = {host.Alias}";
        return host.Addresses.Count == 0
            ? [[preference, name, "-", host.Used ? "-" : "", host.Used ? "yes" : $"no: {host.Why}"]]
            : host.Addresses.Select((a, i) => new[]
            {
                i == 0 ? preference : "",
                i == 0 ? name : "",
                a.Address,
                i == 0 ? Held(host.Ttl) : "",
                host.Used && a.Used ? "yes" : $"no: {a.Why ?? host.Why}",
            });
    }

    private static HostReport Of(RoutePlan plan, RouteHost host) => new(
        host.Name,
        plan.HasMx == true ? host.Preference : null,
        host.Alias?.ToString(),
        host.Ttl < TimeSpan.MaxValue ? Seconds(host.Ttl) : null,
        host.Ttl < TimeSpan.MaxValue ? host.IsAuthentic : null,
        host.Dropped is null,
        Why(host.Dropped),
        [.. host.Addresses.Select(a => new AddressReport(a.EndPoint.ToString(), host.Dropped is null && a.Dropped is null, Why(a.Dropped) ?? Why(host.Dropped)))]);

    private static string? Why(RouteDrop? drop) => drop is null ? null : drop.Detail is null ? drop.Why : $"{drop.Why} ({drop.Detail})";

    private static long Seconds(TimeSpan time) => (long)time.TotalSeconds;

    private static string Held(long? seconds) => seconds is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s} s") : "-";
}

/// <param name="Domain">The left side of the route.</param>
/// <param name="Target">Its right side.</param>
internal sealed record RuleReport(string Domain, string Target);

/// <param name="Alias">The name its addresses stand at, where the host's is an alias.</param>
/// <param name="Used">Some address of it is tried.</param>
/// <param name="Why">Why not.</param>
internal sealed record HostReport(
    string Name, int? Preference, string? Alias, long? Ttl, bool? Authentic, bool Used, string? Why, IReadOnlyList<AddressReport> Addresses);

/// <param name="Used">It is tried.</param>
/// <param name="Why">Why not.</param>
internal sealed record AddressReport(string Address, bool Used, string? Why);

/// <param name="Code">The enhanced code that the sender would be told.</param>
/// <param name="Text">What the sender would be told.</param>
/// <param name="Detail">What it would not be told: our servers and what they said.</param>
internal sealed record FailureReport(bool Permanent, string Code, string Text, string? Detail);
