using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// Logins: a few lines of a client to each mechanism. Never an exception, an end after a few steps, and nobody comes in by SCRAM whose proof is not
/// the one computed here from the RFC's formulas (RFC 5802 §3).
/// </summary>
internal sealed class SaslTarget : FuzzTarget
{
    private const string Nonce = "3rfcNHYJY1ZVvWVs7j";
    private const string Token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
    private const int MostSteps = 8;
    private static readonly byte[] Salt = Encoding.ASCII.GetBytes("0123456789abcdef");
    private static readonly StoredPassword Stored = StoredPassword.Create("pencil", Salt, StoredPassword.MinIterations);
    private static readonly byte[] Salted = Rfc2898DeriveBytes.Pbkdf2("pencil", Salt, StoredPassword.MinIterations, HashAlgorithmName.SHA256, 32);
    private static readonly ChannelBinding Binding = new("tls-server-end-point", new byte[] { 1, 2, 3, 4 });

    public override string Name => "sasl";

    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. Octets("PLAIN\nAHVzZXIAcGVuY2ls", "PLAIN\n\n=", "LOGIN\n\ndXNlcg==\ncGVuY2ls", "LOGIN\ndXNlcg==\n*", "EXTERNAL\n=", "EXTERNAL\n\ndXNlcg==",
            $"OAUTHBEARER\n{Base64($"n,a=user@example.com,\x01host=mx\x01port=587\x01auth=Bearer {Token}\x01\x01")}\nAQ==", $"OAUTHBEARER\n\n{Base64("n,,\x01auth=Bearer other\x01\x01")}\nAQ==",
            $"XOAUTH2\n{Base64($"user=user@example.com\x01auth=Bearer {Token}\x01\x01")}\n", $"XOAUTH2\n{Base64("user=u\x01auth=Bearer other\x01\x01")}\n\n"),
        .. new[] { true, false }.SelectMany(plus => new[] { true, false }.Select(initial => Encoding.Latin1.GetBytes(Dialogue(plus, initial)))),
    ];

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("PLAIN\n", "LOGIN\n", "EXTERNAL\n", "OAUTHBEARER\n", "XOAUTH2\n", Base64("n,,\x01auth=Bearer a\x01\x01"), Base64("auth=Bearer "), "AQ==", "SCRAM-SHA-256\n", "SCRAM-SHA-256-PLUS\n", "=", "*", "AAAA", "AA==", "biws", Base64("n,,n=user,r=abc"), Base64("y,,n=user,r=abc"),
        Base64("p=tls-server-end-point,,n=user,r=abcdefgh"), Base64("n,a=x=2Cy,n==3D,r=a"), Base64("c=biws,r=,p="), Base64("c=biws,r=" + Nonce + ",p=" + new string('A', 43) + "="))];

    public override void Try(byte[] input, Dice dice)
    {
        var lines = Encoding.Latin1.GetString(input).Split('\n');
        var plus = lines[0].EndsWith("PLUS", StringComparison.Ordinal);
        SaslServer server = lines[0] switch
        {
            "PLAIN" => new Plain.Server(),
            "LOGIN" => new Login.Server(),
            "EXTERNAL" => new External.Server(),
            "OAUTHBEARER" => new OAuthBearer.Server(new TokenHint("mail", "https://issuer.example/.well-known/openid-configuration")),
            "XOAUTH2" => new XOAuth2.Server(TokenHint.None),
            _ => new ScramSha256.Server(Nonce, plus ? Binding : null, plus),
        };
        var said = new List<string>();
        string? challenge = null;
        var next = 1;
        var first = next < lines.Length && lines[next].Length > 0 ? lines[next] : null;
        next++;
        var step = server.Start(first);
        said.Add(first ?? "");
        var granted = false;
        for (var steps = 0; ; steps++)
        {
            Hold(steps < MostSteps, "there is no end to it");
            switch (step)
            {
                case SaslStep.Challenge c:
                    challenge ??= c.Say.Text.Length > 0 ? c.Say.Text : null;
                    Hold(c.Say.Code == 334, "a challenge that is none");
                    if (next >= lines.Length)
                    {
                        return;
                    }

                    said.Add(lines[next]);
                    step = server.Next(Encoding.Latin1.GetBytes(lines[next++]));
                    break;
                case SaslStep.FindPassword find:
                    Hold(find.User.Length is > 0 and <= SaslServer.MaxName, "a name beyond its limit");
                    step = server.Resume(find.User == "user" ? Stored : StoredPassword.Decoy(find.User, Salt, StoredPassword.MinIterations));
                    break;
                case SaslStep.CheckPassword check:
                    Hold(Encoding.UTF8.GetByteCount(check.Credentials.User) <= SaslServer.MaxName && Encoding.UTF8.GetByteCount(check.Credentials.Password) <= SaslServer.MaxPassword, "beyond the limits");
                    Hold(!check.Credentials.User.Contains('\0', StringComparison.Ordinal), "a NUL in a name");
                    step = Judged(server, granted = check.Credentials is { User: "user", Password: "pencil" });
                    break;
                case SaslStep.CheckProof check:
                    Hold(!check.IsRight || check.User == "user", $"{check.User} has the right proof");
                    if (check.IsRight)
                    {
                        Prove(said.Where(l => l.Length > 0).ToList(), challenge!);
                    }

                    step = Judged(server, granted = check.IsRight);
                    break;
                case SaslStep.CheckToken check:
                    Hold(BearerToken.IsToken(check.Token.Token), "a token that is none");
                    step = Judged(server, granted = check.Token.Token == Token);
                    break;
                case SaslStep.CheckCertificate check:
                    Hold(check.AuthorizeAs is null || Encoding.UTF8.GetByteCount(check.AuthorizeAs) <= SaslServer.MaxName, "a name beyond its limit");
                    step = Judged(server, granted = dice.OneIn(2));
                    break;
                case SaslStep.Succeeded:
                    Hold(granted, "somebody came in whom nobody let in");
                    return;
                case SaslStep.Failed failed:
                    Hold(failed.Because.Code is >= 400 and < 600, $"failed with {failed.Because}");
                    return;
            }
        }
    }

    private static SaslStep Judged(SaslServer server, bool granted) => granted ? server.Grant() : server.Deny(Replies.BadCredentials);

    /// <summary>The proof by the formulas: ClientKey XOR HMAC(H(ClientKey), AuthMessage).</summary>
    private static void Prove(List<string> said, string serverFirst)
    {
        var clientFirst = Text(said[0]);
        var bare = clientFirst[(clientFirst.IndexOf(',', clientFirst.IndexOf(',', StringComparison.Ordinal) + 1) + 1)..];
        var final = Text(said[1]);
        var proofAt = final.LastIndexOf(",p=", StringComparison.Ordinal);
        var message = Encoding.UTF8.GetBytes($"{bare},{Text(serverFirst)},{final[..proofAt]}");
        var clientKey = HMACSHA256.HashData(Salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
        var proof = clientKey.Select((k, i) => (byte)(k ^ signature[i])).ToArray();
        Hold(final[(proofAt + 3)..] == Convert.ToBase64String(proof), "somebody came in by a wrong proof");
    }

    private static string Dialogue(bool plus, bool initial)
    {
        var client = new ScramSha256.Client(new Credentials("user", "pencil"), "fyko+d2lbbFgONRv9qkxdawL", plus ? Binding : null);
        var server = new ScramSha256.Server(Nonce, plus ? Binding : null, plus);
        var first = client.InitialResponse!;
        server.Start(first);
        var ask = (SaslStep.Challenge)server.Resume(Stored);
        var final = ((SaslAnswer.Send)client.Next(ask.Say.Text)).Line;
        return $"{server.Mechanism}\n{(initial ? first : "\n" + first)}\n{final}\n";
    }

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
