using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Protocol.Dns;

/// <summary>
/// A name of the DNS, always complete (RFC 1035 §3.1): labels of 1 to 63 octets, at most 255 octets on the wire. Names compare without the case of
/// ASCII letters (RFC 4343) and keep the case they came in. A label may hold any octet, since answers may; <see cref="IsHost"/> says whether it is
/// a name a host can have.
/// </summary>
public sealed class DnsName : IEquatable<DnsName>
{
    /// <summary>The longest name, in octets of the wire, the last zero included (RFC 1035 §2.3.4).</summary>
    public const int MaxOctets = 255;

    /// <summary>The longest label (RFC 1035 §2.3.4).</summary>
    public const int MaxLabel = 63;

    private static readonly SearchValues<char> _special = SearchValues.Create(".\\\"();@$ ");

    private readonly byte[] _wire;
    private readonly int _hash;

    internal DnsName(ReadOnlySpan<byte> wire)
    {
        _wire = wire.ToArray();
        var hash = default(HashCode);
        foreach (var octet in _wire)
        {
            hash.Add(Lower(octet));
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>The root: no label. As the exchange of an MX record it says that a domain takes no mail (RFC 7505).</summary>
    public static DnsName Root { get; } = new([0]);

    /// <summary>It is the root.</summary>
    public bool IsRoot => _wire.Length == 1;

    /// <summary>The labels, the root's empty one not counted.</summary>
    public int Labels
    {
        get
        {
            var labels = 0;
            for (var at = 0; _wire[at] != 0; at += _wire[at] + 1)
            {
                labels++;
            }

            return labels;
        }
    }

    /// <summary>Letters, digits and hyphens, the latter not at a label's ends (RFC 1123 §2.1), underscores too, since some hosts have them.</summary>
    public bool IsHost
    {
        get
        {
            for (var at = 0; _wire[at] != 0; at += _wire[at] + 1)
            {
                var label = _wire.AsSpan(at + 1, _wire[at]);
                if (label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(HostOctets))
                {
                    return false;
                }
            }

            return !IsRoot;
        }
    }

    /// <summary>The last label is a number: an address somebody wrote where a name belongs. No such name exists.</summary>
    public bool LooksLikeAddress
    {
        get
        {
            var last = 0;
            for (var at = 0; _wire[at] != 0; at += _wire[at] + 1)
            {
                last = at;
            }

            return _wire[last] > 0 && !_wire.AsSpan(last + 1, _wire[last]).ContainsAnyExceptInRange((byte)'0', (byte)'9');
        }
    }

    /// <summary>The name without its first label; the root has none.</summary>
    public DnsName? Parent => IsRoot ? null : new DnsName(_wire.AsSpan(_wire[0] + 1));

    /// <summary>The octets of the wire, not compressed.</summary>
    public ReadOnlySpan<byte> Wire => _wire;

    private static SearchValues<byte> HostOctets { get; } = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"u8);

    /// <summary>
    /// Reads a name as people write it: with or without the final dot, <c>\.</c> and <c>\DDD</c> for octets that mean something else
    /// (RFC 1035 §5.1), U-labels made A-labels (RFC 5891). Null where it is none: empty or over-long labels, too long, not to be had in ASCII.
    /// </summary>
    public static DnsName? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > 4 * MaxOctets)
        {
            return null;
        }

        if (text == ".")
        {
            return Root;
        }

        if (!Ascii.IsValid(text))
        {
            text = Smtp.DomainName.ToCanonical(text);
        }

        return Ascii.IsValid(text) ? FromAscii(text.AsSpan()) : null;
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">It is no name.</exception>
    public static DnsName Parse(string text) => TryParse(text) ?? throw new FormatException($"Not a domain name: {Smtp.Reply.Clean(text)}");

    /// <summary>Where the names of an address stand: under in-addr.arpa (RFC 1035 §3.5) or ip6.arpa (RFC 3596 §2.5).</summary>
    public static DnsName ReverseOf(IPAddress address) => ReverseOf(address, below: null);

    /// <summary>Where a list in the DNS has an address: its numbers or nibbles from the last to the first, below the list's domain (RFC 5782 §2.1, §2.4).</summary>
    /// <param name="address">An IPv4 address, also one in IPv6 form, or an IPv6 address.</param>
    /// <param name="below">The list's domain, of at most 180 characters; null: where the names of an address stand.</param>
    public static DnsName ReverseOf(IPAddress address, DnsName? below)
    {
        ArgumentNullException.ThrowIfNull(address);
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var octets = address.GetAddressBytes();
        var text = new StringBuilder(80);
        for (var i = octets.Length - 1; i >= 0; i--)
        {
            _ = address.AddressFamily == AddressFamily.InterNetwork
                ? text.Append(CultureInfo.InvariantCulture, $"{octets[i]}.")
                : text.Append(CultureInfo.InvariantCulture, $"{octets[i] & 15:x}.{octets[i] >> 4:x}.");
        }

        return Parse(text.Append(below?.ToString() ?? (address.AddressFamily == AddressFamily.InterNetwork ? "in-addr.arpa" : "ip6.arpa")).ToString());
    }

    /// <summary>A label put before this name: <c>_25._tcp</c> before a host (two calls). Null where it gets too long, or it is no label.</summary>
    public DnsName? Prepend(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return label.Length is 0 or > MaxLabel || !Ascii.IsValid(label) || label.Length + 1 + _wire.Length > MaxOctets
            ? null
            : new DnsName([(byte)label.Length, .. Encoding.ASCII.GetBytes(label), .. _wire]);
    }

    /// <summary>It is the other name, or below it.</summary>
    public bool IsAtOrBelow(DnsName other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var at = 0; ; at += _wire[at] + 1)
        {
            var rest = _wire.AsSpan(at);
            if (rest.Length <= other._wire.Length)
            {
                return Same(rest, other._wire);
            }
        }
    }

    /// <summary>
    /// The same name in letters whose case is chosen by the bits, one bit a letter, over again after 64: what an answer has to repeat as it is, so that
    /// whoever has not seen the question can hardly forge one (draft-vixie-dnsext-dns0x20).
    /// </summary>
    public DnsName InCase(ulong bits)
    {
        var wire = _wire.AsSpan().ToArray();
        var letters = 0;
        for (var at = 0; wire[at] != 0; at += wire[at] + 1)
        {
            foreach (ref var octet in wire.AsSpan(at + 1, wire[at]))
            {
                if (Lower(octet) is >= (byte)'a' and <= (byte)'z' and var lower)
                {
                    octet = (bits >> (letters++ & 63) & 1) == 0 ? lower : (byte)(lower - 32);
                }
            }
        }

        return new DnsName(wire);
    }

    /// <summary>The same name in lower case.</summary>
    public DnsName ToLower() => InCase(0);

    /// <summary>The same octets, case included.</summary>
    public bool EqualsExactly(DnsName other) => other is not null && _wire.AsSpan().SequenceEqual(other._wire);

    /// <summary>Equal without the case of letters.</summary>
    public bool Equals(DnsName? other) => other is not null && _hash == other._hash && Same(_wire, other._wire);

    public override bool Equals(object? obj) => Equals(obj as DnsName);

    public override int GetHashCode() => _hash;

    public static bool operator ==(DnsName? left, DnsName? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(DnsName? left, DnsName? right) => !(left == right);

    /// <summary>As people write it, without the final dot; the root is <c>.</c>; printable ASCII whatever the octets are.</summary>
    public override string ToString()
    {
        if (IsRoot)
        {
            return ".";
        }

        var text = new StringBuilder(_wire.Length);
        for (var at = 0; _wire[at] != 0; at += _wire[at] + 1)
        {
            if (at > 0)
            {
                text.Append('.');
            }

            foreach (var octet in _wire.AsSpan(at + 1, _wire[at]))
            {
                _ = octet is <= 32 or >= 127 ? text.Append(CultureInfo.InvariantCulture, $"\\{octet:000}")
                    : _special.Contains((char)octet) ? text.Append('\\').Append((char)octet)
                    : text.Append((char)octet);
            }
        }

        return text.ToString();
    }

    internal static byte Lower(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet + 32) : octet;

    // A length octet is at most 63, below the letters: the whole wire form can be compared as text.
    private static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Ascii.EqualsIgnoreCase(left, right) || SlowlySame(left, right);

    // The framework's comparison wants ASCII alone.
    private static bool SlowlySame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (Lower(left[i]) != Lower(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static DnsName? FromAscii(ReadOnlySpan<char> text)
    {
        Span<byte> wire = stackalloc byte[MaxOctets];
        var (start, length) = (0, 1);                               // of the label that is being read: its length octet, the octets so far
        for (var i = 0; i < text.Length; i++)
        {
            var octet = (byte)text[i];
            if (octet == '.')
            {
                if (length - start == 1)
                {
                    return null;                                    // an empty label
                }

                wire[start] = (byte)(length - start - 1);
                start = length;
                if (++length > MaxOctets)
                {
                    return null;
                }

                continue;
            }

            if (octet == '\\' && !Escaped(text, ref i, out octet))
            {
                return null;
            }

            if (length - start > MaxLabel || length >= MaxOctets)
            {
                return null;
            }

            wire[length++] = octet;
        }

        if (length - start > 1)                                     // no final dot
        {
            wire[start] = (byte)(length - start - 1);
            start = length++;
        }

        if (length > MaxOctets)
        {
            return null;
        }

        wire[start] = 0;
        return new DnsName(wire[..length]);
    }

    private static bool Escaped(ReadOnlySpan<char> text, ref int at, out byte octet)
    {
        octet = 0;
        if (at + 1 >= text.Length)
        {
            return false;
        }

        if (!char.IsAsciiDigit(text[at + 1]))
        {
            octet = (byte)text[++at];
            return true;
        }

        if (at + 3 >= text.Length || !int.TryParse(text.Slice(at + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 255)
        {
            return false;
        }

        octet = (byte)number;
        at += 3;
        return true;
    }
}
