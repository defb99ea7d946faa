using System.Text;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Policy.Milters;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Signing;

/// <summary>What aliases pass on is sealed with what was found when it came in; nothing else is.</summary>
public sealed class SealingTests
{
    private const string Mail = "From: Eve <eve@far.test>\nSubject: one\n\nHello\n";

    private static readonly string[] s_sets =
    [
        "arc.seal=on", "listeners.mx.checks=[\"spf=log\", \"dkim=log\", \"arc=log\", \"dmarc=log\"]", "outbound.routes.\"*\"=mx",
        "aliases.\"list@mx.test\"=[bob, \"x@far.test\"]", "aliases.\"home@mx.test\"=[bob]",
    ];

    [Fact]
    public async Task Mail_that_an_alias_passes_on_is_sealed_and_the_chain_is_whole()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, s_sets, ZoneResolver.Of("far.test 60 TXT \"v=spf1 -all\""));

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail, logsIn: false, from: "eve@far.test", to: "list@mx.test"));

        var stored = await server.ReadOnlyMessageAsync("bob");
        var chain = Verify(stored, keys);
        Assert.Equal((ArcVerdict.Pass, "mx.test"), (chain.Verdict, Assert.Single(chain.Sealers)));
        Assert.Contains("ARC-Authentication-Results: i=1; mx.test", stored, StringComparison.Ordinal);
        Assert.Contains("spf=fail smtp.mailfrom=eve@far.test", stored, StringComparison.Ordinal);
        Assert.Equal(ArcVerdict.Fail, Verify(stored.Replace("Hello", "hello", StringComparison.Ordinal), keys).Verdict);
    }

    /// <summary>A seal is over the message as it leaves: what filters change in it is sealed, not what came.</summary>
    [Theory]
    [InlineData("nothing")]
    [InlineData("fields that are not signed")]
    [InlineData("fields that are")]
    [InlineData("the body")]
    [InlineData("all of it")]
    public async Task What_a_milter_changes_is_sealed_as_it_is_then(string changes)
    {
        var transport = new MemoryTransport();
        await using var milter = new ScriptedMilter(transport);
        milter.Answer = (command, _) => command == 'E' ? [.. Changes(changes), ScriptedMilter.Word('c')] : [ScriptedMilter.Word('c')];
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(
            keys, [.. s_sets, "listeners.mx.milters=[one]", $"gatekeeping.milters.one.address=\"{milter.Address}\""], ZoneResolver.Of("far.test 60 TXT \"v=spf1 -all\""), transport);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail, logsIn: false, from: "eve@far.test", to: "list@mx.test"));

        var stored = await server.ReadOnlyMessageAsync("bob");
        Assert.Equal(changes is "the body" or "all of it", stored.Contains("Another body", StringComparison.Ordinal));
        Assert.Equal(changes is "fields that are" or "all of it", stored.Contains("Subject: two", StringComparison.Ordinal));
        Assert.Equal((ArcVerdict.Pass, ""), (Verify(stored, keys).Verdict, Verify(stored, keys).Reason));
    }

    private static IEnumerable<byte[]> Changes(string which)
    {
        if (which is "fields that are not signed" or "all of it")
        {
            yield return ScriptedMilter.Texts('h', null, "X-Spam", " no");
            yield return ScriptedMilter.Texts('i', 0, "X-Seen", " yes");
        }

        if (which is "fields that are" or "all of it")
        {
            yield return ScriptedMilter.Texts('m', 1, "Subject", " two");
            yield return ScriptedMilter.Texts('h', null, "To", " list@mx.test");
        }

        if (which is "the body" or "all of it")
        {
            yield return ScriptedMilter.Word('b', "Another body\r\n"u8);
            yield return ScriptedMilter.Word('b', "of two lines\r\n\r\n"u8);
        }
    }

    [Theory]
    [InlineData("bob@mx.test")]
    [InlineData("home@mx.test")]
    public async Task What_stays_here_is_not_sealed(string to)
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, s_sets, ZoneResolver.Of(""));

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail, logsIn: false, from: "eve@far.test", to: to));

        Assert.DoesNotContain("ARC-", await server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other.test", "")]
    [InlineData("mx.test", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=far.test; s=s1; t=1; b=AAAA\n")]
    public async Task Without_a_key_or_with_a_broken_chain_mail_goes_on_as_it_is(string domain, string seal)
    {
        var keys = await SigningServer.KeysOfAsync(domain);
        await using var server = await SigningServer.StartAsync(keys, s_sets, ZoneResolver.Of(""));

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, seal + Mail, logsIn: false, from: "eve@far.test", to: "list@mx.test"));

        Assert.DoesNotContain("ARC-Message-Signature", await server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    /// <summary>A header that is too long is not sealed; it costs the session nothing else.</summary>
    [Fact]
    public async Task Behind_a_header_that_is_too_long_the_session_seals_as_before()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, [.. s_sets, "aliases.\"long@mx.test\"=[ann, \"x@far.test\"]"], ZoneResolver.Of("far.test 60 TXT \"v=spf1 -all\""));
        var tooLong = string.Concat(Enumerable.Repeat("X-Many: a\n", 2100)) + Mail;

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, [(tooLong, "long@mx.test"), (Mail, "list@mx.test")], logsIn: false, from: "eve@far.test"));

        Assert.DoesNotContain("ARC-Seal", await server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);
        Assert.Equal(ArcVerdict.Pass, Verify(await server.ReadOnlyMessageAsync("bob"), keys).Verdict);
    }

    [Fact]
    public void Sealing_without_anybody_who_looks_at_chains_is_a_mistake()
    {
        var wrong = Assert.Throws<SettingsException>(() => TestMailServer.Settings(["arc.seal=on"]));

        Assert.Contains(wrong.Mistakes, m => m.Path == "actorsmtp.arc.seal" && m.ToString().Contains("no listener's checks name arc", StringComparison.Ordinal));
    }

    private static ArcResult Verify(string message, MemorySigningKeys keys)
    {
        using var read = new SignedMessage(DkimOptions.Usual);
        read.Take(Encoding.Latin1.GetBytes(message));
        var records = keys.LoadAsync([], CancellationToken.None).Result.Keys.ToDictionary(k => k.DnsName, k => k.Key.Record);
        var check = new ArcCheck(read.Complete(), DkimOptions.Usual, DateTimeOffset.UtcNow);
        for (var question = check.Begin(); question is not null;)
        {
            question = check.Continue(new DnsFound([new TxtRecord(question.Name, 60, [records[question.Name.ToString()]])], TimeSpan.FromMinutes(1)) { Name = question.Name });
        }

        return check.Result;
    }
}
