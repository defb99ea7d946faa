using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Every script under <c>tests/dialogues</c>, SMTP and POP3, in memory: whole, by line, byte by byte.</summary>
public sealed class WrittenDialogueTests
{
    public static TheoryData<string> Scripts()
    {
        var scripts = new TheoryData<string>();
        foreach (var script in Names())
        {
            scripts.Add(script);
        }

        return scripts;
    }

    /// <summary>All of them, by their paths below <see cref="Root"/>.</summary>
    internal static IEnumerable<string> Names() => new[] { "*.smtp", "*.pop3" }
        .SelectMany(kind => Directory.EnumerateFiles(Root, kind, SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal);

    internal static string Root => Path.Combine(AppContext.BaseDirectory, "dialogues");

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_server_says_what_is_written(string script)
    {
        await Dialogue.Run(DialogueScript.Parse(await File.ReadAllTextAsync(Path.Combine(Root, script)), script));
    }
}
