using System.Collections;
using System.Collections.Immutable;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// Every clause that a server is checked against, in the order in which they are tried: the RFCs' server side, as far as it can be seen from
/// outside. <c>docs/check.md</c> lists them.
/// </summary>
public static class Clauses
{
    /// <summary>The groups, with their titles, in order.</summary>
    public static ImmutableArray<(string Name, string Title)> Groups { get; } = [.. Tables.Select(t => (t.Name, t.Title))];

    /// <summary>All clauses, group by group.</summary>
    public static ImmutableArray<Clause> All { get; } = [.. Tables.SelectMany(t => t)];

    private static IEnumerable<ClauseGroup> Tables =>
    [
        GreetingClauses.Table,
        CommandClauses.Table,
        AddressClauses.Table,
        LimitClauses.Table,
        PipeliningClauses.Table,
        SizeClauses.Table,
        EightBitClauses.Table,
        ChunkingClauses.Table,
        DsnClauses.Table,
        StartTlsClauses.Table,
        AuthClauses.Table,
        DataClauses.Table,
        SmugglingClauses.Table,
        RelayingClauses.Table,
        RobustnessClauses.Table,
        ReplyClauses.Table,
    ];
}

/// <summary>A group of clauses, written as a table.</summary>
/// <param name="name">What <c>--only</c> takes.</param>
/// <param name="title">What it is about.</param>
internal sealed class ClauseGroup(string name, string title) : IEnumerable<Clause>
{
    private readonly List<Clause> _clauses = [];

    public string Name => name;

    public string Title => title;

    /// <summary>A row of the table.</summary>
    public void Add(Requirement requirement, string id, string text, Func<Trial, Task> run) =>
        _clauses.Add(new Clause(id, name, requirement, text, run));

    /// <summary>Rows made by a rule.</summary>
    public void Add(IEnumerable<(Requirement Requirement, string Id, string Text, Func<Trial, Task> Run)> rows)
    {
        foreach (var row in rows)
        {
            Add(row.Requirement, row.Id, row.Text, row.Run);
        }
    }

    public IEnumerator<Clause> GetEnumerator() => _clauses.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
