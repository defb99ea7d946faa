using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ActorSmtp.Transport.Tests.Web;

/// <summary>Documents over https, of names that others may have chosen.</summary>
public sealed class WebDocumentsTests
{
    private const string Good = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

    [Fact]
    public async Task It_is_read_from_where_the_resolver_says() => Assert.Equal("hi", await Read(Good));

    [Theory]
    [InlineData("other.test", Good, "RemoteCertificateNameMismatch")]
    [InlineData("mta-sts.far.test", "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", "the answer is 301")]
    [InlineData("mta-sts.far.test", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", "the document is text/html")]
    [InlineData("mta-sts.far.test", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "of no kind")]
    [InlineData("mta-sts.far.test", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 101\r\n\r\n", "more than 100 octets")]
    public async Task What_is_not_right_is_refused(string certificate, string answer, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAnyAsync<IOException>(() => Read(answer, certificate))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused() =>
        await Assert.ThrowsAnyAsync<IOException>(() => Read(Good, isTrusted: false));

    [Fact]
    public async Task A_name_that_leads_nowhere_we_go_is_not_reached()
    {
        using var web = new WebDocuments(new WebOptions { MostOctets = 100, Within = TimeSpan.FromSeconds(30), Resolve = (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([]) });
        var wrong = await Assert.ThrowsAnyAsync<IOException>(() => web.ReadAsync(new Uri("https://inner.test/"), default));
        Assert.Contains("no address that may be used", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task<string> Read(string answer, string name = "mta-sts.far.test", bool isTrusted = true)
    {
        using var certificate = Certificate(name);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Serve();
        using var web = new WebDocuments(new WebOptions
        {
            MostOctets = 100,
            Within = TimeSpan.FromSeconds(30),
            MediaType = "text/plain",
            RequiresMediaType = true,
            Resolve = (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Loopback]),
            TrustedRoots = isTrusted ? [certificate] : [],
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
        });
        try
        {
            return Encoding.UTF8.GetString((await web.ReadAsync(new Uri("https://mta-sts.far.test/.well-known/mta-sts.txt"), default)).Span);
        }
        finally
        {
            web.Dispose();
            await serving;
        }

        async Task Serve()
        {
            using var peer = await listener.AcceptTcpClientAsync();
            await using var stream = new SslStream(peer.GetStream());
            var asked = new byte[4096];
            try
            {
                await stream.AuthenticateAsServerAsync(certificate);
                _ = await stream.ReadAsync(asked);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                while (await stream.ReadAsync(asked) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // It had enough.
            }
        }
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
