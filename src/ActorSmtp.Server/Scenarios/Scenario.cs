using System.Net;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Scenarios;

/// <summary>Where in a dialogue something is made to go wrong.</summary>
public enum ScenarioStep
{
    /// <summary>Before the greeting, or the handshake of a listener that begins with TLS.</summary>
    Connect,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,

    /// <summary>After the final dot; nothing is stored.</summary>
    Content,

    /// <summary>The message is stable, its 250 not said.</summary>
    Stored,
}

/// <summary>Whom a scenario is for: exactly one is given.</summary>
/// <param name="Lease">A lease's id; <paramref name="LeaseAddress"/> is its address.</param>
public sealed record ScenarioTarget(
    string? Lease = null,
    string? LeaseAddress = null,
    string? Recipient = null,
    string? Sender = null,
    string? Helo = null,
    IPAddress? Client = null,
    string? Listener = null);

/// <summary>What is made to happen: first the delay, then one of the others, or what would have happened anyway.</summary>
public sealed record ScenarioEffect(Reply? Reply, TimeSpan Delay, bool Drop, bool FailHandshake)
{
    /// <summary>What would have happened anyway.</summary>
    internal static ScenarioEffect None { get; } = new(null, TimeSpan.Zero, Drop: false, FailHandshake: false);

    /// <summary>Others are asked what is to happen, and it is this; null: it is known.</summary>
    internal Task<ScenarioEffect>? Pending { get; init; }
}

/// <summary>Misbehaviour that a test asked for.</summary>
/// <param name="Nth">The first occurrence on which it acts, from 1.</param>
/// <param name="Times">How often; null: always.</param>
public sealed record Scenario(string Id, string? Name, ScenarioTarget For, ScenarioStep At, int Nth, int? Times, ScenarioEffect Then, DateTimeOffset? Expires);

/// <summary>What is known of a dialogue at a step.</summary>
/// <param name="Recipients">The one that is being named, or at Content and Stored all of the message's.</param>
internal readonly record struct ScenarioFacts(
    ScenarioStep Step, string Listener, IPAddress? Client, string? Helo, string? User, string? Sender, IReadOnlyList<string> Recipients);
