using System.Text.Json.Nodes;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Storage.Memory;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Debian's dkimpy takes what we sign in every form by every kind of key, one made by us and one of RFC 8463.</summary>
public sealed class BesideDkimpySigningTests
{
    // RFC 8463, A.2, in the form of RFC 8410.
    private const string Ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """;

    [SkippableTheory]
    [InlineData(DkimAlgorithm.RsaSha256)]
    [InlineData(DkimAlgorithm.Ed25519Sha256)]
    public void It_takes_every_form(DkimAlgorithm algorithm)
    {
        using var python = new DebianPython("dkim", "python3-dkim");
        var key = algorithm == DkimAlgorithm.RsaSha256 ? RsaPrivateKey.TryRead(new DkimKeys().Pem, out _)! : Ed25519Key();
        var signer = DkimSigner.TryMake("example.com", "s1", key, out _)!;
        var random = new Random(6 + (int)algorithm);
        foreach (var header in Enum.GetValues<Canonicalization>())
        {
            foreach (var body in Enum.GetValues<Canonicalization>())
            {
                var form = DkimSigningForm.Usual with { Header = header, Body = body, ExpiresAfter = TimeSpan.FromDays(7) };
                for (var i = 0; i < 15; i++)
                {
                    var message = MailByChance.Make(random);
                    using var read = new SignedMessage(DkimOptions.Usual, body);
                    read.Take(MailByChance.Octets(message));
                    var signed = signer.Sign(read.Complete(), form, DkimKeys.Now) + message;

                    var answer = python.Ask("dkim_verify", new JsonObject
                    {
                        ["message"] = Convert.ToBase64String(MailByChance.Octets(signed)),
                        ["txt"] = new JsonObject { [signer.KeyName.ToString()] = signer.KeyRecord },
                    });

                    Assert.True(answer["results"]!.AsArray() is [JsonValue one] && one.TryGetValue<bool>(out var passed) && passed, $"{answer}\n{signed}");
                }
            }
        }
    }

    private static DkimPrivateKey Ed25519Key()
    {
        using (new DebianPython("nacl", "python3-nacl"))
        {
        }

        try
        {
            return MemorySigningKeys.KeyOf(Ed25519);
        }
        catch (Storage.StoreException none)
        {
            throw new SkipException(none.Message);
        }
    }
}
