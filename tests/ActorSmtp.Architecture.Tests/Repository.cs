namespace ActorSmtp.Architecture.Tests;

/// <summary>Where the checkout lies that these tests read.</summary>
internal static class Repository
{
    /// <summary>The folder with ActorSmtp.sln, found upwards from the test's own folder.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

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
