using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Securing;
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
    /// <param name="security">How each host of the plan is talked to, in its order; none where it came to none.</param>
    /// <param name="login">Who we log in as there; null: nobody.</param>
    public static RouteReport Of(string from, Mailbox to, RoutePlan? plan, ImmutableArray<HostSecurity> security, string? login)
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
            [.. (plan?.Hosts ?? []).Select((h, i) => Of(plan!, h, h.Dropped is null && i < security.Length ? TlsReport.Of(security[i], login) : null))],
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
            Columns.Write(terminal.Out, ["PREF", "HOST", "ADDRESS", "HOLDS", "TLS", "TRIED"], Hosts.SelectMany(Rows));
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
            ? [[preference, name, "-", host.Used ? "-" : "", host.Tls?.Words ?? "", host.Used ? "yes" : $"no: {host.Why}"]]
            : host.Addresses.Select((a, i) => new[]
            {
                i == 0 ? preference : "",
                i == 0 ? name : "",
                a.Address,
                i == 0 ? Held(host.Ttl) : "",
                i == 0 ? host.Tls?.Words ?? "" : "",
                host.Used && a.Used ? "yes" : $"no: {a.Why ?? host.Why}",
            });
    }

    private static HostReport Of(RoutePlan plan, RouteHost host, TlsReport? tls)
    {
        var why = Why(host.Dropped) ?? tls?.Barred;
        return new(
            host.Name,
            plan.HasMx == true ? host.Preference : null,
            host.Alias?.ToString(),
            host.Ttl < TimeSpan.MaxValue ? Seconds(host.Ttl) : null,
            host.Ttl < TimeSpan.MaxValue ? host.IsAuthentic : null,
            why is null,
            why,
            [.. host.Addresses.Select(a => new AddressReport(a.EndPoint.ToString(), why is null && a.Dropped is null, Why(a.Dropped) ?? why))],
            tls);
    }

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
    string Name, int? Preference, string? Alias, long? Ttl, bool? Authentic, bool Used, string? Why, IReadOnlyList<AddressReport> Addresses, TlsReport? Tls);

/// <summary>How a host is protected on the way.</summary>
/// <param name="Policy">Where that comes from: <c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>; as attempts have it.</param>
/// <param name="Demand">What is asked of the connection: <c>none</c>, <c>offered</c> (TLS where there is some), <c>any</c> (TLS with any certificate) or <c>verified</c>.</param>
/// <param name="Published">What the destination published that led to it: lines of its MTA-STS policy, or TLSA records.</param>
/// <param name="Login">Who we log in as; absent where nobody.</param>
/// <param name="Barred">Why nothing may go there; absent where it may.</param>
internal sealed record TlsReport(string Policy, string Demand, IReadOnlyList<string> Published, string? Login, string? Barred)
{
    public static TlsReport Of(HostSecurity security, string? login) => new(
        security.Policy,
        security.Demand switch { TlsDemand.None => "none", TlsDemand.Opportunistic => "offered", TlsDemand.Encrypted => "any", _ => "verified" },
        security.Published,
        login,
        security.Barred is { } barred ? barred.Detail is null ? barred.Text : $"{barred.Text} ({barred.Detail})" : null);

    /// <summary>In a few words.</summary>
    [JsonIgnore]
    public string Words => (Policy switch
    {
        "none" => "none",
        "opportunistic" => "as it comes",
        "mta-sts" when Demand == "offered" => "as it comes (mta-sts: testing)",
        _ => $"{Demand} certificate ({Policy})".Replace("verified certificate", "verified", StringComparison.Ordinal),
    }) + (Login is null ? "" : $", as {Login}");
}

/// <param name="Used">It is tried.</param>
/// <param name="Why">Why not.</param>
internal sealed record AddressReport(string Address, bool Used, string? Why);

/// <param name="Code">The enhanced code that the sender would be told.</param>
/// <param name="Text">What the sender would be told.</param>
/// <param name="Detail">What it would not be told: our servers and what they said.</param>
internal sealed record FailureReport(bool Permanent, string Code, string Text, string? Detail);
