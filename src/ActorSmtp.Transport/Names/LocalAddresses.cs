using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>The addresses of this machine's interfaces.</summary>
public static class LocalAddresses
{
    /// <summary>All of them now, without scopes; empty where the system does not tell. Costs some system calls.</summary>
    public static ImmutableArray<IPAddress> Now() =>
        [.. Of(i => i.UnicastAddresses.Select(u => u.Address)).Select(a => a.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(a.GetAddressBytes()) : a).Distinct()];

    /// <summary>The DNS servers that the system's settings name, where it has no /etc/resolv.conf.</summary>
    public static ImmutableArray<IPAddress> NameServers() => [.. Of(i => i.DnsAddresses).Distinct()];

    /// <summary>Addresses that were bound, each wildcard as the addresses it stands for.</summary>
    public static ImmutableArray<IPEndPoint> Meant(IEnumerable<IPEndPoint> bound)
    {
        ImmutableArray<IPAddress> own = default;
        var meant = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var endPoint in bound)
        {
            if (!endPoint.Address.Equals(IPAddress.Any) && !endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                meant.Add(endPoint);
                continue;
            }

            own = own.IsDefault ? Now() : own;
            IEnumerable<IPAddress> all = [IPAddress.Loopback, IPAddress.IPv6Loopback, .. own];
            meant.AddRange(all.Where(a => a.AddressFamily == endPoint.AddressFamily || endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                .Distinct().Select(a => new IPEndPoint(a, endPoint.Port)));
        }

        return meant.ToImmutable();
    }

    private static IEnumerable<IPAddress> Of(Func<IPInterfaceProperties, IEnumerable<IPAddress>> which)
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => which(i.GetIPProperties()))];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }
}
