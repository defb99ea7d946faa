using System.Net;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>One form for each address, whichever socket it came by.</summary>
public static class AddressForms
{
    /// <summary>An IPv4 address that was seen through an IPv6 socket (<c>::ffff:192.0.2.1</c>) as itself; any other as it is.</summary>
    public static IPAddress Unmapped(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>The end point with its address <see cref="Unmapped(IPAddress)"/>; one that is no IP end point as it is.</summary>
    public static EndPoint? Unmapped(this EndPoint? endPoint) =>
        endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : endPoint;
}
