using System.Globalization;

namespace ActorSmtp.Client.Checks;

/// <summary>How much a clause weighs (RFC 2119).</summary>
public enum Requirement
{
    /// <summary>Who breaks it breaks the protocol: a failure.</summary>
    Must,

    /// <summary>There may be reasons to do otherwise: a warning.</summary>
    Should,
}

/// <summary>What became of a clause.</summary>
public enum Verdict
{
    /// <summary>The server does as the clause says.</summary>
    Pass,

    /// <summary>The server breaks a MUST.</summary>
    Fail,

    /// <summary>The server does not follow a SHOULD.</summary>
    Warn,

    /// <summary>The clause belongs to an extension that this server does not offer.</summary>
    NotOffered,

    /// <summary>The clause could not be tried; the reason says what it needs.</summary>
    Skipped,
}

/// <summary>
/// One thing that an RFC asks of a server, and how it is tried. A trial says by an exception that the clause is broken, cannot be tried or
/// belongs to what is not offered; one that comes to its end has seen the clause kept.
/// </summary>
/// <param name="Id">RFC, section and a name: <c>rfc5321-4.1.1.5-rset-clears</c>. Stable: scripts may lean on it.</param>
/// <param name="Group">The group it is listed under.</param>
/// <param name="Requirement">What breaking it means.</param>
/// <param name="Text">The clause in one sentence.</param>
public sealed record Clause(string Id, string Group, Requirement Requirement, string Text)
{
    internal Clause(string id, string group, Requirement requirement, string text, Func<Trial, Task> run)
        : this(id, group, requirement, text) => Run = run;

    internal Func<Trial, Task> Run { get; } = _ => Task.CompletedTask;

    /// <summary>Where it stands: <c>RFC 5321 §4.1.1.5</c>.</summary>
    public string Section
    {
        get
        {
            var parts = Id.Split('-');
            return string.Create(CultureInfo.InvariantCulture, $"RFC {parts[0][3..]} §{parts[1]}");
        }
    }
}

/// <summary>A server does not do what a clause says; the message says what it did.</summary>
internal sealed class ClauseBrokenException(string message) : Exception(message);

/// <summary>A clause cannot be tried; the message says what it needs.</summary>
internal sealed class ClauseSkippedException(string message, Verdict verdict = Verdict.Skipped) : Exception(message)
{
    public Verdict Verdict => verdict;
}
