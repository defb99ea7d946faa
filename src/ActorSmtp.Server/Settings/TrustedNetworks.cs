using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Settings;

/// <summary>Networks whose peers are believed: <c>[10.0.0.0/8, "2001:db8::/32", 192.0.2.7]</c>; a single address is a network of one.</summary>
public sealed class TrustedNetworks
{
    /// <summary>What each element is, for messages.</summary>
    public const string Expected = "a network such as 10.0.0.0/8 or 2001:db8::/32 (no bit set behind the prefix), or one address";

    private readonly ImmutableArray<IPNetwork> _networks;

    private TrustedNetworks(ImmutableArray<IPNetwork> networks) => _networks = networks;

    /// <summary>They.</summary>
    public ImmutableArray<IPNetwork> Networks => _networks;

    /// <summary>Nobody is trusted.</summary>
    public bool IsEmpty => _networks.IsEmpty;

    /// <summary>Reads a list; what is no network is a mistake.</summary>
    internal static TrustedNetworks From(SettingsReader r, string key)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in r.TextList(key))
        {
            if (Parse(text) is { } network)
            {
                networks.Add(network);
            }
            else
            {
                r.Refuse(key, $"\"{text}\": expected {Expected}");
            }
        }

        return new TrustedNetworks(networks.ToImmutable());
    }

    /// <summary>A network, or null. Host bits behind the prefix are a mistake: whoever wrote them meant something else.</summary>
    public static IPNetwork? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || address.IsIPv4MappedToIPv6
            || (slash < 0 ? text : text[..slash]) is var written && written.Count(c => c is '.' or ':') < 2)
        {
            return null;
        }

        var bits = address.GetAddressBytes().Length * 8;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out bits)
            || bits > address.GetAddressBytes().Length * 8 || HasHostBits(address.GetAddressBytes(), bits)))
        {
            return null;
        }

        return new IPNetwork(address, bits);
    }

    /// <summary>Whether the peer is in one of them. A peer without an IP address (a Unix socket) never is.</summary>
    public bool Contain(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: var address })
        {
            return false;
        }

        address = address.Unmapped();
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>As it is written in the configuration.</summary>
    public override string ToString() => string.Join(", ", _networks);

    private static bool HasHostBits(byte[] address, int prefix)
    {
        for (var bit = prefix; bit < address.Length * 8; bit++)
        {
            if ((address[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
