using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Certificates;

/// <summary>
/// The certificates that handshakes use now, listener by listener. The certificates actor writes it, handshakes read it on their own threads:
/// what was replaced counts from the next handshake on, and one under way keeps what it began with.
/// </summary>
internal sealed class CertificateBoard
{
    private readonly TlsSettings _settings;
    private readonly ImmutableArray<OfListener> _listeners;
    private volatile TlsCertificateTable? _common;

    public CertificateBoard(ServerSettings settings)
    {
        _settings = settings.Tls;
        _listeners = [.. settings.Listeners.Where(l => l.Tls != ListenerTls.Off).Select(l => new OfListener(l))];
        Sources = settings.CertificateSources;
    }

    /// <summary>Everything that is to be read, each once.</summary>
    public ImmutableArray<CertificateSource> Sources { get; }

    /// <summary>How handshakes of a listener are done; null for one without TLS.</summary>
    public TlsServerOptions? OptionsOf(string listener)
    {
        if (_listeners.FirstOrDefault(l => l.Settings.Name == listener) is not { } found)
        {
            return null;
        }

        return new TlsServerOptions
        {
            Certificate = name => found.Table.Choose(name),
            ClientAuthorities = found.Settings.OwnTls.ClientAuthorities is null ? null : () => found.Authorities,
            Protocols = found.Settings.OwnTls.Protocols ?? _settings.Protocols,
        };
    }

    /// <summary>How handshakes of the console are done: by the certificates that listeners without their own have. Null: none were needed.</summary>
    public TlsServerOptions? Common => _common is null ? null : new TlsServerOptions { Certificate = name => _common.Choose(name), Protocols = _settings.Protocols };

    /// <summary>Puts up what the sources hold now.</summary>
    public void Publish(IReadOnlyDictionary<CertificateSource, SourceContent> now)
    {
        var common = ((List<CertificatePair>)[_settings.Certificate, .. _settings.Further]).ConvertAll(p => now.GetValueOrDefault(p)?.Certificate);
        _common = common[0] is { } first ? new TlsCertificateTable(first, common.Skip(1).Select(c => c!)) : null;
        foreach (var listener in _listeners)
        {
            List<CertificatePair> pairs = [_settings.Certificate, .. _settings.Further];
            if (listener.Settings.OwnTls.Certificate is { } own)
            {
                pairs.Insert(0, own);
            }

            var certificates = pairs.Select(p => now[p].Certificate!).ToList();
            listener.Table = new TlsCertificateTable(certificates[0], certificates.Skip(1));
            if (listener.Settings.OwnTls.ClientAuthorities is { } authorities)
            {
                listener.Authorities = now[authorities].Authorities!;
            }
        }
    }

    private sealed class OfListener(ListenerSettings settings)
    {
        private volatile TlsCertificateTable? _table;
        private volatile X509Certificate2Collection _authorities = [];

        public ListenerSettings Settings => settings;

        public TlsCertificateTable Table
        {
            get => _table ?? throw new InvalidOperationException("No certificate is loaded yet.");
            set => _table = value;
        }

        public X509Certificate2Collection Authorities
        {
            get => _authorities;
            set => _authorities = value;
        }
    }
}
