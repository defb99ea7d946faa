using System.Text;
using System.Text.Json.Nodes;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Debian's dkimpy, in both directions, on messages made by chance.</summary>
public sealed class BesideDkimpyTests
{
    // RFC 8463, A.2
    private const string Seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    private const string PublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    [SkippableFact]
    public void It_takes_what_we_sign()
    {
        using var python = new DebianPython("dkim", "python3-dkim");
        var keys = new DkimKeys();
        var random = new Random(4);
        for (var i = 0; i < 100; i++)
        {
            var message = keys.Sign(MailByChance.Make(random));
            var answer = python.Ask("dkim_verify", new JsonObject
            {
                ["message"] = Convert.ToBase64String(MailByChance.Octets(message)),
                ["txt"] = new JsonObject { [keys.Signer.KeyName.ToString()] = keys.Signer.KeyRecord },
            });
            Assert.True(answer["results"]!.AsArray() is [JsonValue one] && one.GetValue<bool>(), $"{answer}\n{message}");
        }
    }

    [SkippableTheory]
    [InlineData("rsa-sha256", "simple", "simple")]
    [InlineData("rsa-sha256", "simple", "relaxed")]
    [InlineData("rsa-sha256", "relaxed", "simple")]
    [InlineData("rsa-sha256", "relaxed", "relaxed")]
    [InlineData("ed25519-sha256", "simple", "simple")]
    [InlineData("ed25519-sha256", "relaxed", "relaxed")]
    public async Task We_take_what_it_signs_and_of_what_is_spoilt_as_much_as_it_does(string algorithm, string header, string body)
    {
        using var python = new DebianPython("dkim", "python3-dkim");
        Skip.If(algorithm[0] == 'e' && !HasNacl(), "python3-nacl is not installed");
        var keys = new DkimKeys();
        var random = new Random(header.Length * body.Length);
        var record = algorithm[0] == 'e' ? $"v=DKIM1; k=ed25519; p={PublicKey}" : keys.Signer.KeyRecord;
        var zone = new TestZone();
        zone.Add(new TxtRecord(keys.Signer.KeyName, 60, [record]));
        var (passes, fails) = (0, 0);
        for (var i = 0; i < 60; i++)
        {
            var message = MailByChance.Make(random);
            var field = python.Ask("dkim_sign", new JsonObject
            {
                ["message"] = Convert.ToBase64String(MailByChance.Octets(message)),
                ["key"] = algorithm[0] == 'e' ? Convert.ToBase64String(Encoding.ASCII.GetBytes(Seed)) : Convert.ToBase64String(Encoding.ASCII.GetBytes(keys.Pem)),
                ["domain"] = "example.com",
                ["selector"] = "s1",
                ["algorithm"] = algorithm,
                ["forms"] = new JsonArray(header, body),
            })["field"]!.GetValue<string>();
            var signed = Encoding.Latin1.GetString(Convert.FromBase64String(field)) + message;
            var result = Assert.Single(await DkimKeys.VerifyAsync(signed, new ZoneResolver(zone)));
            Assert.True(result.Verdict == DkimVerdict.Pass, $"{result}\n{signed}");

            var spoilt = MailByChance.Spoil(signed, random);
            var answer = python.Ask("dkim_verify", new JsonObject
            {
                ["message"] = Convert.ToBase64String(MailByChance.Octets(spoilt)),
                ["txt"] = new JsonObject { ["s1._domainkey.example.com"] = record },
            });
            var theirs = answer["results"]!.AsArray() is [JsonValue only] && only.TryGetValue<bool>(out var passed) && passed;
            var ours = await DkimKeys.VerifyAsync(spoilt, new ZoneResolver(zone)) is [{ Verdict: DkimVerdict.Pass }];
            Assert.True(ours == theirs, $"ours: {ours}, dkimpy: {answer}\n{spoilt}");
            passes += ours ? 1 : 0;
            fails += ours ? 0 : 1;
        }

        Assert.True(passes > 3 && fails > 3, $"{passes} passed, {fails} failed");
    }

    private static bool HasNacl()
    {
        try
        {
            using var python = new DebianPython("nacl", "python3-nacl");
            return true;
        }
        catch (SkipException)
        {
            return false;
        }
    }
}
