using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Harness.Composition;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Storage;

namespace ActorSmtp.Harness;

/// <summary>
/// An SMTP server inside the test: the real one, on a free port of this machine, with a temporary folder that goes with it.
/// <code>
/// await using var smtp = await ActorSmtpServer.StartAsync();
/// await app.SignUpAsync("bob@example.com", mailServer: smtp.Host, smtp.Port);
/// var mail = await smtp.WaitForMessageAsync(to: "bob@example.com", subject: "Confirm");
/// Assert.Equal("493817", mail.Code);
/// </code>
/// </summary>
/// <remarks>
/// Mail for every address is taken and stays here; any login is right. One server can serve many tests at once where each leases an inbox of
/// its own (<see cref="LeaseInbox"/>); a server for each test works as well. For any number of callers at once.
/// </remarks>
public sealed class ActorSmtpServer : Inbox, IAsyncDisposable
{
    private const string Letters = "23456789abcdefghjkmnpqrstuvwxyz";

    private readonly HarnessHost _host;
    private readonly string _domain;

    private ActorSmtpServer(HarnessHost host)
        : base(host, account: null)
    {
        _host = host;
        _domain = host.Settings.TestInbox.Domain is { Length: > 0 } domain ? domain : host.Settings.Domains.FirstOrDefault(d => d != "*") ?? "inbox.test";
        Port = host.EndPoint.Port;
        Host = host.EndPoint.Address.ToString();
        Console = host.Console?.Address;
        if (host.Options.Tls != SmtpTls.Off && host.Server.ConsoleTls?.Certificate(host.Settings.Hostname)?.Context.TargetCertificate is { } own)
        {
            Certificate = X509CertificateLoader.LoadCertificate(own.RawData);
        }

        Scenarios = new MailScenarios(host, new ScenarioTarget(Listener: host.Server.Listeners[0].Name));
    }

    /// <summary>The address that clients connect to, such as <c>127.0.0.1</c>.</summary>
    public string Host { get; }

    /// <summary>The port that clients connect to.</summary>
    public int Port { get; }

    /// <summary>Both in one: <c>127.0.0.1:40123</c>.</summary>
    public string Address => $"{Host}:{Port}";

    /// <summary>The web console and its HTTP API; null where <see cref="ActorSmtpOptions.Console"/> is not set.</summary>
    public Uri? Console { get; }

    /// <summary>The self-signed certificate for <c>localhost</c>, to be trusted by the client under test; null without TLS.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Misbehaviour towards every client.</summary>
    public override MailScenarios Scenarios { get; }

    /// <summary>Where everything of it is kept.</summary>
    internal string Folder => _host.Folder;

    /// <summary>Starts a server as it is by itself.</summary>
    /// <exception cref="ActorSmtpStartException">It cannot; says why.</exception>
    public static Task<ActorSmtpServer> StartAsync(CancellationToken cancellation = default) => StartAsync(new ActorSmtpOptions(), cancellation);

    /// <summary>Starts a server as the test wants it.</summary>
    /// <exception cref="ActorSmtpStartException">The options are wrong, or it cannot start; says why.</exception>
    public static async Task<ActorSmtpServer> StartAsync(ActorSmtpOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ActorSmtpServer(await HarnessHost.StartAsync(options, cancellation).ConfigureAwait(false));
    }

    /// <summary>
    /// An inbox that nobody else has: an address, a login for it, its own mail and scenarios, until it is disposed. Tests that run at once on one
    /// server never meet.
    /// </summary>
    /// <param name="prefix">How the address begins, to make it readable: letters, digits, <c>-</c> and <c>_</c>, at most 32.</param>
    public LeasedInbox LeaseInbox(string? prefix = null)
    {
        ObjectDisposedException.ThrowIf(_host.IsDisposed, this);
        if (prefix is not null && (prefix.Length is 0 or > 32 || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            throw new ArgumentException("expected up to 32 letters, digits, - and _", nameof(prefix));
        }

        var password = RandomNumberGenerator.GetString(Letters, 24);
        while (true)
        {
            var id = RandomNumberGenerator.GetString(Letters, 12);
            var address = $"{(prefix is null ? "" : prefix.ToLowerInvariant() + "-")}{id}@{_domain}";
            if (_host.Server.Lent.TryLend(new UserAccount(address, HarnessHost.Verifier(password), [], Disabled: false, Admin: false)))
            {
                return new LeasedInbox(_host, id, address, password);
            }
        }
    }

    /// <summary>Ends it: accepts no more, lets go of everything, removes the temporary folder. Waits that go on end with an <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync().ConfigureAwait(false);
        Certificate?.Dispose();
    }

    /// <summary>Where it listens.</summary>
    public override string ToString() => Address;
}
