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
            foreach (var script in WrittenDialogueTests.Names())
            {
                scripts.Add(script, kind);
            }
        }

        return scripts;
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_server_says_over_TCP_what_is_written(string script, TransportKind kind)
    {
        var dialogue = DialogueScript.Parse(await File.ReadAllTextAsync(Path.Combine(WrittenDialogueTests.Root, script)), script);
        await using var server = await TestMailServer.StartAsync(dialogue, Transports.Create(new TransportOptions { Kind = kind }));
        await Dialogue.Run(dialogue, server, $"over TCP, {kind}");
    }
}
