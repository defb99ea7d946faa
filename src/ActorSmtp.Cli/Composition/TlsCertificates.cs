using System.Net.Security;
using System.Security.Authentication;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Composition;

/// <summary>The certificate that handshakes use now; read again on SIGHUP, a bad one leaves the good one in force.</summary>
internal sealed class TlsCertificates
{
    private readonly ServerSettings _settings;
    private volatile SslStreamCertificateContext _current = null!;

    /// <exception cref="CommandFailedException">There is none to be had.</exception>
    public TlsCertificates(ServerSettings settings)
    {
        _settings = settings;
        try
        {
            Reload();
        }
        catch (StoreException cannot)
        {
            throw new CommandFailedException(ExitCodes.Configuration, $"actorsmtp.tls: {cannot.Message}");
        }
    }

    /// <summary>Whether any listener needs one.</summary>
    public static bool AreNeeded(ServerSettings settings) => settings.Listeners.Any(l => l.Tls != ListenerTls.Off);

    /// <summary>What it is, for the log.</summary>
    public string Description { get; private set; } = "";

    public TlsServerOptions Options => new()
    {
        Certificate = _ => _current,
        Protocols = _settings.Tls.MinVersion >= 13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
    };

    /// <summary>Reads the files again.</summary>
    /// <exception cref="StoreException">They are wrong; nothing has changed.</exception>
    public void Reload()
    {
        var (certificate, chain, isSelfSigned) = _settings.Tls.Certificate.Length > 0
            ? CertificateFiles.Load(_settings.Tls.Certificate, _settings.Tls.Key)
            : CertificateFiles.LoadOrMake(_settings.DataDirectory, _settings.Hostname, TimeProvider.System);
        _current = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        Description = $"{(isSelfSigned ? "self-signed " : "")}certificate {certificate.Subject}, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}";
    }
}
