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
                var text = File.ReadAllText(file);
                foreach (Match statement in Text().Matches(text))
                {
                    all.Add(Path.GetFileName(file), statement.Groups[1].Value);
                }

                foreach (Match statement in Line().Matches(Text().Replace(text, "")))
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

    /// <summary>YugabyteDB spreads an index by a hash of its first column unless told otherwise (its CREATE INDEX): one that is read by the time or in an order would be read whole.</summary>
    [Fact]
    public void An_index_that_is_read_in_its_order_says_so()
    {
        var migrations = File.ReadAllText(Path.Combine(Repository.Root, "src", "ActorSmtp.Storage.Postgres", "Schema", "Migrations.cs"));
        var indexes = Index().Matches(migrations);
        Assert.True(indexes.Count >= 16, $"{indexes.Count} found");
        foreach (Match index in indexes)
        {
            var (table, column) = (index.Groups[1].Value, index.Groups[2].Value);
            var type = Regex.Match(migrations, $@"CREATE TABLE IF NOT EXISTS {table} \([^;]*?\n\s+{column} (\w+)").Groups[1].Value;
            Assert.NotEqual("", type);
            Assert.True(type is not ("timestamptz" or "bigint") || index.Groups[3].Value == " ASC", index.Value);
        }
    }

    [Fact]
    public void The_statements_are_found() => Assert.True(Statements.Count > 160, $"{Statements.Count} found");

    [GeneratedRegex("\"\"\"(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex Text();

    [GeneratedRegex("\"((?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER) [^\"\\n]*)\"")]
    private static partial Regex Line();

    [GeneratedRegex(@"CREATE INDEX IF NOT EXISTS \w+ ON (\w+) \((\w+)( ASC)?")]
    private static partial Regex Index();

    [GeneratedRegex(@"\b(?:UPDATE|DELETE FROM)\s+(\{?\w+\}?)")]
    private static partial Regex Changed();

    [GeneratedRegex(@"\bINSERT INTO (\w+)")]
    private static partial Regex Inserted();

    [GeneratedRegex(@"\b(?:LISTEN|NOTIFY|pg_advisory\w*|pg_try_advisory\w*|CREATE EXTENSION|CREATE TRIGGER|REFERENCES|nextval|serial|bigserial|MERGE INTO|COPY|ctid|xmin|infinity)\b")]
    private static partial Regex OnlyThere();
}
