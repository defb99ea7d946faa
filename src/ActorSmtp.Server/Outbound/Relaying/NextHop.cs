using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Client;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>A server as it is talked to. Whoever is equal may use the same connection.</summary>
/// <param name="EndPoint">Where it is.</param>
/// <param name="Name">Its name, for SNI and the certificate: that of its MX record or route, or with DANE the one at which its TLSA records stand (RFC 7672 §8.1).</param>
/// <param name="Tls">What is asked of TLS.</param>
internal sealed record NextHop(EndPoint EndPoint, string Name, TlsDemand Tls)
{
    /// <summary>TLS from the first byte; <see cref="Tls"/> says what of the certificate.</summary>
    public bool Implicit { get; init; }

    /// <summary>LMTP (RFC 2033).</summary>
    public bool Lmtp { get; init; }

    /// <summary>Messages over one connection at most; then it is left. Destinations that want different numbers use no connection together.</summary>
    public int Messages { get; init; } = int.MaxValue;

    /// <summary>Who we log in as; null: nobody. Of two logins none goes over the other's connection.</summary>
    public RouteLogin? Login { get; init; }

    /// <summary>Who judges its certificate; null: its name and the roots that are trusted.</summary>
    public PeerCheck? Check { get; init; }

    /// <summary>TLS is taken as it comes.</summary>
    public bool IsOpportunistic => Tls == TlsDemand.Opportunistic && !Implicit;

    /// <summary>As the client takes it.</summary>
    /// <param name="helloName">What we call ourselves.</param>
    /// <param name="roots">Roots to trust in place of the system's; null: those.</param>
    public ClientTarget ToTarget(string helloName, X509Certificate2Collection? roots) => new(EndPoint, Name, helloName)
    {
        Lmtp = Lmtp,
        Tls = Implicit ? ClientTls.Implicit
            : Tls == TlsDemand.None ? ClientTls.Off
            : Tls == TlsDemand.Opportunistic ? ClientTls.Auto
            : ClientTls.StartTls,
        Insecure = Tls != TlsDemand.Verified,
        Check = Tls == TlsDemand.Verified ? Check : null,
        TrustedRoots = roots,
        Login = Login?.Login,
        Mechanism = Login?.Mechanism,
    };

    public override string ToString() => EndPoint is IPEndPoint ip && ip.Address.ToString() != Name ? $"{Name} [{ip.Address}]:{ip.Port}" : EndPoint.ToString()!;
}

/// <summary>One step of a plan: an address of a host, how it is to be talked to, and what the attempt's report calls that.</summary>
/// <param name="Host">Whose address it is.</param>
/// <param name="Next">How it is talked to.</param>
/// <param name="Policy"><c>none</c>, <c>opportunistic</c>, <c>required</c>, <c>dane</c> or <c>mta-sts</c>.</param>
internal sealed record Hop(RouteHost Host, NextHop Next, string Policy)
{
    /// <summary>It must not be tried, and why; null: it may.</summary>
    public RouteFailure? Barred { get; init; }

    /// <summary>Our own configuration insists on how it is talked to.</summary>
    public bool IsOurs { get; init; }

    /// <summary>That it is the destination's is certain (RFC 8689 §4.2.1).</summary>
    public bool IsCertain { get; init; }

    /// <summary>What the destination published that led to this.</summary>
    public ImmutableArray<string> Published { get; init; } = [];

    /// <summary>What is counted where the destination's policy forbids it, or would if it were not only tried out.</summary>
    public string? WouldFail { get; init; }

    /// <summary>Null for a Unix socket.</summary>
    public IPEndPoint? Address => Next.EndPoint as IPEndPoint;

    /// <summary>
    /// For a message that is to travel by verified TLS only (RFC 8689 §4.2.1): the certificate is verified whatever the destination says, and a host that nobody vouches for is not
    /// tried.
    /// </summary>
    public Hop ForVerifiedTls() =>
        Next.EndPoint is not IPEndPoint ? this with { Barred = new RouteFailure(new(5, 7, 10), "REQUIRETLS was asked for, and there is no TLS over a Unix socket") }
        : !IsCertain ? this with { WouldFail = Barred is null ? null : WouldFail, Barred = Barred ?? new RouteFailure(new(5, 7, 10), $"REQUIRETLS was asked for, and neither DNSSEC nor MTA-STS vouches for {Host.Name}") }
        : this with { Next = Next with { Tls = TlsDemand.Verified, Name = Next.Check is null ? Host.Name : Next.Name } };

    /// <summary>For a message whose sender would rather have it arrive (RFC 8689 §4.1): what the destination publishes does not count, our own configuration does.</summary>
    public Hop ForAnyTls() => Policy is "dane" or "mta-sts" && Next.Login is null && !IsOurs
        ? this with { Next = Next with { Tls = Next.Implicit ? TlsDemand.Encrypted : TlsDemand.Opportunistic, Check = null, Name = Host.Name }, Policy = "opportunistic", Barred = null, WouldFail = null }
        : this;
}
