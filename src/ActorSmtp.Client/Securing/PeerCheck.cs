using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Securing;

/// <summary>Judges the certificate of a server where its name and the system's roots are not what counts. Equal ones judge alike.</summary>
public abstract record PeerCheck
{
    /// <summary>What is wrong with it; null: nothing.</summary>
    public abstract string? Judge(TlsPeer peer);
}

/// <summary>The certificate has to be for a domain or a name below it, and from an authority that is trusted: whatever names of servers the DNS gives, it is the domain's.</summary>
/// <param name="Domain">In A-labels.</param>
public sealed record DomainCheck(string Domain) : PeerCheck
{
    public override string? Judge(TlsPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.ChainProblem is not null)
        {
            return peer.ChainProblem;
        }

        var names = peer.Certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames());
        return names.Any(n => n.Equals(Domain, StringComparison.OrdinalIgnoreCase) || n.EndsWith("." + Domain, StringComparison.OrdinalIgnoreCase))
            ? null
            : $"not issued for '{Domain}' or a name below it";
    }
}

/// <summary>DANE for SMTP (RFC 7672 §3): the domain's own records in a signed DNS name the certificate, its key, or an authority.</summary>
/// <param name="Records">Some of them usable.</param>
/// <param name="Names">Names that a certificate by an authority has to be for, one of them; separated by blanks.</param>
public sealed record DaneCheck(TlsaSet Records, string Names) : PeerCheck
{
    private const X509ChainStatusFlags Unknown = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    public override string? Judge(TlsPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var own = peer.Certificate;
        if (Records.Matches(3, own.RawData, own.PublicKey.ExportSubjectPublicKeyInfo()))
        {
            return null;                                                // RFC 7672 §3.1.1: neither name nor date count
        }

        return Records.NamesAuthorities ? JudgeByAuthority(peer) : "no TLSA record matches it";
    }

    /// <summary>RFC 7672 §3.1.2, RFC 7671 §5.2: the chain up to the authority that a record names has to be right, and the name too.</summary>
    private string? JudgeByAuthority(TlsPeer peer)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        var named = Records.Usable.Where(r => r is { Usage: 2, Selector: 0, Matching: 0 }).Select(r => Certificate(r.Data.AsSpan())).OfType<X509Certificate2>();
        foreach (var sent in peer.Sent.Concat(named))
        {
            chain.ChainPolicy.ExtraStore.Add(sent);
            if (sent.SubjectName.RawData.AsSpan().SequenceEqual(sent.IssuerName.RawData))
            {
                chain.ChainPolicy.CustomTrustStore.Add(sent);
            }
        }

        chain.Build(peer.Certificate);
        try
        {
            var elements = chain.ChainElements;
            for (var i = 0; i < elements.Count; i++)
            {
                if (elements[i].ChainElementStatus.FirstOrDefault(s => (s.Status & ~Unknown) != 0) is { Status: not 0 } wrong)
                {
                    return wrong.StatusInformation.Trim();
                }

                var certificate = elements[i].Certificate;
                if (i > 0 && Records.Matches(2, certificate.RawData, certificate.PublicKey.ExportSubjectPublicKeyInfo()))
                {
                    return Names.Split(' ').Any(n => peer.Certificate.MatchesHostname(n)) ? null : $"not issued for '{Names.Replace(" ", "' or '", StringComparison.Ordinal)}'";
                }
            }

            return "no TLSA record matches it or an authority of its";
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    /// <summary>An authority that stands whole in the DNS need not be sent along (RFC 7671 §5.2.2).</summary>
    private static X509Certificate2? Certificate(ReadOnlySpan<byte> octets)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(octets);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}
