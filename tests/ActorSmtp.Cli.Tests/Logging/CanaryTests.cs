using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.Cli.Tests.Composition;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>No password reaches a log, whatever a client does with it; no line of a peer becomes a line of ours.</summary>
public sealed class CanaryTests
{
    private const string Canary = "canary-9c41";

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task Passwords_by_every_mechanism_and_in_every_wrong_place_are_in_no_log()
    {
        await using var server = await RunningServer.StartAsync("logging.level=debug", "auth.accept-any=false", "auth.attempts-per-session=100");
        string[] steps =
        [
            $"AUTH PLAIN {B64($"\0barbie\0{Canary}")}",
            $"auth plain {B64($"\0barbie\0{Canary}")}",
            "AUTH PLAIN", B64($"\0barbie\0{Canary}"),
            $"AUTH LOGIN {B64("barbie")}", B64(Canary),
            "AUTH LOGIN", B64("barbie"), B64(Canary),
            $"AUTH SCRAM-SHA-256 {B64("n,,n=barbie,r=" + Canary)}", "*",
            $"AUTH CRAM-MD5 {B64(Canary)}",
            $"AUTH PLAIN {Canary} {Canary}",
            $"AUTH PLAIN ={Canary}=",
            $"AUTH {Canary}",
            $"AUTHPLAIN {Canary}",
            $" AUTH PLAIN {Canary}",
            "AUTH PLAIN", $"{Canary} not base64",
            "AUTH LOGIN", "*", B64(Canary), Canary, $"{Canary} with a blank",
        ];
        foreach (var step in steps.Chunk(8))
        {
            await TalkAsync(server, [.. step]);
        }

        await TalkAsync(server, steps);
        await server.Until(s => s.Console.Split("ended:").Length > 3 && s.Files.Split("ended:").Length > 3);

        Assert.Contains("AUTH PLAIN ***", server.Console, StringComparison.Ordinal);
        foreach (var log in new[] { server.Console, server.Files })
        {
            foreach (var secret in new[] { Canary, B64(Canary), B64($"\0barbie\0{Canary}"), B64("n,,n=barbie,r=" + Canary) })
            {
                Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public async Task A_peer_can_neither_colour_the_terminal_nor_forge_a_line()
    {
        await using var server = await RunningServer.StartAsync("logging.level=debug");

        await TalkAsync(server, ["EHLO \u001b[31mred", "MAIL FROM:<a@b.c> X=\u0085forged\u2028forged", "VRFY \u202egnp.exe", "NOOP \tinfo    listeners/smtp forged"]);
        await server.Until(s => s.Console.Contains("ended:", StringComparison.Ordinal) && s.Files.Contains("ended:", StringComparison.Ordinal));

        foreach (var line in (server.Console + server.Files).Split('\n'))
        {
            Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e');
            Assert.False(line.StartsWith("forged", StringComparison.Ordinal));
        }
    }

    private static async Task TalkAsync(RunningServer server, IReadOnlyList<string> lines)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(server.Address));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        foreach (var line in lines.Prepend("EHLO client.test").Append("QUIT"))
        {
            try
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"));
                string? reply;
                do
                {
                    reply = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
                }
                while (reply is { Length: > 3 } && reply[3] == '-');

                if (reply is null)
                {
                    return;
                }
            }
            catch (IOException)
            {
                return;                                                  // told 421 for too many errors
            }
        }
    }
}
