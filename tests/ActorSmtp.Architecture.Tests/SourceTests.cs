using System.Text.RegularExpressions;

namespace ActorSmtp.Architecture.Tests;

/// <summary>What a reader may rely on in every source file.</summary>
public sealed partial class SourceTests
{
    [Fact]
    public void Replies_are_written_in_one_table_only()
    {
        var elsewhere =
            from file in Repository.Files("src", "*.cs")
            where !Path.GetFileName(file).StartsWith("Replies", StringComparison.Ordinal)
            from line in Repository.Lines(file)
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && ReplyLiteral().IsMatch(line)
            select $"{file}: {line.Trim()}";
        Assert.Empty(elsewhere);
    }

    [Theory]
    [InlineData("Say(\"250 2.0.0 OK\")", true)]
    [InlineData("Write(\"354 End with\"u8)", true)]
    [InlineData("\"421-4.3.2 going\\r\\n\"u8", true)]
    [InlineData("\"421 to {Peer}: too many connections\"", false)]
    [InlineData("\"250 clients\"", false)]
    public void A_reply_literal_is_known_when_seen(string line, bool isOne) => Assert.Equal(isOne, ReplyLiteral().IsMatch(line));

    [Fact]
    public void No_file_is_longer_than_400_lines()
    {
        Assert.DoesNotContain(Repository.Files("src", "*.cs"), f => Repository.Lines(f).Length > 400);
    }

    /// <summary>From several, their generator writes them in an order that changes from build to build, and two builds of one commit differ.</summary>
    [Fact]
    public void Methods_that_log_stand_in_one_file_of_a_project()
    {
        var several = Repository.Files("src", "*.cs")
            .Where(f => Repository.Lines(f).Any(l => l.TrimStart().StartsWith("[LoggerMessage(", StringComparison.Ordinal)))
            .GroupBy(f => f.Split('/')[1])
            .Where(files => files.Count() > 1)
            .Select(files => string.Join(", ", files));
        Assert.Empty(several);
    }

    [Fact]
    public void Every_source_folder_has_its_line_in_the_readme()
    {
        var readme = Repository.Text("src/README.md");
        var folders = Repository.Files("src", "*.cs")
            .Select(f => f.Split('/')[1..^1])
            .SelectMany(f => f.Length > 1 ? new[] { f[0], $"{f[0]}/{f[1]}" } : [f[0]])
            .Distinct();
        var missing = folders.Where(f => !readme.Contains($"`{f}/`", StringComparison.Ordinal));
        Assert.Empty(missing);
        var gone = ReadmeFolder().Matches(readme).Select(m => m.Groups[1].Value).Where(f => !Directory.Exists(Path.Combine(Repository.Root, "src", f)));
        Assert.Empty(gone);
    }

    [Fact]
    public void Nothing_in_the_tree_names_somebodys_machine()
    {
        var naming =
            from file in Repository.Files("")
            where TextFile().IsMatch(file) && !file.StartsWith("tests/ActorSmtp.Protocol.Tests/Mime/Golden/", StringComparison.Ordinal)
            from line in Repository.Lines(file)
            where MachinePath().IsMatch(line) || line.Contains(Repository.Root + "/", StringComparison.Ordinal)
            select $"{file}: {line.Trim()}";
        Assert.Empty(naming);
    }

    [Fact]
    public void No_file_holds_two_namespaces_or_a_region()
    {
        foreach (var file in Repository.Files("src", "*.cs"))
        {
            var lines = Repository.Lines(file);
            Assert.True(lines.Count(l => l.StartsWith("namespace ", StringComparison.Ordinal)) <= 1, file);
            Assert.DoesNotContain(lines, l => l.TrimStart().StartsWith("#region", StringComparison.Ordinal));
        }
    }

    /// <summary>A code and an enhanced code, or one of the few replies without: 220, 354 and 334 with a text.</summary>
    [GeneratedRegex("""
        "\$?[2345]\d\d[ -][245]\.\d+\.\d+|"(220|354|334|221|250)[ -](End|Start|OK|Ok|Bye)
        """)]
    private static partial Regex ReplyLiteral();

    [GeneratedRegex(@"^\s*[-|]? ?`(ActorSmtp\.[A-Za-z./]+)/`", RegexOptions.Multiline)]
    private static partial Regex ReadmeFolder();

    [GeneratedRegex(@"\.(cs|csproj|props|targets|md|conf|json|sh|py|js|smtp|sln|editorconfig)$|^test\.sh$|^\.ci/")]
    private static partial Regex TextFile();

    /// <summary>Homes; not the paths every machine has.</summary>
    [GeneratedRegex(@"(?<![\w.$}])(/home/[a-z]\w+/|/[U]sers/\w+/|/[r]oot/|[A-Z]:\\\\?[U]sers\b)")]
    private static partial Regex MachinePath();
}
