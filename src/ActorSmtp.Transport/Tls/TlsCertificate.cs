using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>A certificate ready for handshakes: its chain is put together once, here, and not for each of them.</summary>
public sealed class TlsCertificate
{
    private TlsCertificate(X509Certificate2 certificate, SslStreamCertificateContext context, ImmutableArray<string> names)
    {
        Certificate = certificate;
        Context = context;
        Names = names;
    }

    /// <summary>The certificate itself, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>
    /// The host names it is for, in lower case: of its subjectAltName, wildcards (<c>*.example.com</c>) among them; of a certificate without
    /// any, its common name.
    /// </summary>
    public ImmutableArray<string> Names { get; }

    public SslStreamCertificateContext Context { get; }

    /// <summary>Puts it together; nothing is fetched from anywhere. May take some milliseconds and read the system's roots.</summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="chain">Those of the authorities behind it, to be sent along.</param>
    /// <exception cref="CryptographicException">Its key cannot be used.</exception>
    public static TlsCertificate Of(X509Certificate2 certificate, X509Certificate2Collection? chain = null) =>
        new(certificate, SslStreamCertificateContext.Create(certificate, chain, offline: true), NamesOf(certificate));

    private static ImmutableArray<string> NamesOf(X509Certificate2 certificate)
    {
        ImmutableArray<string> names =
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames())
                .Select(n => n.ToLowerInvariant()).Distinct(StringComparer.Ordinal),
        ];
        return names.IsEmpty && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } common
            ? [common.ToLowerInvariant()]
            : names;
    }
}

/// <summary>
/// Which certificate for which name (SNI, RFC 6066 §3): one that has the very name, else one with a wildcard in place of its first label, else
/// the default. Where several are for a name, the first of the list is taken. Immutable; a look-up allocates little and locks nothing.
/// </summary>
public sealed class TlsCertificateTable
{
    private readonly Dictionary<string, TlsCertificate> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="byDefault">For clients that name no host, or one that no certificate is for.</param>
    /// <param name="others">Chosen by name only.</param>
    public TlsCertificateTable(TlsCertificate byDefault, params IEnumerable<TlsCertificate> others)
    {
        Default = byDefault;
        foreach (var certificate in others.Prepend(byDefault))
        {
            foreach (var name in certificate.Names)
            {
                _byName.TryAdd(name, certificate);
            }
        }
    }

    /// <summary>For clients that name no host, or one that no certificate is for.</summary>
    public TlsCertificate Default { get; }

    /// <summary>The certificate for a name; null: the client named none.</summary>
    public TlsCertificate Choose(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return Default;
        }

        name = name.TrimEnd('.');
        if (_byName.TryGetValue(name, out var found))
        {
            return found;
        }

        // RFC 9525 §6.3: the asterisk stands for one whole label, the first.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue(string.Concat("*", name.AsSpan(dot)), out found) ? found : Default;
    }
}
