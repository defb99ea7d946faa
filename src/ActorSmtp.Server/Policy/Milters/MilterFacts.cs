using System.Globalization;
using System.Net;
using System.Reflection;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>What milters are told besides commands: macros, with the names and values that Postfix gives them, and the words of MAIL and RCPT.</summary>
internal static class MilterFacts
{
    private static readonly string s_version = "ActorSmtp " + (typeof(MilterFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "");

    /// <summary>The macros of a step that have a value, as they go out.</summary>
    public static IReadOnlyList<(string Name, string Value)> Macros(MilterStage stage, MilterOptions options, MilterSettings settings, PolicyFacts facts)
    {
        var macros = new List<(string, string)>();
        foreach (var name in MilterMacros.At(stage, options))
        {
            if (Value(name, settings, facts) is { Length: > 0 } value)
            {
                macros.Add((MilterMacros.OnTheWire(name), value));
            }
        }

        return macros;
    }

    /// <summary>The client's name, or its address in brackets: sendmail's form of a peer without a name.</summary>
    public static string NameOf(SessionFacts session) => session.PeerName ?? (session.Peer is { } peer ? $"[{AddressOf(peer)}]" : "localhost");

    /// <summary>The path and the parameters of MAIL or RCPT.</summary>
    public static string[] Words(string command) => command[(command.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? Whole(words) : [];

    /// <summary>A quoted local part may hold spaces: the path is all up to its closing bracket.</summary>
    private static string[] Whole(string[] words)
    {
        var ends = Array.FindIndex(words, w => w.EndsWith('>'));
        return ends <= 0 ? words : [string.Join(' ', words[..(ends + 1)]), .. words[(ends + 1)..]];
    }

    private static string? Value(string name, MilterSettings settings, PolicyFacts facts)
    {
        var session = facts.Session;
        return name switch
        {
            "i" => facts.Transaction?.Id.ToString(),
            "j" or "if_name" => session.Hostname,
            "v" => s_version,
            "_" => session.Peer is { } peer ? $"{session.PeerName ?? "unknown"} [{AddressOf(peer)}]" : "localhost",
            "daemon_name" => settings.DaemonName.Length > 0 ? settings.DaemonName : session.Listener,
            "daemon_addr" or "if_addr" => session.Local is IPEndPoint local ? AddressOf(local) : null,
            "daemon_port" => session.Local is IPEndPoint { Port: var port } ? Number(port) : null,
            "client_addr" => session.Peer is { } client ? AddressOf(client) : null,
            "client_name" or "client_ptr" or "client_resolve" => session.PeerName ?? "unknown",
            "client_port" => session.Peer is { Port: var clientPort } ? Number(clientPort) : null,
            "tls_version" => facts.Tls is { } tls ? "TLSv" + tls.Version : null,
            "cipher" => facts.Tls?.CipherSuite.ToString(),
            "cipher_bits" => facts.Tls is { } secured ? BitsOf(secured) : null,
            "cert_subject" => facts.Tls?.PeerCertificate?.Subject,
            "cert_issuer" => facts.Tls?.PeerCertificate?.Issuer,
            "auth_type" => facts.User is null ? null : facts.Mechanism ?? "LOGIN",
            "auth_authen" => facts.User,
            "auth_author" => facts.Transaction?.Mail.Parameters.AuthorizedBy,
            "mail_addr" => facts.Transaction?.Mail.From.Mailbox?.ToString(),
            "mail_host" => facts.Transaction?.Mail.From.Mailbox?.Domain.ToString(),
            "mail_mailer" => facts.Transaction is null ? null : "local",
            "rcpt_addr" => facts.Recipient?.Address.ToString(),
            "rcpt_host" => facts.Recipient?.Address.Domain.ToString(),
            "rcpt_mailer" => facts.Recipient is { } recipient ? recipient.Account is null ? "smtp" : "local" : null,
            "nrcpts" => facts.Transaction is { } open ? Number(open.Count) : null,
            "msg_size" => facts.Octets > 0 ? facts.Octets.ToString(CultureInfo.InvariantCulture) : null,
            _ => null,
        };
    }

    private static string AddressOf(IPEndPoint peer) => (peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : new IPAddress(peer.Address.GetAddressBytes())).ToString();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The suite's name tells: AES_128 or CHACHA20 and AES_256.</summary>
    private static string BitsOf(TlsFacts tls) => tls.CipherSuite.ToString().Contains("AES_128", StringComparison.Ordinal) ? "128" : "256";
}
