using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>How a signature is made.</summary>
public enum DkimAlgorithm
{
    /// <summary>rsa-sha256.</summary>
    RsaSha256,

    /// <summary>ed25519-sha256 (RFC 8463).</summary>
    Ed25519Sha256,
}

/// <summary>A DKIM-Signature field (RFC 6376 §3.5), or an ARC-Message-Signature (RFC 8617 §4.1.2), that can be read.</summary>
public sealed record DkimSignature
{
    private const int MostFields = 1000;

    private DkimSignature(byte[] signature, byte[] bodyHash, HeaderField field) => (Signature, BodyHash, Field) = (signature, bodyHash, field);

    /// <summary>How it was made (a=).</summary>
    public required DkimAlgorithm Algorithm { get; init; }

    /// <summary>Who signs (d=), in ASCII and lower case.</summary>
    public required string Domain { get; init; }

    /// <summary>Which of the domain's keys (s=).</summary>
    public required string Selector { get; init; }

    /// <summary>On whose behalf (i=); where it is not said, <c>@</c> and the domain.</summary>
    public required string Identity { get; init; }

    /// <summary>The signed fields (h=), in the order of hashing.</summary>
    public required ImmutableArray<string> Fields { get; init; }

    /// <summary>Of the header (c=).</summary>
    public required Canonicalization HeaderForm { get; init; }

    /// <summary>Of the body (c=).</summary>
    public required Canonicalization BodyForm { get; init; }

    /// <summary>Octets of the body that are signed (l=); null: all.</summary>
    public long? BodyLength { get; init; }

    /// <summary>When it was made (t=), in seconds since 1970.</summary>
    public long? Made { get; init; }

    /// <summary>When its time is over (x=), in seconds since 1970.</summary>
    public long? Expires { get; init; }

    /// <summary>The first characters of b=, which tell signatures of a message apart (RFC 6008).</summary>
    public required string Start { get; init; }

    internal byte[] Signature { get; }

    internal byte[] BodyHash { get; }

    internal HeaderField Field { get; }

    /// <summary>Where the key is.</summary>
    public DnsName KeyName => DnsName.Parse($"{Selector}._domainkey.{Domain}");

    /// <summary>Reads a field; what is wrong where null comes back.</summary>
    internal static DkimSignature? TryParse(HeaderField field, bool isArc, out string problem)
    {
        if (!TagList.TryParse(Encoding.UTF8.GetString(field.RawValue.Span), out var tags, out problem))
        {
            return null;
        }

        if (!isArc && tags["v"] != "1")
        {
            problem = "its version is not 1";
            return null;
        }

        var algorithm = tags["a"] switch
        {
            "rsa-sha256" => DkimAlgorithm.RsaSha256,
            "ed25519-sha256" => DkimAlgorithm.Ed25519Sha256,
            _ => (DkimAlgorithm?)null,
        };
        if (algorithm is null)
        {
            problem = tags["a"] switch
            {
                null => "a= is missing",
                "rsa-sha1" => "rsa-sha1 is worth nothing any more (RFC 8301)",
                var unknown => $"nobody knows the algorithm {Shown(unknown)}",
            };
            return null;
        }

        var domain = tags.Compact("d") is { } d ? DomainName.ToCanonical(d) : "";
        var selector = tags.Compact("s") is { } s ? DomainName.ToCanonical(s) : "";
        if (DnsName.TryParse(domain) is not { IsHost: true } || DnsName.TryParse(selector) is not { IsHost: true } || DnsName.TryParse($"{selector}._domainkey.{domain}") is null)
        {
            problem = "d= and s= make no name of a key";
            return null;
        }

        if (!TryBase64(tags.Compact("b"), out var signature) || !TryBase64(tags.Compact("bh"), out var bodyHash) || bodyHash.Length != 32)
        {
            problem = "b= or bh= is missing, or no base64 of the right length";
            return null;
        }

        var fields = tags.List("h") ?? [];
        if (fields.Length is 0 or > MostFields || fields.Any(f => f.Length == 0 || f.Any(c => c is <= ' ' or > '~' or ':')))
        {
            problem = "h= is missing, or no list of fields";
            return null;
        }

        if (!TryCanonicalization(tags.Compact("c"), out var header, out var body))
        {
            problem = "nobody knows the canonicalization in c=";
            return null;
        }

        if (!TryNumber(tags.Compact("l"), out var length) || !TryNumber(tags.Compact("t"), out var made) || !TryNumber(tags.Compact("x"), out var expires)
            || expires <= made)
        {
            problem = "l=, t= or x= is no number, or x= is not after t=";
            return null;
        }

        if (!isArc && tags.List("q") is { } ways && !ways.Contains("dns/txt", StringComparer.Ordinal))
        {
            problem = "its key is not in the DNS";
            return null;
        }

        var identity = tags.Compact("i") is { } i && !isArc ? i : "@" + domain;
        if (!isArc && !IsOfDomain(identity, domain))
        {
            problem = "i= is not of the domain in d=";
            return null;
        }

        return new DkimSignature(signature, bodyHash, field)
        {
            Algorithm = algorithm.Value,
            Domain = domain,
            Selector = selector,
            Identity = identity,
            Fields = [.. fields],
            HeaderForm = header,
            BodyForm = body,
            BodyLength = isArc ? null : length,
            Made = made,
            Expires = isArc ? null : expires,
            Start = tags.Compact("b")![..Math.Min(8, tags.Compact("b")!.Length)],
        };
    }

    /// <summary>sig-c-tag-alg ["/" sig-c-tag-alg]: the body's is simple where it is not said.</summary>
    internal static bool TryCanonicalization(string? text, out Canonicalization header, out Canonicalization body)
    {
        var parts = (text ?? "simple/simple").Split('/');
        body = Canonicalization.Simple;
        return TryOne(parts[0], out header) && (parts.Length == 1 || (parts.Length == 2 && TryOne(parts[1], out body)));

        static bool TryOne(string word, out Canonicalization form)
        {
            form = word == "relaxed" ? Canonicalization.Relaxed : Canonicalization.Simple;
            return word is "simple" or "relaxed";
        }
    }

    internal static bool TryBase64(string? text, out byte[] octets)
    {
        octets = [];
        if (text is null or { Length: 0 or > 4096 })
        {
            return false;
        }

        var buffer = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, buffer, out var length))
        {
            return false;
        }

        octets = buffer[..length];
        return true;
    }

    internal static string Shown(string text) => Reply.Clean(text.Length > 64 ? text[..64] + "..." : text);

    /// <summary>§3.5, i=: the domain, or one below it.</summary>
    private static bool IsOfDomain(string identity, string domain)
    {
        var at = identity.LastIndexOf('@');
        return at >= 0 && DnsName.TryParse(identity[(at + 1)..]) is { } name && name.IsAtOrBelow(DnsName.Parse(domain));
    }

    /// <summary>A number of up to 12 digits (§3.5, t=); true without one where there is no tag.</summary>
    private static bool TryNumber(string? text, out long? number)
    {
        number = null;
        if (text is null)
        {
            return true;
        }

        if (text.Length is 0 or > 18 || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        number = value;
        return true;
    }
}
