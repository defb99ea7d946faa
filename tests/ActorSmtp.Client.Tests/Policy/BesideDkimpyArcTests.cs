using System.Text;
using System.Text.Json.Nodes;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Chains that dkimpy and we build by turns, each verified by the other.</summary>
public sealed class BesideDkimpyArcTests
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_takes_the_others_chain_and_sees_what_was_changed(bool weBegin)
    {
        using var python = new DebianPython("dkim", "python3-dkim");
        using var authres = new DebianPython("authres", "python3-authres");
        var keys = new DkimKeys();
        var message = "From: Ann <ann@example.com>\r\nTo: bob@b.test\r\nSubject: =?utf-8?q?x?=\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <a@b.test>\r\n\r\nhello \r\n\r\n";
        for (var i = 1; i <= 4; i++)
        {
            message = ((i % 2 == 1) == weBegin ? await Ours(keys, message) : Theirs(python, keys, message)) + message;
            var ours = await Check(keys, message);
            Assert.True(ours.Verdict == ArcVerdict.Pass, $"{i}: {ours}\n{message}");
            Assert.Equal(i, ours.Sealers.Length);
            Assert.Equal("pass", TheirWord(python, keys, message));

            var changed = message.Replace("hello", "hullo", StringComparison.Ordinal);
            Assert.Equal(ArcVerdict.Fail, (await Check(keys, changed)).Verdict);
            Assert.Equal("fail", TheirWord(python, keys, changed));
        }
    }

    private static async Task<string> Ours(DkimKeys keys, string message)
    {
        var chain = await Check(keys, message);
        using var read = Read(message, Canonicalization.Relaxed);
        return ArcSealer.Seal(keys.Signer, read, chain, Results(chain.Word), DkimKeys.Now)!;
    }

    /// <summary>dkimpy takes cv= from an Authentication-Results field of the message.</summary>
    private static string Theirs(DebianPython python, DkimKeys keys, string message)
    {
        var chain = message.Contains("ARC-Seal", StringComparison.Ordinal) ? "pass" : "none";
        var fields = python.Ask("arc_sign", new JsonObject
        {
            ["message"] = Convert.ToBase64String(Encoding.Latin1.GetBytes(Results(chain).ToField() + message)),
            ["txt"] = new JsonObject { [keys.Signer.KeyName.ToString()] = keys.Signer.KeyRecord },
            ["key"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(keys.Pem)),
            ["domain"] = "example.com",
            ["selector"] = "s1",
            ["server"] = "us.test",
            ["fields"] = new JsonArray("from", "to", "subject", "date", "message-id"),
        })["fields"]!.GetValue<string>();
        return Encoding.Latin1.GetString(Convert.FromBase64String(fields));
    }

    private static string TheirWord(DebianPython python, DkimKeys keys, string message) => python.Ask("arc_verify", new JsonObject
    {
        ["message"] = Convert.ToBase64String(Encoding.Latin1.GetBytes(message)),
        ["txt"] = new JsonObject { [keys.Signer.KeyName.ToString()] = keys.Signer.KeyRecord },
    })["cv"]!.GetValue<string>();

    private static AuthenticationResults Results(string chain) => new("us.test", [new MethodResult("arc", chain, null, null, [])]);

    private static async Task<ArcResult> Check(DkimKeys keys, string message)
    {
        using var read = Read(message);
        return await keys.Resolver.DecideAsync(new ArcCheck(read, DkimOptions.Usual, DkimKeys.Now));
    }

    private static SignedMessage Read(string message, params ReadOnlySpan<Canonicalization> forms)
    {
        var read = new SignedMessage(DkimOptions.Usual, forms);
        read.Take(Encoding.Latin1.GetBytes(message));
        return read.Complete();
    }
}
