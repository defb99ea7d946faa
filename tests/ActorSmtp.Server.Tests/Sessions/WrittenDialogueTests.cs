using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Every script under <c>tests/dialogues</c>, in memory: whole, by line, byte by byte.</summary>
public sealed class WrittenDialogueTests
{
    public static TheoryData<string> Scripts()
    {
        var scripts = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(Root, "*.smtp", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            scripts.Add(Path.GetRelativePath(Root, file));
        }

        return scripts;
    }

    private static string Root => Path.Combine(AppContext.BaseDirectory, "dialogues");

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_server_says_what_is_written(string script)
    {
        await Dialogue.Run(DialogueScript.Parse(await File.ReadAllTextAsync(Path.Combine(Root, script)), script));
    }
}
