using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace ActorSmtp.Architecture.Tests;

/// <summary>What <c>docs/rfcs.md</c> says is tested, is: each row names tests, and each name is that of a test class, a dialogue or a program.</summary>
public sealed partial class RfcTableTests
{
    private static readonly string[] Statuses = ["done", "in part, see below"];

    private static readonly HashSet<string> Classes =
        [.. Repository.Files("tests", "*.cs").SelectMany(Repository.Lines).Select(l => Class().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value)];

    private static readonly string[] Dialogues =
        [.. new[] { "*.smtp", "*.pop3" }.SelectMany(kind => Repository.Files("tests/dialogues", kind)).Select(f => Path.ChangeExtension(f["tests/dialogues/".Length..], null))];

    [Theory]
    [InlineData("docs/rfcs.md")]
    [InlineData("docs/tls.md")]
    public void Every_test_that_a_row_names_is_there(string page)
    {
        Assert.NotEmpty(Rows(page));
        var missing =
            from row in Rows(page)
            from Match name in Quoted().Matches(row[^1])
            where !IsThere(name.Groups[1].Value)
            select $"{row[0]}: {name.Groups[1].Value}";
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_row_has_a_status_and_names_a_test()
    {
        var rows = Rows("docs/rfcs.md").ToList();
        Assert.True(rows.Count > 80);
        Assert.Empty(rows.Where(r => r.Length != 4 || !Statuses.Contains(r[2]) || !Quoted().IsMatch(r[3])).Select(r => string.Join(" | ", r)));
    }

    [Theory]
    [InlineData("RfcTableTests", true)]
    [InlineData("RfcTable", false)]
    [InlineData("smuggling/*", true)]
    [InlineData("auth/plain", true)]
    [InlineData("auth/plai", false)]
    [InlineData("tests/tls/testssl.py", true)]
    [InlineData("tests/tls/none.py", false)]
    public void A_test_is_known_by_its_name(string name, bool isThere) => Assert.Equal(isThere, IsThere(name));

    private static bool IsThere(string name) =>
        name.StartsWith("tests/", StringComparison.Ordinal) ? Path.Exists(Path.Combine(Repository.Root, name))
        : name.Contains('/') ? Dialogues.Any(d => FileSystemName.MatchesSimpleExpression(name, d))
        : Classes.Contains(name);

    /// <summary>The cells of each row of the tables that end with a column of tests.</summary>
    private static IEnumerable<string[]> Rows(string page)
    {
        var counts = false;
        foreach (var line in Repository.Lines(page))
        {
            if (!line.StartsWith('|'))
            {
                counts = false;
                continue;
            }

            var cells = line.Trim('|').Split('|').Select(c => c.Trim()).ToArray();
            if (cells[^1] is "test" or "tests")
            {
                counts = true;
            }
            else if (counts && !cells[0].StartsWith("---", StringComparison.Ordinal))
            {
                yield return cells;
            }
        }
    }

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex Class();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
