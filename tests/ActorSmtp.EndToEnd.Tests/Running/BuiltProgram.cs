namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>The <c>actorsmtp</c> that was built along with these tests: same engine, same configuration (Debug or Release).</summary>
internal static class BuiltProgram
{
    /// <summary>The executable. The test project makes the build put it there first.</summary>
    public static string Path { get; } = Find();

    /// <summary>Runs one subcommand to its end.</summary>
    public static Task<Outcome> Run(params IEnumerable<string> arguments) => Tool.Run(Path, arguments);

    private static string Find()
    {
        // artifacts/ENGINE/bin/ActorSmtp.EndToEnd.Tests/CONFIGURATION/ → artifacts/ENGINE/bin/ActorSmtp.Cli/CONFIGURATION/
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var name = OperatingSystem.IsWindows() ? "actorsmtp.exe" : "actorsmtp";
        var path = System.IO.Path.Combine(own.Parent!.Parent!.FullName, "ActorSmtp.Cli", own.Name, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built.");
    }
}
