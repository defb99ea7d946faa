using System.Collections.Immutable;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Addresses;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>What becomes of mail for a local domain's address that is nobody's.</summary>
public enum UnknownRecipients
{
    /// <summary>550 5.1.1.</summary>
    Reject,

    /// <summary>A mailbox is made at the first delivery.</summary>
    Accept,
}

/// <summary>Everything the server is told, read once at start. Defaults are in <c>hocon/reference.conf</c> only.</summary>
/// <param name="Hostname">Greeting, EHLO, Received, Message-ID.</param>
/// <param name="DataDirectory">The folder of all that is kept; relative to the working directory.</param>
/// <param name="Domains">Domains whose mail stays here, in lower case; <c>*</c> alone: every domain.</param>
/// <param name="UnknownRecipients">Mail for nobody.</param>
/// <param name="Addresses">Aliases and tags.</param>
/// <param name="Listeners">The enabled listeners, in the order of the file.</param>
/// <param name="ShutdownGrace">How long sessions may go on after a stop was asked for.</param>
/// <param name="EngineText">What the actor engine is given: plain HOCON, readable by either engine.</param>
public sealed record ServerSettings(
    string Hostname,
    string DataDirectory,
    ImmutableArray<string> Domains,
    UnknownRecipients UnknownRecipients,
    AddressRules Addresses,
    ImmutableArray<ListenerSettings> Listeners,
    AuthSettings Auth,
    TlsSettings Tls,
    LimitSettings Limits,
    ContentSettings Content,
    StoreSettings Storage,
    OutboundSettings Outbound,
    ResolverOptions Dns,
    TransportSettings Transport,
    ConsoleSettings Console,
    TestInboxSettings TestInbox,
    ImmutableArray<WebhookSettings> Webhooks,
    Pop3Settings Pop3,
    GatekeepingSettings Gatekeeping,
    OriginSettings Origin,
    LoggingSettings Logging,
    InspectionSettings Inspection,
    TelemetrySettings Telemetry,
    TimeSpan ShutdownGrace,
    string EngineText)
{
    /// <summary>How mail is signed.</summary>
    public required DkimSettings Dkim { get; init; }

    /// <summary>Whether forwarded mail is sealed.</summary>
    public required ArcSettings Arc { get; init; }

    /// <summary>Whether senders of forwarded mail are rewritten.</summary>
    public required SrsSettings Srs { get; init; }

    /// <summary>Reports to other domains of mail in their name (RFC 7489 §7.2).</summary>
    public required ReportSettings DmarcReports { get; init; }

    /// <summary>Mail for every domain stays here.</summary>
    public bool AllDomains => Domains is ["*"];

    /// <summary>Whether mail for this domain stays here; not for address literals.</summary>
    public bool IsLocal(MailDomain domain) => AllDomains || Domains.Any(d => Protocol.Smtp.DomainName.ToCanonical(d) == domain.Canonical);

    /// <summary>Some listener asks this check.</summary>
    public bool Asks(string check) => Listeners.Any(l => l.Checks.Any(c => c.Name == check));

    /// <summary>Names have to be looked up: of other servers, or by checks.</summary>
    public bool NeedsResolver => Outbound.IsOn || Asks(Policy.Lists.DnsListsCheck.Word) || Asks(Policy.Peers.ReverseDnsCheck.Word) || Asks(Policy.Peers.HeloCheck.Word) || ExaminesOrigins;

    /// <summary>Some listener wants to know who sent a message.</summary>
    public bool ExaminesOrigins => Policy.Origin.OriginWords.All.Any(Asks);

    /// <summary>Some listener asks strangers to come back.</summary>
    public bool NeedsGreylist => Asks(Policy.Greylisting.GreylistingCheck.Word);

    /// <summary>Some listener speaks TLS.</summary>
    public bool NeedsCertificates => Console.HasTls || Listeners.Any(l => l.Tls != ListenerTls.Off);

    /// <summary>All certificates and authorities that the listeners with TLS and the console need, each once; empty where there is none.</summary>
    public ImmutableArray<CertificateSource> CertificateSources
    {
        get
        {
            var secure = Listeners.Where(l => l.Tls != ListenerTls.Off).ToList();
            IEnumerable<CertificateSource?> all =
                [Tls.Certificate, .. Tls.Further, .. secure.Select(l => l.OwnTls.Certificate), .. secure.Select(l => l.OwnTls.ClientAuthorities)];
            return !NeedsCertificates ? [] : [.. all.OfType<CertificateSource>().Distinct()];
        }
    }

    /// <summary>Reads a resolved configuration.</summary>
    /// <param name="root">All layers, resolved.</param>
    /// <param name="machineName">Stands in for an empty hostname.</param>
    /// <param name="readFile">The bytes of a file that the settings name, or null where there is none.</param>
    /// <exception cref="SettingsException">Something in it is wrong; holds every mistake.</exception>
    internal static ServerSettings From(HoconObject root, string machineName, Func<string, byte[]?> readFile)
    {
        var mistakes = new List<SettingsMistake>();
        var top = SettingsReader.At(root, mistakes);
        var r = top.Section("actorsmtp");
        var auth = AuthSettings.From(r.Section("auth"));
        var data = r.Text("data-dir");
        if (data.Length == 0)
        {
            r.Refuse("data-dir", "expected a folder's name");
        }

        var domains = ReadDomains(r);
        var limits = LimitSettings.From(r.Section("limits"));
        var outbound = OutboundSettings.From(r.Section("outbound"), readFile);
        var srs = SrsSettings.From(r.Section("srs"), domains, data, outbound.IsOn, readFile);
        var listeners = ListenerSettings.FromAll(r, auth);
        var gatekeeping = GatekeepingSettings.From(r.Section("gatekeeping"), listeners);
        var settings = new ServerSettings(
            Hostname: ReadHostname(r, machineName),
            DataDirectory: data,
            Domains: domains,
            UnknownRecipients: r.Choice("unknown-recipients", ("reject", UnknownRecipients.Reject), ("accept", UnknownRecipients.Accept)),
            Addresses: new AddressSettings(r, domains, new RouteTable(outbound.Routes), limits.AliasRecipients, readFile).Read() with { Senders = srs.Rewriter },
            Listeners: listeners,
            Auth: auth,
            Tls: TlsSettings.From(r.Section("tls")),
            Limits: limits,
            Content: ContentSettings.From(r.Section("content")),
            Storage: StoreSettings.From(r.Section("storage"), data, machineName),
            Outbound: outbound,
            Dns: DnsSettings.From(r.Section("dns")),
            Transport: TransportSettings.From(r.Section("transport")),
            Console: ConsoleSettings.From(r.Section("console")),
            TestInbox: TestInboxSettings.From(r.Section("test-inbox")),
            Webhooks: WebhookSettings.FromAll(r),
            Pop3: Pop3Settings.From(r.Section("pop3")),
            Gatekeeping: gatekeeping,
            Origin: OriginSettings.From(r.Section("origin"), listeners, gatekeeping),
            Logging: LoggingSettings.From(r.Section("logging")),
            Inspection: InspectionSettings.From(r.Section("inspection")),
            Telemetry: TelemetrySettings.From(r.Section("telemetry")),
            ShutdownGrace: r.Section("shutdown").Duration("grace", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            EngineText: EngineSection.Render(top.Raw("akka"), r.Raw("session-dispatcher")))
        {
            Dkim = DkimSettings.From(r.Section("dkim")),
            Arc = ArcSettings.From(r.Section("arc"), listeners),
            Srs = srs,
            DmarcReports = ReportSettings.From(r.Section("dmarc-reports"), listeners, outbound),
        };
        top.Finish();
        return mistakes.Count == 0 ? settings : throw new SettingsException(Once(mistakes));
    }

    // A wrong value that several listeners take from their defaults is one mistake.
    private static List<SettingsMistake> Once(List<SettingsMistake> mistakes) =>
        [.. mistakes.DistinctBy(m => (m.Origin, m.Expected, m.Origin == default ? m.Path : ""))];

    private static string ReadHostname(SettingsReader r, string machineName)
    {
        var name = r.Text("hostname");
        if (name.Length == 0)
        {
            return DomainName.IsValid(machineName) ? machineName : "localhost";
        }

        if (!DomainName.IsValid(name))
        {
            r.Refuse("hostname", DomainName.Expected);
        }

        return name;
    }

    private static ImmutableArray<string> ReadDomains(SettingsReader r)
    {
        var domains = r.TextList("domains");
        if (domains.Contains("*") && domains.Length > 1)
        {
            r.Refuse("domains", "expected \"*\" (every domain) to stand alone");
        }

        foreach (var wrong in domains.Where(d => d != "*" && !DomainName.IsValid(d)))
        {
            r.Refuse("domains", $"\"{wrong}\": {DomainName.Expected}, or \"*\" alone for every domain");
        }

        return [.. domains.Select(d => d.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
    }
}

/// <summary>What is put before the actor engine, whichever it is.</summary>
internal static class EngineSection
{
    /// <summary>The section <c>akka</c> and the product's own dispatcher, without substitutions, includes and the like.</summary>
    public static string Render(HoconObject akka, HoconObject sessionDispatcher) => HoconRenderer.Render(new HoconObject(
    [
        new("akka", akka),
        new("actorsmtp", new HoconObject([new("session-dispatcher", sessionDispatcher)], sessionDispatcher.Origin)),
    ], akka.Origin));
}
