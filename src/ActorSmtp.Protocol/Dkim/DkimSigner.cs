using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// Signs messages for a domain by rsa-sha256, relaxed/relaxed (RFC 6376 §5). Ed25519 is verified but not signed with: .NET has none, and one of our own would show the key by
/// how long it takes. Safe from any thread; a signature of 2048 bits takes a processor about a millisecond.
/// </summary>
public sealed class DkimSigner
{
    private const int LeastBits = 1024;                             // RFC 8301 §3.2
    private const int MostFields = 200;
    private const int LineLength = 76;

    // §5.4.1: what a reader sees or acts on. The first are signed once more than they are there, so that none can be added.
    private static readonly string[] _always = ["From", "Reply-To", "Subject", "To", "Cc"];
    private static readonly string[] _present =
    [
        "Sender", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "In-Reply-To", "References",
        "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
    ];

    private readonly RSAParameters _key;

    private DkimSigner(string domain, string selector, RSAParameters key) => (Domain, Selector, _key) = (domain, selector, key);

    /// <summary>Whose signature it is (d=).</summary>
    public string Domain { get; }

    /// <summary>Which of its keys (s=).</summary>
    public string Selector { get; }

    /// <summary>The name of the key's record.</summary>
    public DnsName KeyName => DnsName.Parse($"{Selector}._domainkey.{Domain}");

    /// <summary>The key's record, as it belongs into the DNS: a TXT of this text, in strings of at most 255 characters.</summary>
    public string KeyRecord
    {
        get
        {
            using var rsa = RSA.Create(_key);
            return $"v=DKIM1; k=rsa; p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}";
        }
    }

    /// <summary>Makes a signer of a private key in PEM (PKCS #8 or PKCS #1); null, and what is wrong.</summary>
    public static DkimSigner? TryMake(string domain, string selector, ReadOnlySpan<char> pem, out string problem)
    {
        problem = "";
        var name = Smtp.DomainName.ToCanonical(domain);
        if (DnsName.TryParse(name) is not { IsHost: true } || DnsName.TryParse(selector) is not { IsHost: true } || DnsName.TryParse($"{selector}._domainkey.{name}") is null)
        {
            problem = $"{DkimSignature.Shown(selector)} and {DkimSignature.Shown(domain)} make no name of a key";
            return null;
        }

        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            if (rsa.KeySize < LeastBits)
            {
                problem = $"an RSA key of {rsa.KeySize} bits is worth nothing; make one of 2048";
                return null;
            }

            return new DkimSigner(name, selector.ToLowerInvariant(), rsa.ExportParameters(includePrivateParameters: true));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            problem = "it is no private RSA key in PEM without a password";
            return null;
        }
    }

    /// <summary>
    /// The field that goes in front of the message: folded, with its line end. Null where there is nothing to sign: the header is too long, or has no From.
    /// </summary>
    /// <param name="message">Whole; made with <see cref="Canonicalization.Relaxed"/> among its forms.</param>
    /// <param name="now">When it is signed.</param>
    public string? Sign(SignedMessage message, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.IsTooLong || message.Header.First("From") is null)
        {
            return null;
        }

        var fields = Fields(message.Header);
        var field = Fold(
            "DKIM-Signature:",
            [
                "v=1;", "a=rsa-sha256;", "c=relaxed/relaxed;", $"d={Domain};", $"s={Selector};",
                string.Create(CultureInfo.InvariantCulture, $"t={now.ToUnixTimeSeconds()};"),
                .. ("h=" + string.Join(':', fields) + ";").Split(':').Select((f, i) => i == 0 ? f : ":" + f),
                $"bh={Convert.ToBase64String(message.Body(Canonicalization.Relaxed, null).Hash)};",
            ],
            "b=");
        return field + SignHash(SignedHeader.Hash(message.Header, fields, Canonicalization.Relaxed, Encoding.ASCII.GetBytes(field), null)) + "\r\n";
    }

    /// <summary>The signature of a hash in base64, folded to go on behind <c>b=</c>.</summary>
    internal string SignHash(ReadOnlySpan<byte> hash)
    {
        using var rsa = RSA.Create(_key);
        var signature = Convert.ToBase64String(rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return string.Join("\r\n\t", signature.Chunk(LineLength - 4).Select(c => new string(c)));
    }

    /// <summary>The words in lines of a folded field; the last begins a line.</summary>
    internal static string Fold(string name, IEnumerable<string> words, string last)
    {
        var text = new StringBuilder(name);
        var length = name.Length;
        foreach (var word in words)
        {
            var follows = word.StartsWith(':');                     // of a list: no blank before it
            if (length + 1 + word.Length > LineLength)
            {
                text.Append("\r\n\t");
                length = 8;
            }
            else if (!follows)
            {
                text.Append(' ');
                length++;
            }

            text.Append(word);
            length += word.Length;
        }

        return text.Append("\r\n\t").Append(last).ToString();
    }

    /// <summary>The names for h=: as often as the field is there, and most once more.</summary>
    internal static List<string> Fields(HeaderList header)
    {
        var names = new List<string>();
        foreach (var name in _always.Concat(_present))
        {
            var times = Math.Min(header.All(name).Count(), MostFields);
            times += times > 0 || Array.IndexOf(_always, name) >= 0 ? 1 : 0;
            names.AddRange(Enumerable.Repeat(name.ToLowerInvariant(), Math.Min(times, MostFields - names.Count)));
        }

        return names;
    }
}
