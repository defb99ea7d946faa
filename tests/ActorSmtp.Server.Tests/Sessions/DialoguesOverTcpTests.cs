using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>The scripts under <c>tests/dialogues</c> again, over real sockets of both transports, with TLS where they take it.</summary>
public sealed class DialoguesOverTcpTests
{
    public static TheoryData<string, TransportKind> Scripts()
    {
        var scripts = new TheoryData<string, TransportKind>();
        foreach (var kind in OperatingSystem.IsLinux() ? new[] { TransportKind.Epoll, TransportKind.Sockets } : [TransportKind.Sockets])
        {
            foreach (var file in Directory.EnumerateFiles(Root, "*.smtp", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                scripts.Add(Path.GetRelativePath(Root, file), kind);
            }
        }

        return scripts;
    }

    private static string Root => Path.Combine(AppContext.BaseDirectory, "dialogues");

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_server_says_over_TCP_what_is_written(string script, TransportKind kind)
    {
        var dialogue = DialogueScript.Parse(await File.ReadAllTextAsync(Path.Combine(Root, script)), script);
        await using var server = await TestMailServer.StartAsync(
            Transports.Create(new TransportOptions { Kind = kind }), sets: dialogue.Sets, users: dialogue.Users, disabled: dialogue.Disabled);
        await Dialogue.Run(dialogue, server, $"over TCP, {kind}");
    }
}
