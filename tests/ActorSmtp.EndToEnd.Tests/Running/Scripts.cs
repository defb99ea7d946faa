namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>The clients that are written in other languages, under <c>clients/</c>.</summary>
internal static class Scripts
{
    private static readonly string Tests = Find();
    private static readonly string Folder = Path.Combine(Tests, "ActorSmtp.EndToEnd.Tests", "clients");

    /// <summary>A program of a campaign: <c>tests/FOLDER/NAME</c>.</summary>
    public static string Campaign(string folder, string name) => Path.Combine(Tests, folder, name);

    /// <summary>The repository.</summary>
    public static string Root => Path.GetDirectoryName(Tests)!;

    public static string Python(string name) => Path.Combine(Folder, "python", name);

    public static string Node(string name) => Path.Combine(Folder, "node", name);

    /// <summary>Skips the test if an npm package is not there.</summary>
    public static void NeedNodeModule(string name) =>
        Skip.IfNot(Directory.Exists(Node($"node_modules/{name}")), $"the npm package {name} is not installed; ./test.sh installs it");

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "tests");
            if (Directory.Exists(Path.Combine(folder, "ActorSmtp.EndToEnd.Tests", "clients")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No tests/ActorSmtp.EndToEnd.Tests/clients above {AppContext.BaseDirectory}.");
    }
}
