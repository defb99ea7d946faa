using System.Collections.Immutable;

namespace ActorSmtp.Client.Checks;

/// <summary>What became of one clause.</summary>
/// <param name="Clause">Which.</param>
/// <param name="Verdict">What was found.</param>
/// <param name="Why">What the server did instead, or why the clause was not tried; null where it passed.</param>
/// <param name="Dialogue">What both sides said, for a clause that did not pass; passwords are left out.</param>
public sealed record ClauseResult(Clause Clause, Verdict Verdict, string? Why, ImmutableArray<string> Dialogue);

/// <summary>What became of all of them.</summary>
/// <param name="Server">The name the server gives itself; null where it gives none.</param>
/// <param name="Offered">The extensions in clear text (or in TLS, where that comes first), as offered.</param>
/// <param name="Results">One for each clause, in their order.</param>
public sealed record CheckReport(string? Server, ImmutableArray<string> Offered, ImmutableArray<ClauseResult> Results)
{
    /// <summary>No MUST is broken.</summary>
    public bool IsConforming => Results.All(r => r.Verdict != Verdict.Fail);

    /// <summary>How many ended so.</summary>
    public int Count(Verdict verdict) => Results.Count(r => r.Verdict == verdict);
}

/// <summary>The server cannot be reached, so there is nothing to check; the message says why.</summary>
public sealed class ServerUnreachableException(string message) : Exception(message);
