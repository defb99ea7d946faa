using System.Globalization;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>Address</c>: where an actor system is, as <c>akka://system</c> or <c>akka.tcp://system@host:port</c>.
/// Left out: the span overloads of TryParse and the surrogate.
/// </summary>
public sealed class Address : IEquatable<Address>, IComparable<Address>, IComparable, ICloneable
{
    public static readonly Address AllSystems = new("akka", "all-systems");

    public Address(string protocol, string system, string host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        Host = host?.ToLowerInvariant();
        Port = port;
    }

    public string Host { get; }

    public int? Port { get; }

    public string System { get; }

    public string Protocol { get; }

    public bool HasLocalScope => string.IsNullOrEmpty(Host);

    public bool HasGlobalScope => !string.IsNullOrEmpty(Host);

    public Address WithProtocol(string protocol) => new(protocol, System, Host, Port);

    public Address WithSystem(string system) => new(Protocol, system, Host, Port);

    public Address WithHost(string host = null) => new(Protocol, System, host, Port);

    public Address WithPort(int? port = null) => new(Protocol, System, Host, port);

    public object Clone() => new Address(Protocol, System, Host, Port);

    /// <summary>System, host and port without the protocol.</summary>
    public string HostPort() => ToString()[(Protocol.Length + 3)..];

    public bool Equals(Address other) =>
        other is not null && Port == other.Port && string.Equals(Host, other.Host, StringComparison.Ordinal)
        && string.Equals(System, other.System, StringComparison.Ordinal)
        && string.Equals(Protocol, other.Protocol, StringComparison.Ordinal);

    public override bool Equals(object obj) => Equals(obj as Address);

    public override int GetHashCode() => HashCode.Combine(Host, Port, System, Protocol);

    public int CompareTo(Address other)
    {
        if (other is null)
        {
            return 1;
        }

        var result = string.CompareOrdinal(Protocol, other.Protocol);
        result = result != 0 ? result : string.CompareOrdinal(System, other.System);
        result = result != 0 ? result : string.CompareOrdinal(Host ?? "", other.Host ?? "");
        return result != 0 ? result : (Port ?? 0).CompareTo(other.Port ?? 0);
    }

    int IComparable.CompareTo(object obj) => obj is Address other
        ? CompareTo(other)
        : throw new ArgumentException($"Cannot compare {nameof(Address)} with instance of type '{obj?.GetType().FullName ?? "null"}'.");

    public override string ToString()
    {
        var head = $"{Protocol}://{System}";
        if (!string.IsNullOrEmpty(Host))
        {
            head += "@" + Host;
        }

        return Port is { } port ? head + ":" + port.ToString(CultureInfo.InvariantCulture) : head;
    }

    public static Address Parse(string address) => TryParse(address, out var parsed)
        ? parsed
        : throw new ArgumentException($"Unable to parse '{address}' as address: expected protocol://system[@host:port]", nameof(address));

    public static bool TryParse(string path, out Address address)
    {
        address = null;
        if (string.IsNullOrEmpty(path))
        {
            return false;
        }

        var colon = path.IndexOf("://", StringComparison.Ordinal);
        if (colon <= 0)
        {
            return false;
        }

        var rest = path[(colon + 3)..];
        var slash = rest.IndexOf('/');
        if (slash >= 0)
        {
            rest = rest[..slash];
        }

        var at = rest.IndexOf('@');
        if (rest.Length == 0 || at == 0)
        {
            return false;
        }

        if (at < 0)
        {
            if (rest.Contains(':'))
            {
                return false;
            }

            address = new Address(path[..colon], rest);
            return true;
        }

        var portAt = rest.LastIndexOf(':');
        if (portAt <= at + 1 || !int.TryParse(rest.AsSpan(portAt + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > ushort.MaxValue)
        {
            return false;
        }

        address = new Address(path[..colon], rest[..at], rest[(at + 1)..portAt], port);
        return true;
    }

    public static bool operator ==(Address left, Address right) => Equals(left, right);

    public static bool operator !=(Address left, Address right) => !Equals(left, right);
}
