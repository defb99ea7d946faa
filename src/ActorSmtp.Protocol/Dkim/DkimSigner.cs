using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// Signs messages for a domain (RFC 6376 §5) by one of its keys. Safe from any thread; a signature by an RSA key of 2048 bits takes a processor about a millisecond.
/// </summary>
public sealed class DkimSigner
{
    private const int MostFields = 200;
    private const int LineLength = 76;

    private readonly DkimPrivateKey _key;

    private DkimSigner(string domain, string selector, DkimPrivateKey key) => (Domain, Selector, _key) = (domain, selector, key);

    /// <summary>Whose signature it is (d=).</summary>
    public string Domain { get; }

    /// <summary>Which of its keys (s=).</summary>
    public string Selector { get; }

    /// <summary>What it signs by.</summary>
    public DkimAlgorithm Algorithm => _key.Algorithm;

    /// <summary>The name of the key's record.</summary>
    public DnsName KeyName => DnsName.Parse($"{Selector}._domainkey.{Domain}");

    /// <summary>The key's record, as it belongs into the DNS: a TXT of this text, in strings of at most 255 characters.</summary>
    public string KeyRecord => _key.Record;

    /// <summary>Makes a signer of a key; null, and what is wrong, where domain and selector make no name of one.</summary>
    public static DkimSigner? TryMake(string domain, string selector, DkimPrivateKey key, out string problem)
    {
        ArgumentNullException.ThrowIfNull(key);
        problem = ProblemOf(domain, selector);
        return problem.Length == 0 ? new DkimSigner(Smtp.DomainName.ToCanonical(domain), Smtp.DomainName.ToCanonical(selector), key) : null;
    }

    /// <summary>Makes a signer of a private RSA key in PEM (PKCS #8 or PKCS #1); null, and what is wrong.</summary>
    public static DkimSigner? TryMake(string domain, string selector, ReadOnlySpan<char> pem, out string problem)
    {
        problem = ProblemOf(domain, selector);
        return problem.Length == 0 && RsaPrivateKey.TryRead(pem, out problem) is { } key ? TryMake(domain, selector, key, out problem) : null;
    }

    /// <summary>The usual signature.</summary>
    public string? Sign(SignedMessage message, DateTimeOffset now) => Sign(message, DkimSigningForm.Usual, now);

    /// <summary>
    /// The field that goes in front of the message: folded, with its line end. Null where there is nothing to sign: the header is too long, or has no From.
    /// </summary>
    /// <param name="message">Whole; made with the form's canonicalization of the body among its forms.</param>
    /// <param name="form">How.</param>
    /// <param name="now">When it is signed.</param>
    public string? Sign(SignedMessage message, DkimSigningForm form, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(form);
        if (message.IsTooLong || message.Header.First("From") is null)
        {
            return null;
        }

        var fields = Fields(message.Header, form);
        var made = now.ToUnixTimeSeconds();
        var expires = form.ExpiresAfter > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $" x={made + (long)form.ExpiresAfter.TotalSeconds};") : "";
        var field = Fold(
            "DKIM-Signature:",
            [
                "v=1;", $"a={_key.AlgorithmWord};", $"c={form.Word};", $"d={Domain};", $"s={Selector};",
                string.Create(CultureInfo.InvariantCulture, $"t={made};{expires}"),
                .. ("h=" + string.Join(':', fields) + ";").Split(':').Select((f, i) => i == 0 ? f : ":" + f),
                $"bh={Convert.ToBase64String(message.Body(form.Body, null).Hash)};",
            ],
            "b=");
        return field + SignHash(SignedHeader.Hash(message.Header, fields, form.Header, Encoding.ASCII.GetBytes(field), null)) + "\r\n";
    }

    /// <summary>The signature of a hash in base64, folded to go on behind <c>b=</c>.</summary>
    internal string SignHash(ReadOnlySpan<byte> hash) =>
        string.Join("\r\n\t", Convert.ToBase64String(_key.Sign(hash)).Chunk(LineLength - 4).Select(c => new string(c)));

    private static string ProblemOf(string domain, string selector)
    {
        var (name, which) = (Smtp.DomainName.ToCanonical(domain), Smtp.DomainName.ToCanonical(selector));
        return DnsName.TryParse(name) is not { IsHost: true } || DnsName.TryParse(which) is not { IsHost: true } || DnsName.TryParse($"{which}._domainkey.{name}") is null
            ? $"{DkimSignature.Shown(selector)} and {DkimSignature.Shown(domain)} make no name of a key"
            : "";
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

    /// <summary>The names for h=: as often as the field is there and once more, and some also where it is not.</summary>
    internal static List<string> Fields(HeaderList header, DkimSigningForm form)
    {
        var names = new List<string>();
        Add(form.Always, least: 1);
        Add(form.Present, least: 0);
        return names;

        void Add(ImmutableArray<string> some, int least)
        {
            foreach (var name in some)
            {
                var times = header.All(name).Count();
                times = times > 0 ? times + 1 : least;
                names.AddRange(Enumerable.Repeat(name.ToLowerInvariant(), Math.Min(times, MostFields - names.Count)));
            }
        }
    }
}
