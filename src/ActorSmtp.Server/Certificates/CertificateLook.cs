using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Certificates;

/// <summary>What a source holds, ready for handshakes: a certificate, or authorities.</summary>
/// <param name="Mark">What the store says of its octets.</param>
/// <param name="NotAfter">The certificate's, or the earliest of the authorities', UTC.</param>
internal sealed record SourceContent(string Mark, TlsCertificate? Certificate, X509Certificate2Collection? Authorities, bool IsSelfSigned, DateTimeOffset NotAfter)
{
    /// <summary>For the log.</summary>
    public override string ToString() => Certificate is { } certificate
        ? string.Create(CultureInfo.InvariantCulture, $"{(IsSelfSigned ? "self-signed " : "")}certificate {certificate.Certificate.Subject}, valid until {NotAfter:yyyy-MM-dd}")
        : string.Create(CultureInfo.InvariantCulture, $"{Authorities!.Count} authorities for clients' certificates");
}

/// <summary>A source as it was seen last.</summary>
/// <param name="Content">What is in force.</param>
/// <param name="BadMark">What lies there and cannot be used; null: what lies there is in force.</param>
/// <param name="IsTold">The log says so already.</param>
/// <param name="ToldExpiry">The day on which the log last spoke of the certificate's end.</param>
internal sealed record SourceState(CertificateSource Source, SourceContent Content, string? BadMark = null, bool IsTold = false, DateOnly ToldExpiry = default);

/// <summary>Something the log should know after a look.</summary>
internal abstract record Finding(CertificateSource Source)
{
    /// <summary>Other content is in force now.</summary>
    public sealed record Replaced(CertificateSource Source, SourceContent Content) : Finding(Source);

    /// <summary>What lies there cannot be used; what was in force stays.</summary>
    public sealed record Refused(CertificateSource Source, string Reason) : Finding(Source);

    /// <summary>The certificate in force ends soon, or has ended.</summary>
    public sealed record Expiring(CertificateSource Source, DateTimeOffset NotAfter) : Finding(Source);
}

/// <summary>
/// One look at all sources: what changed is read, and taken where it is right. Certificate and key are two files and are replaced one after the
/// other, so what is wrong may be right in a moment: it is tried at each look, and told only if the same wrong thing is seen twice, or at once
/// when somebody asked. Has no thread and no state of its own.
/// </summary>
internal sealed class CertificateLook(ICertificateStore store, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    /// <summary>Reads everything for the first time. What has expired is taken all the same: clear text would be worse.</summary>
    /// <exception cref="StoreException">Something is wrong; names the file.</exception>
    public async Task<ImmutableArray<SourceState>> Open(ImmutableArray<CertificateSource> sources)
    {
        var states = ImmutableArray.CreateBuilder<SourceState>();
        foreach (var source in sources)
        {
            states.Add(new SourceState(source, await Read(source)));
        }

        return states.ToImmutable();
    }

    /// <param name="asked">Somebody waits for the answer: what is wrong is told at once.</param>
    public async Task<(ImmutableArray<SourceState> Now, ImmutableArray<Finding> Findings)> Again(ImmutableArray<SourceState> before, bool asked)
    {
        var now = ImmutableArray.CreateBuilder<SourceState>();
        var findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (var state in before)
        {
            now.Add(Expiry(await Again(state, asked, findings), findings));
        }

        return (now.ToImmutable(), findings.ToImmutable());
    }

    private async Task<SourceState> Again(SourceState state, bool asked, ImmutableArray<Finding>.Builder findings)
    {
        var mark = await store.MarkAsync(state.Source, CancellationToken.None);
        var isDue = state.Content.IsSelfSigned && state.Content.NotAfter < time.GetUtcNow() + TimeSpan.FromHours(12);
        if (mark == state.Content.Mark && !isDue)
        {
            return state with { BadMark = null, IsTold = false };
        }

        try
        {
            var content = await Read(state.Source);
            if (content.NotAfter <= time.GetUtcNow() && content.NotAfter < state.Content.NotAfter)
            {
                throw new StoreException(string.Create(CultureInfo.InvariantCulture, $"{state.Source} has expired on {content.NotAfter:yyyy-MM-dd}"));
            }

            findings.Add(new Finding.Replaced(state.Source, content));
            return new SourceState(state.Source, content);
        }
        catch (StoreException wrong)
        {
            var isTold = state.IsTold && state.BadMark == mark;
            if (asked || (state.BadMark == mark && !isTold))
            {
                findings.Add(new Finding.Refused(state.Source, wrong.Message));
                isTold = true;
            }

            return state with { BadMark = mark, IsTold = isTold };
        }
    }

    private SourceState Expiry(SourceState state, ImmutableArray<Finding>.Builder findings)
    {
        var now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (state.Content.NotAfter - now > Soon || state.ToldExpiry == today)
        {
            return state;
        }

        findings.Add(new Finding.Expiring(state.Source, state.Content.NotAfter));
        return state with { ToldExpiry = today };
    }

    private async Task<SourceContent> Read(CertificateSource source)
    {
        var stored = await store.LoadAsync(source, CancellationToken.None);
        if (stored.Certificate is not { } certificate)
        {
            return new SourceContent(stored.Mark, null, stored.Chain, false, stored.Chain.Min(c => End(c)));
        }

        try
        {
            return new SourceContent(stored.Mark, TlsCertificate.Of(certificate, stored.Chain), null, stored.IsSelfSigned, End(certificate));
        }
        catch (Exception cannot) when (cannot is CryptographicException or NotSupportedException)
        {
            throw new StoreException($"{source} cannot be used for TLS: {cannot.Message}", cannot);
        }
    }

    private static DateTimeOffset End(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
}
