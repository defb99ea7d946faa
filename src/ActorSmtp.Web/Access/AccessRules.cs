using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Server.Settings;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Access;

/// <summary>Who may come in by one of the console's doors.</summary>
/// <param name="IsSocket">The socket in the data directory: the file system has checked already.</param>
/// <param name="LoginIsNeeded">Everything but the login itself wants one.</param>
/// <param name="Hosts">Names which a request may be meant for, in lower case, without ports.</param>
/// <param name="TakesLoopbackNames">Any name and address of this machine's loopback counts too.</param>
/// <param name="Proxies">Who is believed for whom it asks; null: nobody.</param>
internal sealed record AccessRules(bool IsSocket, bool LoginIsNeeded, ImmutableHashSet<string> Hosts, bool TakesLoopbackNames, TrustedNetworks? Proxies)
{
    /// <summary>For <c>admin.sock</c>.</summary>
    public static AccessRules OfSocket { get; } = new(true, false, [], false, null);

    public static AccessRules Of(ConsoleSettings settings, string hostname) => new(
        IsSocket: false,
        settings.LoginIsNeeded,
        [hostname.ToLowerInvariant(), .. settings.Hosts],
        TakesLoopbackNames: settings.Bind is { IsLocal: true } || IPAddress.Any.Equals(settings.Bind?.Address) || IPAddress.IPv6Any.Equals(settings.Bind?.Address),
        settings.ProxyTrusted);

    /// <summary>
    /// Whether a request's Host names us. A page of another site can have a name of its own made to point here (DNS rebinding); the browser then
    /// sends that name.
    /// </summary>
    public bool IsOurs(HostString host, IPAddress? reachedAt)
    {
        var name = host.Host.ToLowerInvariant().TrimEnd('.');
        if (name.Length == 0)
        {
            return false;
        }

        if (Hosts.Contains(name) || (TakesLoopbackNames && ConsoleSettings.IsLoopbackName(name)))
        {
            return true;
        }

        // An address cannot be rebound: whoever sends it as the host has it in the address line.
        return IPAddress.TryParse(name.Trim('[', ']'), out var address) && reachedAt is not null && Plain(address).Equals(Plain(reachedAt));
    }

    /// <summary>
    /// Whose request it is: the peer's, or the address which the last of our proxies names in <c>X-Forwarded-For</c>. What stands before that may be made up.
    /// Who could open a Unix socket is a proxy of ours.
    /// </summary>
    /// <param name="peer">Null: on a Unix socket.</param>
    public IPAddress? ClientOf(IPAddress? peer, IHeaderDictionary headers)
    {
        var client = peer;
        if (Proxies is null || !IsProxy(peer))
        {
            return peer;
        }

        foreach (var named in headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries).Reverse())
        {
            if (!IPEndPoint.TryParse(named, out var address))
            {
                break;
            }

            client = address.Address;
            if (!IsProxy(client))
            {
                break;
            }
        }

        return client;
    }

    private bool IsProxy(IPAddress? peer) => peer is null || Proxies!.Contain(new IPEndPoint(peer, 0));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
