using System.Text.Json;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>What server this is, and what it is told.</summary>
internal static class ServerRoutes
{
    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var help = new Lazy<IReadOnlyDictionary<string, string>>(SettingHelp.Read);
        return new Routes("Server")
            .Get("/api/server", "What server this is and how it does.", _ => Task.FromResult(Describe(services)))
            .Get("/api/config", "Every setting in force, and where its value comes from.", _ => Task.FromResult(new ConfigDocument(
                [.. services.Parts.Settings.Show().Where(s => s.Path.StartsWith("actorsmtp.", StringComparison.Ordinal)).Select(s => Shown(s, help.Value))])));
    }

    private static ServerDocument Describe(ConsoleServices services)
    {
        var (parts, settings) = (services.Parts, services.Parts.Settings.Server);
        var store = parts.Server.Store;
        return new ServerDocument(
            parts.Version,
            settings.Hostname,
            settings.Hostname,
            services.StartedAt,
            parts.Time.GetUtcNow(),
            Path.GetFullPath(settings.DataDirectory),
            parts.IsLaptop ? "laptop" : "custom",
            [.. settings.Domains],
            settings.UnknownRecipients == UnknownRecipients.Accept ? "accept" : "reject",
            [.. parts.Server.Listeners.Select(l => Shown(l.Name, l.Address.ToString()!, settings))],
            new StorageDocument(
                settings.Storage.Kind.ToString().ToLowerInvariant(),
                settings.Storage.Files.Sync == SyncPolicy.Always ? "always" : "never",
                store.Pressure.Level == PressureLevel.Normal ? "none" : store.Pressure.Level.ToString().ToLowerInvariant(),
                store.Statistics.Waiting),
            new LimitsDocument(settings.Limits.MessageSize, settings.Limits.Recipients),
            new OutboundDocument(parts.Queue is not null),
            settings.TestInbox.MagicAddresses,
            [.. services.Features]);
    }

    private static ListenerDocument Shown(string name, string address, ServerSettings settings)
    {
        var listener = settings.Listeners.First(l => l.Name == name);
        return new ListenerDocument(
            name,
            listener.Role.ToString().ToLowerInvariant(),
            address,
            listener.Tls.ToString().ToLowerInvariant(),
            listener.Auth.ToString().ToLowerInvariant());
    }

    private static SettingDocument Shown(EffectiveSetting setting, IReadOnlyDictionary<string, string> help)
    {
        var source = setting.Origin.Source ?? "";
        var layer = source switch
        {
            "reference.conf" => "default",
            "laptop.conf" => "profile",
            _ when source.StartsWith("environment variable", StringComparison.Ordinal) => "environment",
            _ when source.StartsWith("--set", StringComparison.Ordinal) => "command-line",
            _ => "file",
        };
        return new SettingDocument(setting.Path, ValueOf(setting.Value), setting.Origin.ToString(), layer, setting.Value.Contains("***", StringComparison.Ordinal), help.GetValueOrDefault(setting.Path));
    }

    /// <summary>HOCON of one value is JSON where it is a list, a quoted text, a number or a word.</summary>
    private static JsonElement ValueOf(string hocon)
    {
        try
        {
            return JsonDocument.Parse(hocon).RootElement;
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(hocon);
        }
    }
}

/// <param name="Profile"><c>laptop</c> or <c>custom</c>.</param>
/// <param name="Features">What there is of the parts that come and go: <c>leases</c>, <c>scenarios</c>…</param>
internal sealed record ServerDocument(
    string Version,
    string Hostname,
    string Node,
    DateTimeOffset StartedAt,
    DateTimeOffset At,
    string DataDirectory,
    string Profile,
    IReadOnlyList<string> Domains,
    string UnknownRecipients,
    IReadOnlyList<ListenerDocument> Listeners,
    StorageDocument Storage,
    LimitsDocument Limits,
    OutboundDocument Outbound,
    bool MagicAddresses,
    IReadOnlyList<string> Features);

internal sealed record ListenerDocument(string Name, string Role, string Address, string Tls, string Auth);

/// <param name="Sync">When accepted mail is made stable: <c>always</c> or <c>never</c>.</param>
/// <param name="Pressure"><c>none</c>, <c>slow</c> (replies wait) or <c>full</c> (mail is refused).</param>
/// <param name="Backlog">Messages accepted and not yet in their mailboxes.</param>
internal sealed record StorageDocument(string Kind, string Sync, string Pressure, long Backlog);

internal sealed record LimitsDocument(long MessageSize, int Recipients);

internal sealed record OutboundDocument(bool Enabled);

internal sealed record ConfigDocument(IReadOnlyList<SettingDocument> Values);

/// <param name="Origin">File and line, variable or argument.</param>
/// <param name="Layer"><c>default</c>, <c>profile</c>, <c>file</c>, <c>environment</c> or <c>command-line</c>.</param>
/// <param name="Help">What reference.conf says of it.</param>
internal sealed record SettingDocument(string Key, JsonElement Value, string Origin, string Layer, bool Secret, string? Help);
