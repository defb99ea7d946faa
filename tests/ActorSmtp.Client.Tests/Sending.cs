using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests;

/// <summary>One message through one scripted server, in memory.</summary>
internal sealed class Sending
{
    public string[] To { get; init; } = ["ann@example.com"];

    public string Content { get; init; } = "Subject: hi\r\n\r\nHello\r\n";

    public byte[]? Octets { get; init; }

    public string From { get; init; } = "bob@example.org";

    public ClientTls Tls { get; init; } = ClientTls.Auto;

    public bool Insecure { get; init; } = true;

    public bool Lmtp { get; init; }

    public Credentials? Login { get; init; }

    public BearerToken? Token { get; init; }

    public X509Certificate2? Certificate { get; init; }

    public string? ActAs { get; init; }

    public string? Mechanism { get; init; }

    public bool Remote { get; init; }

    public TlsServerOptions? ServerTls { get; init; }

    public Chunking Chunking { get; init; } = Chunking.Whole;

    /// <summary>Longer than a test takes, of every kind.</summary>
    public static ClientTimeouts Usual { get; } = new(
        ScriptedServer.Patience, ScriptedServer.Patience, ScriptedServer.Patience, ScriptedServer.Patience, ScriptedServer.Patience, ScriptedServer.Patience, ScriptedServer.Patience);

    /// <summary>Short where a test waits for its end.</summary>
    public ClientTimeouts Timeouts { get; init; } = Usual;

    public Func<Extensions, MailToSend>? Compose { get; init; }

    public List<TranscriptLine> Lines { get; } = [];

    public string Transcript => string.Join('\n', Lines.Select(l => $"{(l.FromServer ? 'S' : 'C')}: {l.Text}"));

    /// <summary>Plays the script; fails where the client left it.</summary>
    public async Task<(SendOutcome Outcome, string Content)> Through(string script)
    {
        var network = new MemoryNetwork(new MemoryNetworkOptions { Chunking = Chunking });
        await using var serverSide = new MemoryTransport(network);
        await using var clientSide = new MemoryTransport(network);
        var server = new ScriptedServer(script, ServerTls);
        var address = new IPEndPoint(Remote ? IPAddress.Parse("192.0.2.1") : IPAddress.Loopback, 0);
        await using var listener = serverSide.Listen(new ListenOptions { EndPoint = address }, server);
        await using var sender = new MailSender(clientSide, TimeProvider.System);
        var outcome = await sender.SendAsync(Request(listener.LocalEndPoint)).WaitAsync(ScriptedServer.Patience * 2);
        try
        {
            await server.Done.WaitAsync(ScriptedServer.Patience);
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException($"{wrong.Message}\n{Transcript}\n{outcome}", wrong);
        }

        return (outcome, server.Content);
    }

    private SendRequest Request(EndPoint server) => new()
    {
        Addresses = [server],
        ServerName = "mx.test",
        HelloName = "client.test",
        Tls = Tls,
        Insecure = Insecure,
        Lmtp = Lmtp,
        Login = Login,
        Token = Token,
        Certificate = Certificate,
        ActAs = ActAs,
        Mechanism = Mechanism,
        Timeouts = Timeouts,
        Watch = Lines.Add,
        Compose = Compose ?? (_ => Mail()),
    };

    public MailToSend Mail() => new(
        new ReversePath(Mailbox.Parse(From)),
        [.. To.Select(t => new RecipientToSend(Mailbox.Parse(t)))],
        new MemoryContent(Octets ?? Encoding.UTF8.GetBytes(Content)));
}
