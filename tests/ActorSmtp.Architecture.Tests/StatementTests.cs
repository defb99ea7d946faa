using System.Text.RegularExpressions;

namespace ActorSmtp.Architecture.Tests;

/// <summary>
/// What keeps the statements of nodes that share a database possible on databases that only speak PostgreSQL's language (docs/cluster.md, "Compatible databases").
/// </summary>
public sealed partial class StatementTests
{
    public static TheoryData<string, string> Statements
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "ActorSmtp.Storage.Postgres"), "*.cs", SearchOption.AllDirectories)
                         .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)))
            {
                foreach (Match statement in Text().Matches(File.ReadAllText(file)))
                {
                    all.Add(Path.GetFileName(file), statement.Groups[1].Value);
                }
            }

            return all;
        }
    }

    /// <summary>CockroachDB refuses it (its issue 70731); PostgreSQL leaves open which of two changes of one row counts.</summary>
    [Theory]
    [MemberData(nameof(Statements))]
    public void No_statement_changes_a_table_twice(string file, string statement)
    {
        var changed = Changed().Matches(statement).Select(m => m.Groups[1].Value)
            .Concat(Inserted().Matches(statement).Select(m => m.Groups[1].Value).Where(table => Regex.IsMatch(statement, $@"INSERT INTO {Regex.Escape(table)}\b[\s\S]*?ON CONFLICT")))
            .Where(table => table is not ("SET" or "SKIP" or "OF"));
        Assert.True(changed.GroupBy(t => t, StringComparer.Ordinal).All(g => g.Count() == 1), $"{file}: {statement}");
    }

    [Theory]
    [MemberData(nameof(Statements))]
    public void Nothing_is_used_that_only_PostgreSQL_itself_has(string file, string statement) =>
        Assert.False(OnlyThere().IsMatch(statement), $"{file}: {OnlyThere().Match(statement).Value} in {statement}");

    [Fact]
    public void The_statements_are_found() => Assert.True(Statements.Count > 60, $"{Statements.Count} found");

    [GeneratedRegex("\"\"\"(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex Text();

    [GeneratedRegex(@"\b(?:UPDATE|DELETE FROM)\s+(\{?\w+\}?)")]
    private static partial Regex Changed();

    [GeneratedRegex(@"\bINSERT INTO (\w+)")]
    private static partial Regex Inserted();

    [GeneratedRegex(@"\b(?:LISTEN|NOTIFY|pg_advisory\w*|pg_try_advisory\w*|CREATE EXTENSION|CREATE TRIGGER|REFERENCES|nextval|serial|bigserial|MERGE INTO|COPY|ctid|xmin|infinity)\b")]
    private static partial Regex OnlyThere();
}
