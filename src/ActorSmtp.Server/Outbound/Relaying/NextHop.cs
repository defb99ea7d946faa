using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>How a connection to another server is protected, from nothing to the most.</summary>
internal enum HopTls
{
    /// <summary>Clear text, whatever is offered.</summary>
    None,

    /// <summary>STARTTLS where it is offered, with any certificate; else clear text (RFC 7435).</summary>
    Opportunistic,

    /// <summary>TLS with any certificate, or nothing.</summary>
    Encrypted,

    /// <summary>TLS with a certificate for the host's name by an authority that is trusted, or nothing.</summary>
    Verified,
}

/// <summary>A server as it is talked to. Whoever is equal may use the same connection.</summary>
/// <param name="EndPoint">Where it is.</param>
/// <param name="Name">Its name, for SNI and the certificate.</param>
/// <param name="Tls">What is asked of TLS.</param>
internal sealed record NextHop(EndPoint EndPoint, string Name, HopTls Tls)
{
    /// <summary>TLS from the first byte; <see cref="Tls"/> says what of the certificate.</summary>
    public bool Implicit { get; init; }

    /// <summary>LMTP (RFC 2033).</summary>
    public bool Lmtp { get; init; }

    /// <summary>As the client takes it.</summary>
    /// <param name="helloName">What we call ourselves.</param>
    public ClientTarget ToTarget(string helloName) => new(EndPoint, Name, helloName)
    {
        Lmtp = Lmtp,
        Tls = Implicit ? ClientTls.Implicit
            : Tls == HopTls.None ? ClientTls.Off
            : Tls == HopTls.Opportunistic ? ClientTls.Auto
            : ClientTls.StartTls,
        Insecure = Tls != HopTls.Verified,
    };

    public override string ToString() => EndPoint is IPEndPoint ip && ip.Address.ToString() != Name ? $"{Name} [{ip.Address}]:{ip.Port}" : EndPoint.ToString()!;
}

/// <summary>One step of a plan: an address of a host, how it is to be talked to, and what the attempt's report calls that.</summary>
/// <param name="Host">Whose address it is.</param>
/// <param name="Next">How it is talked to.</param>
/// <param name="Policy"><c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>.</param>
internal sealed record Hop(RouteHost Host, NextHop Next, string Policy)
{
    /// <summary>Null for a Unix socket.</summary>
    public IPEndPoint? Address => Next.EndPoint as IPEndPoint;
}
