namespace ActorSmtp.Architecture.Tests;

/// <summary>Who may know whom: docs/architecture.md, "The projects, and who may touch what". All arrows point down.</summary>
public sealed class ReferenceTests
{
    /// <summary>What a project may reference directly. The actor engine is not here: ActorEngine.props gives it to those who use it.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ActorSmtp.Protocol"] = [],
        ["ActorSmtp.Hocon"] = [],
        ["ActorSmtp.Engine"] = ["ActorSmtp.Hocon"],
        ["ActorSmtp.Engine.TestKit"] = ["ActorSmtp.Engine"],
        ["ActorSmtp.Transport"] = [],
        ["ActorSmtp.Storage"] = ["ActorSmtp.Protocol"],
        ["ActorSmtp.Storage.Postgres"] = ["ActorSmtp.Storage"],
        ["ActorSmtp.Client"] = ["ActorSmtp.Protocol", "ActorSmtp.Transport"],
        ["ActorSmtp.Server"] = ["ActorSmtp.Client", "ActorSmtp.Hocon", "ActorSmtp.Storage"],
        ["ActorSmtp.Web"] = ["ActorSmtp.Server"],
        ["ActorSmtp.Cli"] = ["ActorSmtp.Server", "ActorSmtp.Storage.Postgres", "ActorSmtp.Web"],
        ["ActorSmtp.Harness"] = ["ActorSmtp.Server", "ActorSmtp.Web"],
    };

    /// <summary>Who is given the actor engine.</summary>
    private static readonly string[] EngineUsers = ["ActorSmtp.Client", "ActorSmtp.Server", "ActorSmtp.Web", "ActorSmtp.Cli", "ActorSmtp.Harness"];

    [Fact]
    public void Every_project_references_only_what_is_below_it()
    {
        foreach (var project in Repository.SourceProjects)
        {
            Assert.True(Allowed.ContainsKey(project), $"{project} has no place in the picture yet: add it to docs/architecture.md and here");
            var tooMuch = Repository.ReferencesOf(project).Except(Allowed[project]);
            Assert.True(!tooMuch.Any(), $"{project} must not reference {string.Join(", ", tooMuch)}");
        }
    }

    [Fact]
    public void Nothing_but_these_projects_is_given_the_actor_engine()
    {
        var props = Repository.Text("ActorEngine.props");
        var users = props.Split("<ActorEngineUsers>")[1].Split("</ActorEngineUsers>")[0].Split(';', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(users.Intersect(Repository.SourceProjects).Except(EngineUsers));
    }

    [Theory]
    [InlineData("ActorSmtp.Protocol")]
    [InlineData("ActorSmtp.Hocon")]
    [InlineData("ActorSmtp.Transport")]
    [InlineData("ActorSmtp.Storage")]
    [InlineData("ActorSmtp.Storage.Postgres")]
    public void What_knows_no_actors_names_none(string project)
    {
        var naming = Repository.Files($"src/{project}", "*.cs").Where(f => Repository.Lines(f).Any(l => l.StartsWith("using Akka", StringComparison.Ordinal)));
        Assert.Empty(naming);
    }

    [Theory]
    [InlineData("ActorSmtp.Protocol")]
    [InlineData("ActorSmtp.Hocon")]
    [InlineData("ActorSmtp.Transport")]
    [InlineData("ActorSmtp.Storage")]
    [InlineData("ActorSmtp.Storage.Postgres")]
    [InlineData("ActorSmtp.Client")]
    [InlineData("ActorSmtp.Server")]
    public void The_compiler_is_told_what_it_must_not_touch(string project)
    {
        var bans = Repository.Lines($"src/{project}/BannedSymbols.txt").Where(l => l.Length > 0).ToArray();
        Assert.NotEmpty(bans);
        Assert.All(bans, ban => Assert.Matches(@"^[TMPFN]:\S+;\S.*", ban));     // each says why
    }

    [Fact]
    public void A_ban_is_lifted_for_a_named_file_only_and_only_in_one_place()
    {
        var lifting = Repository.Files("src", "*.cs").Where(f => Repository.Text(f).Contains("RS0030", StringComparison.Ordinal));
        Assert.Empty(lifting);
        string? section = null;
        foreach (var line in Repository.Lines(".editorconfig"))
        {
            section = line.StartsWith('[') ? line : section;
            if (line.Contains("RS0030", StringComparison.Ordinal) && line.EndsWith("none", StringComparison.Ordinal))
            {
                Assert.Matches(@"^\[src/\S+\.cs\]$", section);
                Assert.True(File.Exists(Path.Combine(Repository.Root, section!.Trim('[', ']'))), $"{section} is not there any more");
            }
        }
    }
}
