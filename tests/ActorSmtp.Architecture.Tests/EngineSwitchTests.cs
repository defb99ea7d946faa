using System.Xml.Linq;

namespace ActorSmtp.Architecture.Tests;

/// <summary>Code says <c>using Akka.Actor</c>; which engine stands behind it is known in one file (docs/decisions/0001).</summary>
public sealed class EngineSwitchTests
{
    [Fact]
    public void Only_ActorEngine_props_references_the_engines_packages()
    {
        var builds = Repository.Files("", "*.csproj").Concat(Repository.Files("", "*.props")).Concat(Repository.Files("", "*.targets"));
        var naming = builds.Where(f => XDocument.Load(Path.Combine(Repository.Root, f)).Descendants("PackageReference")
            .Any(p => p.Attribute("Include")?.Value.StartsWith("Akka", StringComparison.Ordinal) == true));
        Assert.Equal(["ActorEngine.props"], naming);
    }

    [Fact]
    public void Only_the_switch_and_the_engines_own_projects_reference_the_embedded_engine()
    {
        var naming = Repository.Files("", "*.csproj").Concat(Repository.Files("", "*.props")).Where(f => Repository.Text(f).Contains("ActorSmtp.Engine.csproj", StringComparison.Ordinal));
        Assert.Equal(["ActorEngine.props", "src/ActorSmtp.Engine.TestKit/ActorSmtp.Engine.TestKit.csproj"], naming.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_source_asks_which_engine_it_is_on_but_tests_of_engines()
    {
        var asking = Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
            .Where(f => Repository.Lines(f).Any(l => l.TrimStart().StartsWith("#if", StringComparison.Ordinal) && l.Contains("ACTOR_ENGINE", StringComparison.Ordinal)))
            .Where(f => !AboutEngines(f));
        Assert.Empty(asking);
    }

    [Fact]
    public void The_program_and_the_harness_use_actors_in_their_composition_roots_alone()
    {
        var outside = new[] { "src/ActorSmtp.Cli", "src/ActorSmtp.Web", "src/ActorSmtp.Harness" }
            .Where(folder => Directory.Exists(Path.Combine(Repository.Root, folder)))
            .SelectMany(folder => Repository.Files(folder, "*.cs"))
            .Where(f => Repository.Lines(f).Any(l => l.StartsWith("using Akka", StringComparison.Ordinal)))
            .Where(f => !f.StartsWith("src/ActorSmtp.Cli/Composition/", StringComparison.Ordinal) && !f.StartsWith("src/ActorSmtp.Harness/Composition/", StringComparison.Ordinal));
        Assert.Empty(outside);
    }

    /// <summary>Benchmarks compare them, and the test kit may differ where Akka's does.</summary>
    private static bool AboutEngines(string file) => file.StartsWith("tests/ActorSmtp.Engine.Tests/", StringComparison.Ordinal)
        || file.StartsWith("tests/ActorSmtp.Testing/", StringComparison.Ordinal)
        || file.StartsWith("tests/ActorSmtp.Benchmarks/", StringComparison.Ordinal)
        || file.StartsWith("src/ActorSmtp.Engine.TestKit/", StringComparison.Ordinal);
}
