using System.Xml.Linq;

namespace ActorSmtp.Architecture.Tests;

/// <summary>The checkout that these tests read: what git would track of it, without built things.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["artifacts", "bin", "obj", "node_modules", ".git", "TestResults", "data", "__pycache__", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder with ActorSmtp.sln, found upwards from the test's own folder.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Names of the projects under <c>src</c>.</summary>
    public static IReadOnlyList<string> SourceProjects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    /// <summary>Files below a folder, as paths from the root with forward slashes, in order.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*") => Walk(new DirectoryInfo(Path.Combine(Root, folder)), pattern)
        .Select(f => Path.GetRelativePath(Root, f.FullName).Replace('\\', '/')).Order(StringComparer.Ordinal);

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    /// <summary>A source project's own project references, by name.</summary>
    public static IReadOnlyList<string> ReferencesOf(string project) => [.. XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"))
        .Descendants("ProjectReference").Where(r => r.Attribute("Include") is not null).Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)).Order()];

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder, string pattern) => folder.EnumerateFiles(pattern)
        .Concat(folder.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name) && d.LinkTarget is null).SelectMany(d => Walk(d, pattern)));

    private static string Find(string from)
    {
        for (var at = new DirectoryInfo(from); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ActorSmtp.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No ActorSmtp.sln above {from}: these tests read the checkout they were built from.");
    }
}
