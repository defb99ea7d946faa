using ActorSmtp.Client.Checks;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>check</c> without a server: the list, the document that repeats it, and mistakes.</summary>
public class CheckCommandTests
{
    [Fact]
    public async Task The_list_has_every_clause_under_its_group()
    {
        var listed = await Typed.Run("check", "--list");
        Assert.Equal(0, listed.ExitCode);
        Assert.All(Clauses.All, c => Assert.Contains($"  {c.Id} ", listed.Out, StringComparison.Ordinal));
        Assert.Equal(Clauses.All.Length, (await Typed.Run("check", "--list", "--json")).Json.GetArrayLength());
    }

    [Fact]
    public void The_document_is_in_step_with_the_list()
    {
        var document = File.ReadAllLines(Path.Combine(Root(), "docs", "check.md"));
        var rows = Clauses.All.Select(c =>
            $"| `{c.Id}` | {(c.Requirement == Requirement.Must ? "MUST" : "SHOULD")} | {c.Text.Replace("<", "&lt;", StringComparison.Ordinal)} |").ToArray();
        Assert.Equal(rows, document.Where(l => l.StartsWith("| `rfc", StringComparison.Ordinal) && l.Contains("` | ", StringComparison.Ordinal) && (l.Contains("| MUST |", StringComparison.Ordinal) || l.Contains("| SHOULD |", StringComparison.Ordinal))));
        Assert.All(Clauses.Groups, g => Assert.Contains($"### {g.Title} (`--only {g.Name}`)", document));
    }

    [Fact]
    public async Task What_makes_no_sense_is_told_before_anybody_is_asked()
    {
        Assert.Equal(64, (await Typed.Run("check")).ExitCode);
        Assert.Contains("--only nothing", (await Typed.Run("check", "127.0.0.1:1", "--only", "nothing")).Complaint, StringComparison.Ordinal);
        Assert.Contains("--to 'a\\r", (await Typed.Run("check", "127.0.0.1:1", "--to", "a\r\nRCPT@x")).Complaint, StringComparison.Ordinal);
        Assert.Contains("HOST:PORT", (await Typed.Run("check", "a:b:c")).Complaint, StringComparison.Ordinal);
        Assert.Equal(64, (await Typed.Run("check", "127.0.0.1:1", "--timeout", "0")).ExitCode);
    }

    [Fact]
    public async Task Nobody_there_is_69()
    {
        var nobody = await Typed.Run("check", "unix:/nowhere/smtp.sock", "--timeout", "5");
        Assert.Equal(69, nobody.ExitCode);
        Assert.Contains("is a server running there?", nobody.Complaint, StringComparison.Ordinal);
    }

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ActorSmtp.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("no ActorSmtp.sln above the tests");
    }
}
