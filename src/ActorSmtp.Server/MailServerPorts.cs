using ActorSmtp.Client.Resolving;
using ActorSmtp.Server.Auth.Tokens;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Transport;
using Microsoft.Extensions.Logging;

namespace ActorSmtp.Server;

/// <summary>
/// Everything outside the actors that the server lives on. Production hands in sockets and disks; a test or a simulation hands in what
/// forgets, delays, cuts and fails. The server closes them when it stops.
/// </summary>
public sealed record MailServerPorts
{
    public required ITransport Transport { get; init; }

    public required IMailStore Mail { get; init; }

    public required IMailboxStore Mailboxes { get; init; }

    /// <summary>The mailboxes for those who read them; null: nobody does, and no listener may have the role pop3.</summary>
    public IMailboxReader? Reader { get; init; }

    public required IUserStore Users { get; init; }

    /// <summary>Where nodes count wrong passwords together; null: this one counts for itself. Closed by the server.</summary>
    public IGuessStore? Guesses { get; init; }

    /// <summary>Where mail for others waits; null: nothing leaves, whatever routes there are. Opened and closed by the server, where it has routes.</summary>
    public IQueueStore? Queue { get; init; }

    /// <summary>How names of other servers are looked up; needed with <see cref="Queue"/>.</summary>
    public IResolver? Resolver { get; init; }

    /// <summary>Reads what other domains publish about TLS (MTA-STS); null: over HTTPS.</summary>
    public IWebDocuments? Web { get; init; }

    /// <summary>What greylisting remembers; needed where a listener names it. Opened and closed by the server then.</summary>
    public IGreylistStore? Greylist { get; init; }

    /// <summary>How hooks are asked; null: by HTTP.</summary>
    public IHttpPosts? Hooks { get; init; }

    /// <summary>Where what is known of TLS at other servers outlives the process; null: it does not.</summary>
    public IKeptDocuments? Documents { get; init; }

    /// <summary>How relays are made, in place of the usual: for tests of what stands before them.</summary>
    internal Func<string, int, Akka.Actor.Props>? Relay { get; init; }

    /// <summary>Where certificates come from; null: there are none, and no listener may speak TLS.</summary>
    public ICertificateStore? Certificates { get; init; }

    /// <summary>Where the keys are that sign mail; null: nothing is signed.</summary>
    public ISigningKeyStore? SigningKeys { get; init; }

    /// <summary>Where the token issuer's keys come from; null: nobody logs in by token.</summary>
    public IIssuerKeySource? IssuerKeys { get; init; }

    public required ILoggerFactory Logs { get; init; }

    /// <summary>Checks besides those of the settings, for tests.</summary>
    internal System.Collections.Immutable.ImmutableArray<Policy.ICheck> Checks { get; init; } = [];

    public IBackground Background { get; init; } = new PoolBackground();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where all randomness comes from: ids and jitter. The same seed gives the same ids.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}
