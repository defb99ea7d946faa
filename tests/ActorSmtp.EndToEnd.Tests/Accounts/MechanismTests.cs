using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ActorSmtp.EndToEnd.Tests.Running;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.EndToEnd.Tests.Accounts;

/// <summary>Logins by the programs of others, and by a Python script written from the RFCs: every mechanism, right and wrong.</summary>
public sealed class MechanismTests(MechanismTests.Profile profile) : IClassFixture<MechanismTests.Profile>
{
    [SkippableTheory]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task Gsasl_logs_in(string mechanism)
    {
        Tool.Need("gsasl");
        Assert.Contains("235 2.7.0", (await Gsasl(mechanism, "helloken")).Output, StringComparison.Ordinal);
        Assert.Contains("535 5.7.8", (await Gsasl(mechanism, "wrong")).Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("scram-sha-256", "helloken", true)]
    [InlineData("plain", "helloken", true)]
    [InlineData("login", "helloken", true)]
    [InlineData("on", "helloken", true)]                    // whatever it thinks best of what is offered
    [InlineData("scram-sha-256", "wrong", false)]
    public async Task Msmtp_logs_in_and_sends(string mechanism, string password, bool isRight)
    {
        Tool.Need("msmtp");
        var outcome = await Msmtp(mechanism, $"echo {password}");
        Assert.True(outcome.ExitCode == 0 == isRight, outcome.ToString());
    }

    [SkippableTheory]
    [InlineData("oauthbearer")]
    [InlineData("xoauth2")]
    public async Task Msmtp_logs_in_by_token(string mechanism)
    {
        Tool.Need("msmtp");
        (await Msmtp(mechanism, $"cat {profile.Token("barbie@example.com")}")).Succeeded();
        Assert.NotEqual(0, (await Msmtp(mechanism, $"cat {profile.Token("ken@example.com")}")).ExitCode);
    }

    [SkippableFact]
    public async Task Swaks_logs_in_over_TLS()
    {
        Tool.Need("swaks");
        var sent = await Tool.Run("swaks", [
            "--server", $"127.0.0.1:{profile.Server.Port("submission")}", "--tls", "--auth", "PLAIN", "--auth-user", "barbie", "--auth-password", "helloken",
            "--from", "barbie@example.com", "--to", "barbie@example.com"]);
        Assert.Contains("235 2.7.0", sent.Succeeded().Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("SCRAM-SHA-256-PLUS", "helloken", null, "reply: 235")]
    [InlineData("SCRAM-SHA-256-PLUS", "wrong", null, "reply: 535")]
    [InlineData("SCRAM-SHA-256-PLUS", "helloken", "p=tls-exporter", "reply: 504")]
    [InlineData("SCRAM-SHA-256", "helloken", "n", "reply: 235")]
    [InlineData("SCRAM-SHA-256", "helloken", "y", "reply: 535")]           // -PLUS was offered: somebody took it out
    public async Task Python_binds_its_login_to_the_certificate(string mechanism, string password, string? flag, string expected)
    {
        Tool.Need("python3");
        string[] arguments = [Scripts.Python("auth.py"), $"{profile.Server.Port("submission")}", mechanism, "barbie", password, .. flag is null ? [] : new[] { flag }];
        var outcome = (await Tool.Run("python3", arguments)).Succeeded();
        Assert.Contains("offered: SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("barbie@example.com", "barbie", "reply: 235")]
    [InlineData("barbie@example.com", "shooki", "reply: 535")]
    [InlineData("nobody@example.com", "nobody", "reply: 535")]
    public async Task Python_logs_in_by_token_and_hears_why_not(string owner, string user, string expected)
    {
        Tool.Need("python3");
        var token = await File.ReadAllTextAsync(profile.Token(owner));
        var outcome = (await Tool.Run("python3", [Scripts.Python("auth.py"), $"{profile.Server.Port("submission")}", "OAUTHBEARER", user, token.Trim()])).Succeeded();
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
        Assert.Equal(expected.EndsWith("535", StringComparison.Ordinal), outcome.Output.Contains("error: {\"status\":\"invalid_token\"", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("", "reply: 235")]
    [InlineData("barbie", "reply: 235")]
    [InlineData("shooki", "reply: 535")]
    public async Task Python_logs_in_by_certificate(string actAs, string expected)
    {
        Tool.Need("python3");
        var outcome = (await Tool.Run("python3", [
            Scripts.Python("auth.py"), $"{profile.Server.Port("submissions")}", "EXTERNAL", actAs, profile.Certificate, profile.Key])).Succeeded();
        Assert.Contains("offered: EXTERNAL", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("submission", "auto", "AUTH SCRAM-SHA-256-PLUS")]
    [InlineData("submissions", "implicit", "AUTH SCRAM-SHA-256-PLUS")]
    public async Task Our_own_client_takes_the_strongest(string listener, string tls, string said)
    {
        var outcome = (await Send(listener, tls, "--user", "barbie", "--password-file", profile.Password)).Succeeded();
        Assert.Contains(said, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_client_logs_in_by_token_and_by_certificate()
    {
        (await Send("submission", "starttls", "--user", "barbie", "--auth", "oauthbearer", "--token-file", profile.Token("barbie@example.com"))).Succeeded();
        (await Send("submission", "starttls", "--user", "barbie", "--auth", "xoauth2", "--token-file", profile.Token("barbie@example.com"))).Succeeded();
        var refused = await Send("submission", "starttls", "--auth", "oauthbearer", "--token-file", profile.Token("nobody@example.com"));
        Assert.Equal(77, refused.ExitCode);
        Assert.Contains("invalid_token", refused.Errors, StringComparison.Ordinal);
        var external = (await Send("submissions", "implicit", "--certificate", profile.Certificate, "--key", profile.Key)).Succeeded();
        Assert.Contains("AUTH EXTERNAL", external.Output, StringComparison.Ordinal);
    }

    private Task<Outcome> Send(string listener, string tls, params string[] login) => Tool.Run(BuiltProgram.Path, [
        "send", "--server", $"127.0.0.1:{profile.Server.Port(listener)}", "--tls", tls, "--insecure", "--transcript", "--from", "barbie@example.com",
        "--to", "barbie@example.com", "--subject", "x", "--body", "x", .. login]);

    private Task<Outcome> Gsasl(string mechanism, string password) => Tool.Run("gsasl", [
        "--client", "--smtp", "--connect", $"127.0.0.1:{profile.Server.Port("submission")}", "--no-starttls", "--mechanism", mechanism,
        "--authentication-id", "barbie", "--authorization-id", "barbie", "--password", password, "--application-data"]);

    private Task<Outcome> Msmtp(string mechanism, string password) => Tool.Run(
        "msmtp",
        [
            $"--file={profile.Empty}", "--host=127.0.0.1", $"--port={profile.Server.Port("submission")}", "--tls=on", "--tls-starttls=on", "--tls-certcheck=off",
            $"--auth={mechanism}", "--user=barbie", $"--passwordeval={password}", "--from=barbie@example.com", "--domain=client.test", "barbie@example.com",
        ],
        "Subject: x\n\nx\n"u8.ToArray());

    /// <summary>A server by <c>server.conf</c>, with an issuer of tokens, an authority for client certificates, and two accounts.</summary>
    public sealed class Profile : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();
        private readonly RSA _issuer = RSA.Create(2048);

        internal RunningServer Server { get; private set; } = null!;

        internal string Certificate => _folder["barbie.crt"];

        internal string Key => _folder["barbie.key"];

        internal string Password => _folder["password"];

        internal string Empty => _folder.Write("empty", "");

        public async Task InitializeAsync()
        {
            MakeCertificates();
            _folder.Write("password", "helloken\n");
            var public_ = _issuer.ExportParameters(false);
            var keys = _folder.Write("keys.json", $$"""{"keys":[{"kty":"RSA","kid":"k1","n":"{{Url(public_.Modulus!)}}","e":"{{Url(public_.Exponent!)}}"}]}""");
            var config = _folder.Write("server.conf", $$"""
                include classpath("server.conf")
                actorsmtp {
                  hostname = "mail.example.com"
                  domains = ["example.com"]
                  console.bind = ""
                  listeners {
                    mx.bind = "127.0.0.1:0"
                    submission.bind = "127.0.0.1:0"
                    submissions { bind = "127.0.0.1:0", client-ca = "{{_folder["ca.crt"]}}" }
                  }
                  auth {
                    allow-plaintext = loopback                  # gsasl comes without TLS
                    guesses.free-per-address = 1000             # all of these come from one address
                    guesses.free-per-account = 1000
                    oauth { issuer = "https://issuer.example", keys = "{{keys}}", audience = [smtp], scope = mail }
                  }
                }
                """);
            Directory.CreateDirectory(_folder["data"]);
            _folder.Write("data/users", $"{Line("barbie", "helloken")}\n{Line("shooki", "abcd1234")}\n{Line("ken", "x")}\n");
            Server = await RunningServer.Start(_folder["data"], "--config", config);
        }

        /// <summary>A file with a token for an address.</summary>
        internal string Token(string email)
        {
            var signed = $"{Url("""{"alg":"RS256","kid":"k1","typ":"at+jwt"}"""u8.ToArray())}."
                + Url(Encoding.UTF8.GetBytes($$"""
                    {"iss":"https://issuer.example","aud":["smtp"],"scope":"openid mail","email":"{{email}}","exp":{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}}}
                    """));
            var signature = _issuer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return _folder.Write($"{email}.token", $"{signed}.{Url(signature)}\n");
        }

        public async Task DisposeAsync()
        {
            await Server.DisposeAsync();
            _folder.Dispose();
        }

        private void MakeCertificates()
        {
            using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
            var now = DateTimeOffset.UtcNow;
            using var authority = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(9));
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var person = new CertificateRequest("CN=Barbie", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddEmailAddress("barbie@example.com");
            person.CertificateExtensions.Add(names.Build());
            person.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            using var made = person.Create(authority, now.AddDays(-1), now.AddDays(8), [1, 2, 3]);
            _folder.Write("ca.crt", authority.ExportCertificatePem() + "\n");
            _folder.Write("barbie.crt", made.ExportCertificatePem() + "\n");
            _folder.Write("barbie.key", key.ExportPkcs8PrivateKeyPem() + "\n");
        }

        private static string Line(string name, string password) =>
            $"{name}:{StoredPassword.Create(password, RandomNumberGenerator.GetBytes(16), StoredPassword.MinIterations).Format()}:";

        private static string Url(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
