using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Misbehaviour on request: deterministic, for one lease, recipient, sender, client or listener, and over when its time is.</summary>
internal static class ScenarioRoutes
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(10);

    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var book = services.Parts.Server.Scenarios;
        return new Routes("Scenarios")
            .Post<ScenarioSpec, ScenarioDocument>("/api/scenarios", "Asks for misbehaviour.", (call, spec) =>
            {
                var scenario = Read(services, call, spec);
                call.Check();
                return book.TryAdd(scenario!, services.Parts.Settings.Server.TestInbox.Scenarios)
                    ? Task.FromResult(Shown(scenario!, 0))
                    : throw new ProblemException(Problem.Limit("There are as many scenarios as there may be (actorsmtp.test-inbox.scenarios); remove one, or wait until one expires"));
            }, status: 201)
            .Get("/api/scenarios", "The scenarios, with how often each has acted.", call =>
            {
                var lease = call.Text("lease");
                call.Check();
                return Task.FromResult(new Listed<ScenarioDocument>([.. book.All.Where(s => lease is null || s.Scenario.For.Lease == lease).Select(s => Shown(s.Scenario, s.Hits))]));
            }, new QueryParameter("lease", "Only those of this lease."))
            .Delete("/api/scenarios/{id}", "Takes one out.", call =>
            {
                var id = call.Part("id");
                return book.Remove(s => s.Id == id) > 0 ? Task.CompletedTask : throw new ProblemException(Problem.NotFound("There is no such scenario (any more)"));
            });
    }

    private static Scenario? Read(ConsoleServices services, ApiCall call, ScenarioSpec spec)
    {
        var target = TargetOf(services, call, spec.For);
        var effect = EffectOf(call, spec);
        if (spec.At is null)
        {
            call.Mistake("at", "expected connect, hello, starttls, auth, mail, rcpt, data, content or stored");
        }

        if (spec.Nth is < 1)
        {
            call.Mistake("nth", "expected 1 or more");
        }

        if (spec.Times is < 1)
        {
            call.Mistake("times", "expected 1 or more, or null for always");
        }

        var settings = services.Parts.Settings.Server.TestInbox;
        var time = call.DurationOf("ttl", spec.Ttl, TimeSpan.FromMilliseconds(100), settings.LongestLease);
        var expires = target?.Lease is { } lease && time is null ? (DateTimeOffset?)null : services.Parts.Time.GetUtcNow() + (time ?? settings.LeaseTime);
        return target is null || effect is null || spec.At is null
            ? null
            : new Scenario(RandomNumberGenerator.GetHexString(12, lowercase: true), spec.Name is { Length: > 0 and <= 100 } name ? name : null, target, StepOf(spec.At.Value), spec.Nth ?? 1, spec.Times, effect, expires);
    }

    private static ScenarioTarget? TargetOf(ConsoleServices services, ApiCall call, ScenarioFor? wanted)
    {
        string?[] all = [wanted?.Lease, wanted?.Recipient, wanted?.Sender, wanted?.Helo, wanted?.Client, wanted?.Listener];
        if (all.Count(one => !string.IsNullOrEmpty(one)) != 1)
        {
            call.Mistake("for", "expected exactly one of lease, recipient, sender, helo, client and listener");
            return null;
        }

        if (wanted!.Lease is { } id)
        {
            if (services.Leases.Find(id) is { } lease)
            {
                return new ScenarioTarget(Lease: id, LeaseAddress: lease.Address);
            }

            call.Mistake("for.lease", "there is no such lease");
            return null;
        }

        IPAddress? client = null;
        if (wanted.Client is { } text && !IPAddress.TryParse(text, out client))
        {
            call.Mistake("for.client", "expected an IP address");
        }

        if (wanted.Listener is { } listener && services.Parts.Server.Listeners.All(l => l.Name != listener))
        {
            call.Mistake("for.listener", "there is no such listener");
        }

        return new ScenarioTarget(Recipient: wanted.Recipient, Sender: wanted.Sender, Helo: wanted.Helo, Client: client, Listener: wanted.Listener);
    }

    private static ScenarioEffect? EffectOf(ApiCall call, ScenarioSpec spec)
    {
        var then = spec.Then;
        var delay = call.DurationOf("then.delay", then?.Delay, TimeSpan.FromMilliseconds(1), LongestDelay);
        Reply? reply = null;
        if (then?.Reply is { } text && (reply = ReplyOf(text)) is null)
        {
            call.Mistake("then.reply", "expected a refusal such as '452 4.2.2 Mailbox full': 400 to 599, maybe an enhanced code of the same class, a text");
        }

        var drops = then?.Drop == true || then?.FailHandshake == true;
        if (then is null || (reply is null && delay is null && !drops && then.Reply is null) || (drops && then.Reply is not null))
        {
            call.Mistake("then", "expected a delay, and at most one of reply, drop and failHandshake");
            return null;
        }

        if (then.FailHandshake == true && spec.At is not (ScenarioAt.StartTls or ScenarioAt.Connect))
        {
            call.Mistake("then.failHandshake", "possible at starttls, and at connect where a listener begins with TLS");
        }

        return new ScenarioEffect(reply, delay ?? TimeSpan.Zero, then.Drop == true, then.FailHandshake == true);
    }

    private static Reply? ReplyOf(string text)
    {
        var words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 400 or > 599)
        {
            return null;
        }

        if (words.Length > 1 && words[1].Split('.') is [var kind, var subject, var detail])
        {
            return kind == words[0][..1] && int.TryParse(subject, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && int.TryParse(detail, NumberStyles.None, CultureInfo.InvariantCulture, out var d) && s < 1000 && d < 1000
                ? words.Length > 2 ? Replies.AsAsked(code, s, d, words[2]) : Replies.AsAsked(code, s, d)
                : null;
        }

        return words.Length > 1 ? Replies.AsAsked(code, 0, 0, string.Join(' ', words.Skip(1))) : Replies.AsAsked(code, 0, 0);
    }

    private static ScenarioStep StepOf(ScenarioAt at) => Enum.Parse<ScenarioStep>(at.ToString());

    private static ScenarioDocument Shown(Scenario s, int hits) => new(
        s.Id,
        s.Name,
        new ScenarioFor { Lease = s.For.Lease, Recipient = s.For.Recipient, Sender = s.For.Sender, Helo = s.For.Helo, Client = s.For.Client?.ToString(), Listener = s.For.Listener },
        Enum.Parse<ScenarioAt>(s.At.ToString()),
        s.Nth,
        s.Times,
        new ScenarioThen
        {
            Reply = s.Then.Reply?.ToString(),
            Delay = s.Then.Delay > TimeSpan.Zero ? HoconUnits.FormatDuration(s.Then.Delay) : null,
            Drop = s.Then.Drop,
            FailHandshake = s.Then.FailHandshake,
        },
        hits,
        s.Expires);
}

/// <summary>Where it goes wrong.</summary>
internal enum ScenarioAt
{
    Connect,
    Hello,

    [System.Text.Json.Serialization.JsonStringEnumMemberName("starttls")]
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Content,
    Stored,
}

internal sealed record ScenarioFor
{
    public string? Lease { get; init; }

    public string? Recipient { get; init; }

    public string? Sender { get; init; }

    public string? Helo { get; init; }

    public string? Client { get; init; }

    public string? Listener { get; init; }
}

internal sealed record ScenarioThen
{
    /// <summary>A refusal, such as <c>452 4.2.2 Mailbox full</c>.</summary>
    public string? Reply { get; init; }

    /// <summary>Before anything else, such as <c>3s</c>.</summary>
    public string? Delay { get; init; }

    /// <summary>The link is closed without a word.</summary>
    public bool? Drop { get; init; }

    public bool? FailHandshake { get; init; }
}

internal sealed record ScenarioSpec
{
    public string? Name { get; init; }

    public ScenarioFor? For { get; init; }

    public ScenarioAt? At { get; init; }

    /// <summary>The first occurrence on which it acts.</summary>
    public int? Nth { get; init; }

    /// <summary>How often it acts; once where it is not given, always where it is null.</summary>
    public int? Times { get; init; } = 1;

    public ScenarioThen? Then { get; init; }

    /// <summary>How long it waits for its chance; that of a lease ends with the lease.</summary>
    public string? Ttl { get; init; }
}

internal sealed record ScenarioDocument(
    string Id, string? Name, ScenarioFor For, ScenarioAt At, int Nth, int? Times, ScenarioThen Then, int Hits, DateTimeOffset? Expires);
