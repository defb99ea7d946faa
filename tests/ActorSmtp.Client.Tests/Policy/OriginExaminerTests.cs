using System.Net;
using System.Text.Json.Nodes;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>All checks of a message together: what they find, that they end, and what they ask at most.</summary>
public sealed class OriginExaminerTests
{
    private const string Plain = "From: Ann <ann@example.com>\r\nTo: bob@b.test\r\nSubject: x\r\n\r\nhello\r\n";

    private static readonly OriginSubject _subject = new(IPAddress.Parse("192.0.2.1"), "mx.example.com", Mailbox.TryParse("ann@example.com"));

    [SkippableFact]
    public async Task What_we_write_is_what_pythons_authres_reads()
    {
        using var python = new DebianPython("authres", "python3-authres");
        var keys = new DkimKeys();
        keys.Resolver.Zone.Add("""example.com 60 TXT "v=spf1 ip4:192.0.2.1 -all" """.Trim());
        keys.Resolver.Zone.Add("""_dmarc.example.com 60 TXT "v=DMARC1; p=reject" """.Trim());
        keys.Resolver.Zone.Add("1.2.0.192.in-addr.arpa 60 PTR mx.example.com");
        keys.Resolver.Zone.Add("mx.example.com 60 A 192.0.2.1");
        var signed = keys.Sign(Plain);
        var findings = await Examine(keys.Resolver, signed);
        var answer = python.Ask("authres", new JsonObject { ["field"] = findings.ToResults("us.test").ToField().TrimEnd() });
        Assert.Equal("us.test", answer["server"]!.GetValue<string>());
        Assert.Equal(
            ["iprev=pass policy.iprev=192.0.2.1", "spf=none smtp.helo=mx.example.com", "spf=pass smtp.mailfrom=ann@example.com",
                $"dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b={findings.Signatures[0].Signature!.Start}", "dmarc=pass header.from=example.com"],
            answer["results"]!.AsArray().Select(r => $"{r![0]}={r[1]}" + string.Concat(r[2]!.AsArray().Select(p => $" {p![0]}.{p[1]}={p[2]}"))));
    }

    /// <summary>Addresses, names and keys with characters that are none of a token.</summary>
    [SkippableTheory]
    [InlineData("2001:db8::1", "mx.example.com", "ann@example.com", "iprev=permerror policy.iprev=\"2001:db8::1\"")]
    [InlineData("::ffff:192.0.2.1", "[192.0.2.1]", "ann@example.com", "iprev=permerror policy.iprev=192.0.2.1")]
    [InlineData("192.0.2.1", "[IPv6:2001:db8::1]", "ann+tag=x@example.com", "spf=none smtp.helo=\"")]
    [InlineData("192.0.2.1", "a b;c(d", "\"ann; dkim=pass\"@example.com", "spf=none smtp.helo=\"")]
    public async Task Whatever_a_client_is_called_authres_reads_as_many_results_as_there_are(string address, string helo, string sender, string among)
    {
        using var python = new DebianPython("authres", "python3-authres");
        var keys = new DkimKeys();
        var findings = await Examine(keys.Resolver, keys.Sign(Plain), new OriginSubject(IPAddress.Parse(address), helo, Mailbox.TryParse(sender)));
        var field = findings.ToResults("us.test").ToField();
        var answer = python.Ask("authres", new JsonObject { ["field"] = field.TrimEnd() });
        Assert.Equal(5, answer["results"]!.AsArray().Count);
        Assert.Contains(among, field, StringComparison.Ordinal);
        Assert.Equal(5, AuthenticationResults.TryParse(field["Authentication-Results:".Length..])!.Results.Length);
    }

    [Fact]
    public async Task When_the_DNS_is_silent_it_ends_with_the_deadline_and_says_so()
    {
        var findings = await Examine(new Silence(), new DkimKeys().Sign(Plain), deadline: TimeSpan.FromMilliseconds(50));
        Assert.Equal("temperror", findings.Names!.Word);
        Assert.Equal((SpfVerdict.TempError, SpfVerdict.TempError), (findings.Helo!.Verdict, findings.Spf!.Verdict));
        Assert.Equal(DkimVerdict.TempError, Assert.Single(findings.Signatures).Verdict);
        Assert.Equal((DmarcVerdict.TempError, DmarcPolicy.None), (findings.Dmarc!.Verdict, findings.Dmarc.Applies));
    }

    /// <summary>Hundreds of signatures, a sender and a HELO whose records go on for ever, an address with hundreds of names.</summary>
    [Fact]
    public async Task A_message_that_attacks_costs_so_many_questions_and_no_more()
    {
        var keys = new DkimKeys();
        var signature = keys.Sign(Plain)[..^Plain.Length];
        var attack = string.Concat(Enumerable.Range(0, 300).Select(i => signature.Replace("s=s1;", $"s=s{i};", StringComparison.Ordinal))) + Plain;
        var resolver = new Endless();
        var findings = await Examine(resolver, attack);
        Assert.Equal(8, findings.Signatures.Length);
        Assert.Equal(292, findings.SurplusSignatures);
        Assert.Equal(SpfVerdict.PermError, findings.Spf!.Verdict);
        Assert.InRange(resolver.Asked, 1, 11 + 11 + 11 + 8 + 2);
        Assert.InRange(findings.ToResults("us.test").ToField().Length, 100, 4_000);
    }

    [Fact]
    public async Task A_chain_is_told_with_its_last_server()
    {
        var keys = new DkimKeys();
        using var read = new SignedMessage(DkimOptions.Usual, Canonicalization.Relaxed);
        read.Take(MailByChance.Octets(Plain));
        var set = ArcSealer.Seal(keys.Signer, read.Complete(), new ArcResult(ArcVerdict.None, "", [], false), new AuthenticationResults("list.test", []), DkimKeys.Now);
        Assert.Contains("arc=pass (i=1 by example.com)", (await Examine(keys.Resolver, set + Plain)).ToResults("us.test").ToField(), StringComparison.Ordinal);
        Assert.Contains("arc=fail (i=1 by example.com)", (await Examine(keys.Resolver, set + Plain + "x\r\n")).ToResults("us.test").ToField(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task From_nobody_the_name_of_HELO_counts()
    {
        var findings = await Examine(ZoneResolver.Of("""mx.example.com 60 TXT "v=spf1 ip4:192.0.2.1 -all" """.Trim()), Plain, _subject with { Sender = null });
        Assert.Contains("spf=pass smtp.helo=mx.example.com;", findings.ToResults("us.test").ToField(), StringComparison.Ordinal);
        Assert.DoesNotContain("smtp.mailfrom", findings.ToResults("us.test").ToField(), StringComparison.Ordinal);
    }

    private static async Task<OriginFindings> Examine(IResolver resolver, string mail, OriginSubject? subject = null, TimeSpan? deadline = null)
    {
        using var message = new SignedMessage(DkimOptions.Usual);
        message.Take(MailByChance.Octets(mail));
        var options = new OriginOptions("us.test", deadline ?? TimeSpan.FromMinutes(5), DkimOptions.Usual);
        return await new OriginExaminer(resolver, options, TimeProvider.System, () => 7).ExamineAsync(subject ?? _subject, message.Complete());
    }

    private sealed class Silence : IResolver
    {
        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            throw new InvalidOperationException();
        }
    }

    private sealed class Endless : IResolver
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            var number = Interlocked.Increment(ref _asked);
            return Task.FromResult<DnsOutcome>(new DnsFound(
                question.Type == DnsType.Ptr
                    ? [.. Enumerable.Range(0, 300).Select(i => new PointerRecord(question.Name, 60, DnsType.Ptr, DnsName.Parse($"n{i}.test")))]
                    : question.Type == DnsType.Txt ? [new TxtRecord(question.Name, 60, [$"v=spf1 include:i{number}.test -all"])]
                    : [new AddressRecord(question.Name, 60, IPAddress.Parse("198.51.100.1"))],
                TimeSpan.FromSeconds(60))
            { Name = question.Name });
        }
    }
}
