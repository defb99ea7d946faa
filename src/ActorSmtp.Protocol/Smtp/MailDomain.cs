using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>What stands right of the @: a <see cref="DomainName"/> or an <see cref="AddressLiteral"/>.</summary>
public abstract record MailDomain
{
    private protected MailDomain(string text) => Text = text;

    /// <summary>As the client wrote it, literals with their brackets.</summary>
    public string Text { get; }

    /// <summary>The form for look-ups and comparing: ASCII, lower case, U-labels as A-labels, addresses in their shortest form.</summary>
    public abstract string Canonical { get; }

    /// <summary>A name or a literal of the grammar of RFC 5321 §4.1.2 (labels of RFC 6531 as well), or null.</summary>
    public static MailDomain? TryParse(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        return CommandParser.TryParseDomain(octets, allowUtf8: true, out var domain) == octets.Length && octets.Length > 0 ? domain : null;
    }

    public sealed override string ToString() => Text;
}

/// <summary>A domain name: labels of letters, digits and hyphens, or U-labels where SMTPUTF8 allows them. No final dot.</summary>
public sealed record DomainName : MailDomain
{
    internal DomainName(string text)
        : base(text)
    {
    }

    /// <inheritdoc/>
    public override string Canonical => ToCanonical(Text);

    /// <summary>Equal when the canonical forms are.</summary>
    public bool Equals(DomainName? other) => other is not null &&
        (string.Equals(Text, other.Text, StringComparison.OrdinalIgnoreCase) || string.Equals(Canonical, other.Canonical, StringComparison.Ordinal));

    public override int GetHashCode() => Canonical.GetHashCode(StringComparison.Ordinal);

    /// <summary>
    /// Lower case and A-labels of any text that may be a domain; text that IDNA refuses stays as it is, in lower case. The same text in,
    /// the same string object out where nothing changes.
    /// </summary>
    public static string ToCanonical(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        try
        {
            return new IdnMapping { AllowUnassigned = true }.GetAscii(text.ToLowerInvariant()).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return text.ToLowerInvariant();
        }
    }
}

/// <summary>An address in brackets (RFC 5321 §4.1.3): <c>[192.0.2.1]</c>, <c>[IPv6:2001:db8::1]</c>, or <c>[tag:text]</c> of a kind unknown to us.</summary>
public sealed record AddressLiteral : MailDomain
{
    internal AddressLiteral(string text, IPAddress? address)
        : base(text) => Address = address;

    /// <summary>The address, or null for a general literal.</summary>
    public IPAddress? Address { get; }

    /// <inheritdoc/>
    public override string Canonical => Address switch
    {
        null => Text.ToLowerInvariant(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => $"[ipv6:{Address}]",
        _ => $"[{Address}]",
    };

    /// <summary>Equal when they name the same address.</summary>
    public bool Equals(AddressLiteral? other) => other is not null && string.Equals(Canonical, other.Canonical, StringComparison.Ordinal);

    public override int GetHashCode() => Canonical.GetHashCode(StringComparison.Ordinal);
}
