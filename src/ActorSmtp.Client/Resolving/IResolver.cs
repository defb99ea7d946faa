using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Client.Resolving;

/// <summary>Looks names up. An actor never waits for it: <c>ResolveAsync(…).PipeTo(Self, …)</c>.</summary>
public interface IResolver
{
    /// <summary>
    /// What is known of the question, from the cache or by asking; within the resolver's deadline. Whatever DNS does is an outcome, never an exception. Safe from any
    /// thread; a call that has to ask does so without a thread being held.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the question itself goes on for others, and for the cache.</exception>
    Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default);
}
