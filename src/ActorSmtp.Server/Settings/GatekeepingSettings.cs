using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy.Greylisting;
using ActorSmtp.Server.Policy.Hooks;
using ActorSmtp.Server.Policy.Lists;
using ActorSmtp.Server.Policy.Peers;
using ActorSmtp.Server.Policy.Rates;

namespace ActorSmtp.Server.Settings;

/// <summary>How checks are asked, whichever they are, and what their scores lead to.</summary>
/// <param name="Timeout">How long a check may take at one step.</param>
/// <param name="AtOnce">Sessions of all listeners that may wait for checks at the same time.</param>
/// <param name="Trusted">Peers that no check of strangers is asked about.</param>
/// <param name="Scores">From which sum on something is done.</param>
/// <param name="DnsLists">Lists of addresses that are asked.</param>
/// <param name="DnsListWait">How long MAIL waits for their answers.</param>
/// <param name="DnsListRest">How long one is left alone that does not serve us, or lists everybody.</param>
/// <param name="Rates">How much may come from one origin.</param>
/// <param name="ReverseDns">What the names of a peer's address count.</param>
/// <param name="Helo">What it counts what a peer calls itself.</param>
/// <param name="EarlyTalkers">What it counts that a peer did not wait for the greeting.</param>
/// <param name="Greylisting">Who is to come back.</param>
/// <param name="Tarpit">Who is answered slowly.</param>
/// <param name="HttpHooks">Who is asked by HTTP.</param>
public sealed record GatekeepingSettings(
    TimeSpan Timeout,
    int AtOnce,
    TrustedNetworks Trusted,
    ScoreSettings Scores,
    ImmutableArray<DnsListSettings> DnsLists,
    TimeSpan DnsListWait,
    TimeSpan DnsListRest,
    RateSettings Rates,
    ReverseDnsSettings ReverseDns,
    HeloSettings Helo,
    Weight EarlyTalkers,
    GreylistSettings Greylisting,
    TarpitSettings Tarpit,
    ImmutableArray<HttpHookSettings> HttpHooks)
{
    /// <summary>The milters there are, whoever asks them.</summary>
    public ImmutableArray<MilterSettings> Milters { get; init; } = [];

    /// <summary>Who gets what is put in quarantine.</summary>
    public string Quarantine { get; init; } = "";

    /// <summary>What checks want set apart goes there too; else its recipients get it with a flag.</summary>
    public bool QuarantinesSetApart { get; init; }

    /// <summary>r stands at <c>gatekeeping</c>.</summary>
    internal static GatekeepingSettings From(SettingsReader r, IReadOnlyCollection<ListenerSettings> listeners)
    {
        var settings = Read(r);
        if (r.Mistakes.Count == 0)
        {
            CheckWaits(r, settings, listeners);
            CheckListeners(r, settings, listeners);
        }

        foreach (var listener in listeners.Where(l => l.Checks.Any(c => c.Name == DnsListsCheck.Word)))
        {
            if (!settings.DnsLists.Any(list => list.Listeners.IsEmpty || list.Listeners.Contains(listener.Name)))
            {
                r.Refuse("dns-lists", $"listener {listener.Name} asks the lists, and there is none for it: add one, such as zen {{ zone = \"zen.spamhaus.org\", score = 5 }}");
            }
        }

        if (!settings.Rates.LimitsAny && listeners.FirstOrDefault(l => l.Checks.Any(c => c.Name == RatesCheck.Word)) is { } limited)
        {
            r.Refuse("rates", $"listener {limited.Name} asks the rates, and none is limited: set one above 0, such as recipients-per-network = 1000");
        }

        foreach (var listener in listeners)
        {
            foreach (var milter in listener.Milters.Where(m => !settings.Milters.Any(s => s.Name == m.Name)))
            {
                r.Refuse("milters", $"listener {listener.Name} asks milter {milter.Name}, and there is none: add {milter.Name} {{ address = \"unix:/run/{milter.Name}/{milter.Name}.sock\" }}");
            }
        }

        foreach (var (list, name) in settings.DnsLists.SelectMany(list => list.Listeners.Select(name => (list, name))).Where(n => r.Mistakes.Count == 0 && !listeners.Any(l => l.Name == n.name)))
        {
            r.Refuse("dns-lists", $"list {list.Name} is for listener {name}, and there is no such listener");
        }

        return settings;
    }

    private static void CheckWaits(SettingsReader r, GatekeepingSettings settings, IReadOnlyCollection<ListenerSettings> listeners)
    {
        const string Less = "expected less than gatekeeping.timeout, after which no answer of a check counts";
        if (!settings.DnsLists.IsEmpty && settings.DnsListWait >= settings.Timeout)
        {
            r.Refuse("dns-list-wait", Less);
        }

        if (settings.ReverseDns.Wait >= settings.Timeout && listeners.Any(l => Asks(l, ReverseDnsCheck.Word)))
        {
            r.Refuse("reverse-dns", $"wait: {Less}");
        }

        if (settings.Helo.Wait >= settings.Timeout && listeners.Any(l => Asks(l, HeloCheck.Word)))
        {
            r.Refuse("helo", $"wait: {Less}");
        }

        if (settings.HttpHooks.FirstOrDefault(h => h.Timeout >= settings.Timeout) is { } slow)
        {
            r.Refuse("http-hooks", $"hook {slow.Name} has timeout = {slow.Timeout.TotalSeconds:0.###}s: {Less}");
        }
    }

    private static void CheckListeners(SettingsReader r, GatekeepingSettings settings, IReadOnlyCollection<ListenerSettings> listeners)
    {
        foreach (var listener in listeners)
        {
            if (Asks(listener, EarlyTalkersCheck.Word) && (listener.Peers is { GreetingDelay.Ticks: 0 } or { DropsEarlyTalkers: true } || listener.Tls == ListenerTls.Implicit))
            {
                r.Refuse("early-talkers", $"listener {listener.Name} asks early-talkers, and nobody would be found: set its greeting-delay (3s), early-talkers = log, and tls to another than implicit");
            }

            if (Asks(listener, HttpHookCheck.Word) && !settings.HttpHooks.Any(h => h.IsFor(listener.Name)))
            {
                r.Refuse("http-hooks", $"listener {listener.Name} asks http-hook, and there is none for it: add one, such as filter {{ url = \"http://127.0.0.1:8080/mail\" }}");
            }

            if (Asks(listener, GreylistingCheck.Word) && listener.Role == ListenerRole.Lmtp)
            {
                r.Refuse("greylisting", $"listener {listener.Name} has role = lmtp: the neighbour there has taken the mail already, and would only queue it; name greylisting where strangers connect");
            }
        }

        foreach (var (hook, name) in settings.HttpHooks.SelectMany(hook => hook.Listeners.Select(name => (hook, name))).Where(n => !listeners.Any(l => l.Name == n.name)))
        {
            r.Refuse("http-hooks", $"hook {hook.Name} is for listener {name}, and there is no such listener");
        }
    }

    private static bool Asks(ListenerSettings listener, string check) => listener.Checks.Any(c => c.Name == check);

    private static GatekeepingSettings Read(SettingsReader r) => new(
        Timeout: r.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)),        // clients wait 5m: RFC 5321 §4.5.3.2
        AtOnce: r.Int("at-once", min: 1, max: 1_000_000),
        Trusted: TrustedNetworks.From(r, "trusted"),
        Scores: ScoreSettings.From(r.Section("scores")),
        DnsLists: DnsListSettings.FromAll(r),
        DnsListWait: r.Duration("dns-list-wait", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        DnsListRest: r.Duration("dns-list-rest", TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
        Rates: RateSettings.From(r.Section("rates")),
        ReverseDns: ReverseDnsSettings.From(r.Section("reverse-dns")),
        Helo: HeloSettings.From(r.Section("helo")),
        EarlyTalkers: Weight.From(r, "early-talkers"),
        Greylisting: GreylistSettings.From(r.Section("greylisting")),
        Tarpit: TarpitSettings.From(r.Section("tarpit")),
        HttpHooks: HttpHookSettings.FromAll(r))
    {
        Milters = MilterSettings.FromAll(r),
        Quarantine = r.Parsed("quarantine", "an address of this server, such as quarantine@example.com, or an account's name", QuarantineOf) ?? "",
        QuarantinesSetApart = r.Choice("set-apart", ("flag", false), ("quarantine", true)),
    };

    private static string? QuarantineOf(string text) => Mailbox.TryParse(text.Contains('@', StringComparison.Ordinal) ? text : text + "@localhost") is null ? null : text;
}

/// <summary>What the sum of all scores leads to; 0: to nothing.</summary>
public sealed record ScoreSettings(int Tag, int Defer, int Reject)
{
    private const int Most = 1000;

    internal static ScoreSettings From(SettingsReader r)
    {
        var scores = new ScoreSettings(
            Tag: r.Int("tag", min: 0, max: Most),
            Defer: r.Int("defer", min: 0, max: Most),
            Reject: r.Int("reject", min: 0, max: Most));
        if (scores.Reject > 0 && scores.Defer > scores.Reject)
        {
            r.Refuse("defer", "expected no more than scores.reject, which would never be reached");
        }

        return scores;
    }
}
