using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>The handshake, on the handshake threads, and what it settles.</summary>
internal sealed partial class TlsLayer
{
    private string? _problem;

    private async Task HandshakeAsync()
    {
        var success = false;
        try
        {
            if (_server is not null)
            {
                _stream.First = new ArrayBufferWriter<byte>(1024);
                await _ssl.AuthenticateAsServerAsync(static (_, hello, state, _) => new(((TlsLayer)state!).Server(hello)), this)
                    .ConfigureAwait(false);
            }
            else
            {
                await _ssl.AuthenticateAsClientAsync(Client(_client!)).ConfigureAwait(false);
            }

            Facts = Describe();
            ReleasesBuffers = OpenSslBuffers.ReleaseWhenIdle(_ssl);
            _stream.Handshaking = false;
            success = true;
        }
        catch (Exception e)
        {
            // A handshake fails in many ways (alerts, junk, our own certificate); all are the peer's to know and the log's to tell.
            _raw.End(CloseReason.TlsFailed, _problem is null ? Innermost(e) : $"{Innermost(e)} ({_problem})");
        }

        _raw.Lane.Handshakes.Leave(success);
        if (success && !_closed)
        {
            _isSecured = true;
            Todo(Secured);
        }
        else if (_closed || !success)
        {
            _ssl.Dispose();
        }
    }

    private SslServerAuthenticationOptions Server(SslClientHelloInfo hello)
    {
        var name = string.IsNullOrEmpty(hello.ServerName) ? null : hello.ServerName;
        var certificate = _server!.Certificate(name) ??
            throw new AuthenticationException(name is null ? "no certificate for a client that names none" : $"no certificate for '{name}'");
        var (protocols, suites) = TlsSuites.For(_server.Protocols, ClientHello.OffersTls13(_stream.First!.WrittenSpan));
        _stream.First = null;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = protocols,
            CipherSuitesPolicy = suites,
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        };
        if (_server.ClientAuthorities is { } authorities)
        {
            options.ClientCertificateRequired = true;                       // asked for; who shows none goes on (Validate)
            options.CertificateChainPolicy = Chain(authorities());
            options.RemoteCertificateValidationCallback = Validate;
            options.AllowTlsResume = false;                                 // a resumed session would not show the chain again
        }

        return options;
    }

    private SslClientAuthenticationOptions Client(TlsClientOptions options)
    {
        var client = new SslClientAuthenticationOptions
        {
            TargetHost = options.ServerName,
            EnabledSslProtocols = options.Protocols,
            CertificateChainPolicy = Chain(options.TrustedRoots),
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            RemoteCertificateValidationCallback = Validate,
            AllowTlsResume = options.Insecure && options.Judge is null,     // a resumed session would not show the chain again
        };
        if (options.Certificate is { } own)
        {
            client.ClientCertificates = [own];
            client.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        }

        return client;
    }

    /// <summary>A certificate is judged by what is here: a peer must not make us fetch things from addresses that it names.</summary>
    private static X509ChainPolicy Chain(X509Certificate2Collection? roots)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    /// <summary>Writes down what is wrong with the peer's certificate; a client then refuses, unless it was told not to.</summary>
    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_server is not null)
        {
            // A client certificate is offered, not required; who wants to build on it reads the verdict.
            _problem = certificate is null ? null : Problem(errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, chain);
            return true;
        }

        if (_client!.Judge is { } judge)
        {
            _problem = certificate is null ? "no certificate" : judge(new TlsPeer(
                certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()),
                chain?.ChainPolicy.ExtraStore ?? new X509Certificate2Collection(),
                Problem(errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, chain)));
            return _problem is null;
        }

        _problem = Problem(errors, chain);
        return _problem is null || _client.Insecure;
    }

    private string? Problem(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        List<string> problems = [];
        if ((errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            problems.Add("no certificate");
        }

        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            problems.Add($"not issued for '{_client?.ServerName}'");
        }

        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            problems.AddRange((chain?.ChainStatus ?? []).Select(s => s.StatusInformation.Trim()).Distinct());
        }

        return problems.Count == 0 ? errors.ToString() : string.Join("; ", problems);
    }

    private TlsFacts Describe()
    {
        var peer = _ssl.RemoteCertificate switch
        {
            null => null,
            X509Certificate2 c => c,
            var c => new X509Certificate2(c),
        };
        var local = _ssl.LocalCertificate switch
        {
            null => null,
            X509Certificate2 c => c,
            var c => new X509Certificate2(c),
        };
        var name = string.IsNullOrEmpty(_ssl.TargetHostName) ? null : _ssl.TargetHostName;
        return new TlsFacts(_ssl.SslProtocol, _ssl.NegotiatedCipherSuite, name, _server is not null ? local : peer, peer, _problem);
    }
}
