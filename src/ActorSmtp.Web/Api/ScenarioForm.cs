using System.Net;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Reads scenarios as requests bring them; what is wrong is noted by the member's name.</summary>
internal sealed class ScenarioForm(ConsoleServices services, ApiCall call)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(10);

    /// <summary>A scenario by itself; null: a mistake was noted.</summary>
    public Scenario? Read(ScenarioSpec spec) => Read(spec, "", TargetOf(spec.For));

    /// <summary>One that comes with a lease which is not made yet: whom it is for is put in afterwards.</summary>
    /// <param name="field">The member it stands in.</param>
    public Scenario? ReadOfLease(ScenarioSpec? spec, string field)
    {
        if (spec is null)
        {
            call.Mistake(field, "expected an object with at and then");
            return null;
        }

        if (spec.For is not null)
        {
            call.Mistake(field + ".for", "leave it out: what comes with a lease is for that lease; others are asked for by POST /api/scenarios");
        }

        return Read(spec, field + ".", new ScenarioTarget(Lease: ""));
    }

    private Scenario? Read(ScenarioSpec spec, string prefix, ScenarioTarget? target)
    {
        var effect = EffectOf(spec, prefix);
        if (spec.At is null)
        {
            call.Mistake(prefix + "at", "expected connect, hello, starttls, auth, mail, rcpt, data, content or stored");
        }

        if (spec.Nth is < 1)
        {
            call.Mistake(prefix + "nth", "expected 1 or more");
        }

        if (spec.Times is < 1)
        {
            call.Mistake(prefix + "times", "expected 1 or more, or null for always");
        }

        var settings = services.Parts.Settings.Server.TestInbox;
        var time = call.DurationOf(prefix + "ttl", spec.Ttl, TimeSpan.FromMilliseconds(100), settings.LongestLease);
        var expires = target?.Lease is { } lease && time is null ? (DateTimeOffset?)null : services.Parts.Time.GetUtcNow() + (time ?? settings.LeaseTime);
        return target is null || effect is null || spec.At is null
            ? null
            : new Scenario(RandomNumberGenerator.GetHexString(12, lowercase: true), spec.Name is { Length: > 0 and <= 100 } name ? name : null, target, StepOf(spec.At.Value), spec.Nth ?? 1, spec.Times, effect, expires);
    }

    private ScenarioTarget? TargetOf(ScenarioFor? wanted)
    {
        string?[] all = [wanted?.Lease, wanted?.Recipient, wanted?.Sender, wanted?.Helo, wanted?.Client, wanted?.Listener];
        if (all.Count(one => !string.IsNullOrEmpty(one)) != 1)
        {
            call.Mistake("for", "expected exactly one of lease, recipient, sender, helo, client and listener");
            return null;
        }

        if (wanted!.Lease is { } id)
        {
            if ((services.Leases.Find(id) ?? services.Leases.OfMailbox(id.ToLowerInvariant())) is { } lease)
            {
                return new ScenarioTarget(Lease: lease.Id, LeaseAddress: lease.Address);
            }

            call.Mistake("for.lease", "there is no lease of this id or address");
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

    private ScenarioEffect? EffectOf(ScenarioSpec spec, string prefix)
    {
        var then = spec.Then;
        var delay = call.DurationOf(prefix + "then.delay", then?.Delay, TimeSpan.FromMilliseconds(1), LongestDelay);
        Reply? reply = null;
        if (then?.Reply is { } text && (reply = RefusalText.Parse(text)) is null)
        {
            call.Mistake(prefix + "then.reply", "expected " + RefusalText.Expected);
        }

        var drops = then?.Drop == true || then?.FailHandshake == true;
        if (then is null || (reply is null && delay is null && !drops && then.Reply is null) || (drops && then.Reply is not null))
        {
            call.Mistake(prefix + "then", "expected a delay, and at most one of reply, drop and failHandshake");
            return null;
        }

        if (then.FailHandshake == true && spec.At is not (ScenarioAt.StartTls or ScenarioAt.Connect))
        {
            call.Mistake(prefix + "then.failHandshake", "possible at starttls, and at connect where a listener begins with TLS");
        }

        return new ScenarioEffect(reply, delay ?? TimeSpan.Zero, then.Drop == true, then.FailHandshake == true);
    }

    private static ScenarioStep StepOf(ScenarioAt at) => Enum.Parse<ScenarioStep>(at.ToString());
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
    /// <summary>A lease's id or address.</summary>
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
