using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorSmtp.Client;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Settings;

/// <summary>How much one destination is given at once.</summary>
/// <param name="Connections">Messages under way to it at the same time, each over a connection.</param>
/// <param name="Every">The time from one message to the next; zero: none.</param>
/// <param name="Messages">Over one connection, which carries those of destinations with the same number only; then a new one is made.</param>
public sealed record DestinationLimits(int Connections, TimeSpan Every, int Messages);

/// <summary>How mail is carried to other servers.</summary>
/// <param name="Limits">For a destination without its own.</param>
/// <param name="LimitsOf">By domain: its own, <c>.example.com</c> for all below, as routes have them.</param>
/// <param name="HostConnections">To one server at the same time, all destinations together.</param>
/// <param name="ConnectionAge">Then a new one is made.</param>
/// <param name="Idle">How long a connection without work is kept.</param>
/// <param name="Recipients">Of one transaction; the rest goes in further ones.</param>
/// <param name="FirstRest">How long a destination of which nothing can be reached is left alone at first; twice as long each further time.</param>
/// <param name="LongestRest">But never longer.</param>
/// <param name="Timeouts">How long answers are waited for.</param>
/// <param name="TlsRemembered">How long it is remembered that a server had TLS; zero: not at all.</param>
/// <param name="TlsDoubted">How long one that has it no more gets nothing in clear text.</param>
/// <param name="UsesDane">TLSA records of other servers count (RFC 7672).</param>
/// <param name="UsesMtaSts">Policies of other domains count (RFC 8461).</param>
/// <param name="TlsPolicy">What is asked of TLS, by domain as routes have them.</param>
public sealed record RelaySettings(
    DestinationLimits Limits,
    FrozenDictionary<string, DestinationLimits> LimitsOf,
    int HostConnections,
    TimeSpan ConnectionAge,
    TimeSpan Idle,
    int Recipients,
    TimeSpan FirstRest,
    TimeSpan LongestRest,
    ClientTimeouts Timeouts,
    TimeSpan TlsRemembered,
    TimeSpan TlsDoubted,
    bool UsesDane,
    bool UsesMtaSts,
    ImmutableDictionary<string, TlsLevel> TlsPolicy)
{
    /// <summary>Connections at once to begin with; more as it goes well.</summary>
    public int FirstConnections => 5;

    /// <summary>What a destination is given.</summary>
    /// <param name="destination">In its canonical form.</param>
    public DestinationLimits LimitsFor(string destination) => NearestDomain.Find(LimitsOf, destination) ?? Limits;

    /// <summary>r stands at <c>outbound</c>.</summary>
    internal static RelaySettings From(SettingsReader r)
    {
        var limits = r.Section("limits");
        var servers = r.Section("servers");
        var messages = servers.Int("messages", min: 1, max: 1_000_000);
        var tls = r.Section("tls");
        var settings = new RelaySettings(
            Limits: LimitsFrom(limits, messages),
            LimitsOf: LimitsOfAll(r, limits, messages),
            HostConnections: servers.Int("connections", min: 1, max: 10_000),
            ConnectionAge: servers.Duration("age", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Idle: servers.Duration("idle", TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            Recipients: r.Int("recipients", min: 1, max: 10_000),                                       // RFC 5321 §4.5.3.1.8: everybody takes 100
            FirstRest: r.Duration("rest", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            LongestRest: r.Duration("longest-rest", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Timeouts: TimeoutsFrom(r.Section("timeouts")),
            TlsRemembered: tls.Duration("remember", TimeSpan.Zero, TimeSpan.FromDays(365)),
            TlsDoubted: tls.Duration("doubt", TimeSpan.Zero, TimeSpan.FromDays(5)),
            UsesDane: tls.Flag("dane"),
            UsesMtaSts: tls.Flag("mta-sts"),
            TlsPolicy: TlsPolicyFrom(r.Section("tls-policy")));
        if (settings.LongestRest < settings.FirstRest)
        {
            r.Refuse("longest-rest", "expected no less than rest");
        }

        return settings;
    }

    private static ImmutableDictionary<string, TlsLevel> TlsPolicyFrom(SettingsReader r)
    {
        var levels = ImmutableDictionary.CreateBuilder<string, TlsLevel>(StringComparer.Ordinal);
        foreach (var name in r.Keys)
        {
            var level = r.Choice(
                name,
                ("auto", TlsLevel.Auto), ("none", TlsLevel.None), ("may", TlsLevel.May), ("encrypt", TlsLevel.Encrypt),
                ("dane-only", TlsLevel.DaneOnly), ("verify", TlsLevel.Verify), ("secure", TlsLevel.Secure));
            if (name == NearestDomain.Others || IsDestination(name))
            {
                levels[name] = level;
            }
            else
            {
                r.Refuse(name, $"the key of a TLS policy is none: {DomainName.Expected}, with a dot before it for every domain below, or \"*\"; write it in quotes");
            }
        }

        return levels.ToImmutable();
    }

    private static bool IsDestination(string name) => DomainName.IsValid(name.StartsWith('.') ? name[1..] : name);

    /// <param name="most">Messages over one connection, whoever's they are.</param>
    private static DestinationLimits LimitsFrom(SettingsReader r, int most)
    {
        var connections = r.Int("connections", min: 1, max: 1000);
        var messages = r.Int("messages", min: 0, max: 1_000_000);
        var rate = r.Int("rate", min: 0, max: 1_000_000);
        if (messages > most)
        {
            r.Refuse("messages", $"expected no more than servers.messages ({most}), which holds for every connection");
        }

        return new DestinationLimits(connections, rate == 0 ? TimeSpan.Zero : TimeSpan.FromMinutes(1) / rate, messages == 0 ? most : messages);
    }

    private static FrozenDictionary<string, DestinationLimits> LimitsOfAll(SettingsReader r, SettingsReader defaults, int most)
    {
        var all = new Dictionary<string, DestinationLimits>(StringComparer.Ordinal);
        foreach (var (name, section) in r.Sections("limits-for", defaults))
        {
            var limits = LimitsFrom(section, most);
            if (IsDestination(name))
            {
                all[NearestDomain.Canonical(name)] = limits;
            }
            else
            {
                section.Refuse("connections", $"\"{name}\" is no destination: {DomainName.Expected}, with a dot before it for every domain below; write it in quotes");
            }
        }

        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static ClientTimeouts TimeoutsFrom(SettingsReader r)
    {
        return new ClientTimeouts(
            Connect: Of("connect"), Greeting: Of("greeting"), Command: Of("command"), DataStart: Of("data"), DataBlock: Of("block"), DataEnd: Of("end"), Quit: Of("quit"));

        TimeSpan Of(string key) => r.Duration(key, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
    }
}
