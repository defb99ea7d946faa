using System.Net;
using ActorSmtp.Server.Listening;

namespace ActorSmtp.Server.Auth.Guesses;

/// <summary>Where guesses come from: an IPv4 address, an IPv6 /64 (which one host usually has whole), or a Unix socket.</summary>
public static class Network
{
    private const string Unix = "unix";

    /// <summary>The network of a peer; all that has no address is one.</summary>
    public static string Of(EndPoint? peer) => ConnectionGate.KeyOf(peer)?.ToString() ?? Unix;
}
