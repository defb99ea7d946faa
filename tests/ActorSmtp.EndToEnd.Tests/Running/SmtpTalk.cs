using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>A plain SMTP client of a few lines: says what it is told, reads replies. Every wait has a deadline.</summary>
internal sealed class SmtpTalk : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TcpClient _socket = new();
    private StreamReader _reader = StreamReader.Null;

    public static async Task<SmtpTalk> Connect(int port)
    {
        var talk = new SmtpTalk();
        await talk._socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
        talk._socket.NoDelay = true;
        talk._reader = new StreamReader(talk._socket.GetStream(), Encoding.Latin1);
        return talk;
    }

    /// <summary>Whether somebody greets there.</summary>
    public static async Task<bool> Greets(int port)
    {
        try
        {
            using var talk = await Connect(port);
            return (await talk.Reply()).StartsWith("220 ", StringComparison.Ordinal);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return false;
        }
    }

    /// <summary>Connects and says EHLO.</summary>
    public static async Task<SmtpTalk> Greeted(int port)
    {
        var talk = await Connect(port);
        Assert.StartsWith("220 ", await talk.Reply(), StringComparison.Ordinal);
        await talk.Say("EHLO client.test", "250");
        return talk;
    }

    /// <summary>Sends octets as they are.</summary>
    public async Task Send(string octets) => await _socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(octets));

    /// <summary>Sends a line; the reply has to begin so. Answers the reply's last line.</summary>
    public async Task<string> Say(string line, string expected)
    {
        await Send(line + "\r\n");
        var reply = await Reply();
        Assert.True(reply.StartsWith(expected, StringComparison.Ordinal), $"{line}\n{reply}");
        return reply;
    }

    /// <summary>One message, one recipient; answers its id from the 250. The content must have no lines that begin with a dot.</summary>
    public async Task<string> Mail(string recipient, string content)
    {
        await Say("MAIL FROM:<ann@client.test>", "250 2.1.0");
        await Say($"RCPT TO:<{recipient}>", "250 2.1.5");
        await Say("DATA", "354");
        var reply = await Say(content + ".", "250 2.0.0");
        return reply.Split(' ')[^1];
    }

    /// <summary>The last line of the next reply.</summary>
    /// <exception cref="EndOfStreamException">The server closed instead.</exception>
    public async Task<string> Reply()
    {
        while (true)
        {
            var line = await _reader.ReadLineAsync().WaitAsync(Patience) ?? throw new EndOfStreamException("the server closed");
            if (line.Length < 4 || line[3] != '-')
            {
                return line;
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }
}
