using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Tests.Dkim;

namespace ActorSmtp.Protocol.Tests.Arc;

/// <summary>Chains that are whole, and every way in which they are not (RFC 8617 §5).</summary>
public sealed class ArcCheckTests
{
    private int _asked;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50)]
    public void A_chain_of_our_own_passes(int sets)
    {
        var chained = Chained(sets);
        var result = Check(chained);
        Assert.Equal((ArcVerdict.Pass, ""), (result.Verdict, result.Reason));
        Assert.Equal(sets, result.Sealers.Length);
        Assert.Equal(2, _asked);                                    // one key: for the signature, for all seals
        Assert.Equal(sets == 50, Sealed(chained, result) is null);
    }

    [Theory]
    [InlineData("From: Joe", "From: Eve", "message signature")]
    [InlineData("We lost", "We won", "body was changed")]
    [InlineData("i=1; us.test", "i=1; eve.test", "seal 2")]
    [InlineData("cv=none", "cv=pass", "seal 1 says cv=pass")]
    [InlineData("cv=pass", "cv=none", "seal 2 says cv=none")]
    [InlineData("cv=pass", "cv=fail", "was broken already")]
    [InlineData("cv=pass", "cv=maybe", "cv= makes no sense")]
    [InlineData("cv=pass;", "cv=pass; h=from;", "what it signs")]
    [InlineData("ARC-Seal: i=1", "X-Seal: i=1", "set 1 is not whole")]
    [InlineData("ARC-Seal: i=2", "ARC-Seal: i=3", "set 2 is not whole")]
    [InlineData("ARC-Seal: i=2", "ARC-Seal: i=1", "two fields")]
    [InlineData("ARC-Seal: i=2", "ARC-Seal: i=0", "instance")]
    [InlineData("ARC-Seal: i=2", "ARC-Seal: i=51", "instance")]
    [InlineData("ARC-Seal: i=2", "ARC-Seal: j=2", "instance")]
    [InlineData("ARC-Message-Signature: i=2; a=rsa-sha256", "ARC-Message-Signature: i=2; a=rsa-sha1", "RFC 8301")]
    [InlineData("ARC-Authentication-Results: i=1;", "ARC-Authentication-Results: i=01;", "seal 2")]
    [InlineData("\r\nFrom:", "\r\nX-New: x\r\nFrom:", "")]
    public void A_chain_that_was_touched(string from, string to, string why)
    {
        var chained = Chained(2);
        Assert.Contains(from, chained, StringComparison.Ordinal);
        var result = Check(chained.Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(why.Length == 0 ? ArcVerdict.Pass : ArcVerdict.Fail, result.Verdict);
        Assert.Contains(why, result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_a_chain_is_not_asked_about() => Assert.Equal((ArcVerdict.None, 0), (Check(DkimMessages.Plain).Verdict, _asked));

    [Fact]
    public void A_broken_chain_is_not_gone_on_with()
    {
        var broken = Chained(1).Replace("We lost", "We won", StringComparison.Ordinal);
        Assert.Null(Sealed(broken, Check(broken)));
        Assert.Null(Sealed(DkimMessages.Plain, new ArcResult(ArcVerdict.Pass, "", [], false)));
    }

    [Fact]
    public void A_key_that_cannot_be_looked_up_now_is_a_failure_that_may_pass()
    {
        var result = Check(Chained(1), name => new DnsFailed(DnsFailure.NoAnswer, "", default) { Name = name });
        Assert.Equal((ArcVerdict.Fail, true), (result.Verdict, result.IsTemporary));
        Assert.False(Check(Chained(1), name => new DnsNoName(default) { Name = name }).IsTemporary);
    }

    [Fact]
    public void Hundreds_of_sets_ask_nobody()
    {
        var flood = string.Concat(Enumerable.Range(1, 300).Select(i => $"ARC-Seal: i={i}; a=rsa-sha256; cv=pass; d=a.test; s=s; b=AAAA\r\nARC-Message-Signature: i={i}; b=\r\nARC-Authentication-Results: i={i}; a.test\r\n"));
        Assert.Equal((ArcVerdict.Fail, 0), (Check(flood + DkimMessages.Plain).Verdict, _asked));
    }

    /// <summary>A message that passed through so many servers, each with the same key.</summary>
    private string Chained(int sets)
    {
        var message = DkimMessages.Plain;
        for (var i = 0; i < sets; i++)
        {
            message = Sealed(message, i == 0 ? new ArcResult(ArcVerdict.None, "", [], false) : new ArcResult(ArcVerdict.Pass, "", [], false)) + message;
        }

        return message;
    }

    private static string? Sealed(string message, ArcResult chain)
    {
        using var read = DkimMessages.Read(message, DkimOptions.Usual, 0, Canonicalization.Relaxed);
        return ArcSealer.Seal(DkimMessages.Signer, read, chain, new AuthenticationResults("us.test", [new MethodResult("arc", chain.Word, null, null, [])]), DkimMessages.Now);
    }

    private ArcResult Check(string message, Func<DnsName, DnsOutcome>? keys = null)
    {
        using var read = DkimMessages.Read(message, DkimOptions.Usual);
        var check = new ArcCheck(read, DkimOptions.Usual, DkimMessages.Now);
        for (var question = check.Begin(); question is not null;)
        {
            _asked++;
            question = check.Continue((keys ?? (name => DkimMessages.Found(name, DkimMessages.Signer.KeyRecord)))(question.Name));
        }

        return check.Result;
    }
}
