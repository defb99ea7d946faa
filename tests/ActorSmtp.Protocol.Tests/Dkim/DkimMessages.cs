using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Tests.Dkim;

/// <summary>Messages, keys, and the check of both without a resolver.</summary>
internal static class DkimMessages
{
    public const string FootballKey = SignedExample.Key;

    public const string Ed25519Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    public const string RsaKey = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC"
        + "/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

    /// <summary>RFC 6376, A.2.</summary>
    public static string Rfc6376 => SignedExample.Message;

    /// <summary>RFC 8463, A.3: one signature of each kind.</summary>
    public static string Rfc8463 { get; } = Lines("""
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :
         subject : date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
         Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
        DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=test; t=1528637909; h=from : to : subject :
         date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
         DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
         dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game.  Are you hungry yet?

        Joe.

        """);

    /// <summary>A message that nobody signed yet.</summary>
    public static string Plain { get; } = Rfc6376[Rfc6376.IndexOf("From:", StringComparison.Ordinal)..];

    private static readonly RSA _rsa = RSA.Create(2048);

    /// <summary>A signer of ours.</summary>
    public static DkimSigner Signer { get; } = DkimSigner.TryMake("example.com", "s1", _rsa.ExportPkcs8PrivateKeyPem(), out _)!;

    public static DateTimeOffset Now { get; } = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    public static string Lines(string text) => text.ReplaceLineEndings("\r\n");

    /// <summary>A message with our signature in front.</summary>
    public static string Signed(string message) => Signer.Sign(Read(message, DkimOptions.Usual, 0, Canonicalization.Relaxed), Now) + message;

    /// <summary>A message streamed by in pieces of so many octets; 0: in one.</summary>
    public static SignedMessage Read(string message, DkimOptions options, int piece = 0, params ReadOnlySpan<Canonicalization> forms)
    {
        var read = new SignedMessage(options, forms);
        var octets = Encoding.Latin1.GetBytes(message);
        for (var at = 0; at < octets.Length; at += piece == 0 ? octets.Length : piece)
        {
            read.Take(octets.AsSpan(at, Math.Min(piece == 0 ? octets.Length : piece, octets.Length - at)));
        }

        return read.Complete();
    }

    /// <summary>The results of a message's signatures, with these key records (by name without the domain's end).</summary>
    public static IReadOnlyList<DkimResult> Verify(string message, Func<DnsName, DnsOutcome> keys, DkimOptions? options = null, int piece = 0, DateTimeOffset? now = null)
    {
        using var read = Read(message, options ?? DkimOptions.Usual, piece);
        return [.. DkimCheck.Of(read, options ?? DkimOptions.Usual, now ?? Now).Select(check =>
        {
            var question = check.Begin();
            if (question is not null)
            {
                Assert.Equal(DnsType.Txt, question.Type);
                Assert.Null(check.Continue(keys(question.Name)));
            }

            return check.Result;
        })];
    }

    /// <summary>The only result, with one key for whatever is asked for.</summary>
    public static DkimResult VerifyOne(string message, string key, DkimOptions? options = null, DateTimeOffset? now = null) =>
        Assert.Single(Verify(message, name => Found(name, key), options, 0, now));

    public static DnsOutcome Found(DnsName name, params string[] texts) =>
        new DnsFound([.. texts.Select(t => new TxtRecord(name, 60, [t]))], TimeSpan.FromMinutes(1)) { Name = name };
}
