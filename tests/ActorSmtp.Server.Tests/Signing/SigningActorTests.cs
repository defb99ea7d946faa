using System.Collections.Concurrent;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Signing;

/// <summary>Keys that come, go and take over while the server runs.</summary>
public sealed class SigningActorTests
{
    private const string Mail = "From: ann@mx.test\n\nHello\n";

    [Fact]
    public async Task A_key_that_is_made_while_the_server_runs_signs_and_one_that_is_taken_away_does_not()
    {
        var keys = new MemorySigningKeys();
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission);

        await SigningServer.SendAsync(server, Mail);
        var made = await keys.MakeAsync("mx.test", "s1", DkimAlgorithm.RsaSha256, 2048, DateTimeOffset.UnixEpoch, CancellationToken.None);
        await LookAsync(server, "s1._domainkey.mx.test (rsa-sha256) signs now");
        await SigningServer.SendAsync(server, Mail);
        await keys.RemoveAsync(made, CancellationToken.None);
        await LookAsync(server, "s1._domainkey.mx.test signs no more");
        await SigningServer.SendAsync(server, Mail);

        await SessionHarness.Until(() => All(server).Length == 3, "three messages");
        Assert.Equal([0, 1, 0], All(server).Order().ToArray() is [0, 0, 1] ? [0, 1, 0] : All(server));
    }

    [Fact]
    public async Task What_is_wrong_with_a_key_is_told_once_and_again_when_somebody_asks()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        keys.Say("x.pem: it is no key");
        await using var server = await SigningServer.StartAsync(keys, [.. SigningServer.Submission, "dkim.look-every=1s"]);

        await SessionHarness.Until(() => Told(server, "x.pem: it is no key") == 1, "it is told");
        await LookAsync(server, "x.pem: it is no key", times: 2);
        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));
    }

    [Fact]
    public async Task A_key_takes_over_once_its_record_is_in_the_DNS_and_the_log_says_why_not_before()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        var dns = new Records();
        await keys.MakeAsync("mx.test", "s2", DkimAlgorithm.RsaSha256, 2048, DateTimeOffset.UtcNow.AddMinutes(-1), CancellationToken.None);
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission, dns);

        await LookAsync(server, "s2._domainkey.mx.test is to sign and does not yet, the one before it goes on: there is no such record");
        Assert.Equal("s1", await SelectorAsync(server, keys));

        dns.Texts["s2._domainkey.mx.test"] = (await keys.LoadAsync([], CancellationToken.None)).Keys[0].Key.Record;
        await LookAsync(server, "goes on: the record there is another key's");
        Assert.Equal("s1", await SelectorAsync(server, keys));

        dns.Texts["s2._domainkey.mx.test"] = (await keys.LoadAsync([], CancellationToken.None)).Keys[1].Key.Record;
        await LookAsync(server, "s2._domainkey.mx.test (rsa-sha256) signs now");
        Assert.Equal("s2", await SelectorAsync(server, keys));
    }

    [Fact]
    public async Task Without_check_dns_and_without_a_resolver_a_key_takes_over_in_its_time()
    {
        foreach (var (sets, dns) in new (string[], Records?)[] { (["dkim.check-dns=off"], new Records()), ([], null) })
        {
            var keys = await SigningServer.KeysOfAsync("mx.test");
            await keys.MakeAsync("mx.test", "s2", DkimAlgorithm.RsaSha256, 2048, DateTimeOffset.UtcNow.AddMinutes(-1), CancellationToken.None);
            await using var server = await SigningServer.StartAsync(keys, [.. SigningServer.Submission, .. sets], dns);

            Assert.Equal("s2", await SelectorAsync(server, keys));
            Assert.True(dns is null || dns.Asked.IsEmpty);
        }
    }

    [Fact]
    public async Task One_that_took_over_long_ago_needs_no_DNS_to_go_on()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        var dns = new Records();
        await keys.MakeAsync("mx.test", "s2", DkimAlgorithm.RsaSha256, 2048, DateTimeOffset.UtcNow.AddDays(-8), CancellationToken.None);
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission, dns);

        Assert.Equal("s2", await SelectorAsync(server, keys));
        Assert.Empty(dns.Asked);
    }

    /// <summary>Has the keys looked at, until the log says what is expected.</summary>
    private static Task LookAsync(TestMailServer server, string expected, int times = 1) => SessionHarness.Until(
        () =>
        {
            server.Server.LookAtSigningKeys();
            return Told(server, expected) >= times;
        },
        expected);

    private static int Told(TestMailServer server, string words) => server.Log.All.Count(l => l.Contains(words, StringComparison.Ordinal));

    /// <summary>Sends a message; who signed it.</summary>
    private static async Task<string> SelectorAsync(TestMailServer server, MemorySigningKeys keys)
    {
        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));
        await SessionHarness.Until(() => server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToBlockingEnumerable().Any(), "a message");
        var key = server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToBlockingEnumerable().First().Key;
        var stored = await server.ReadOnlyMessageAsync("bob");
        await server.Stores.Mailboxes.DeleteAsync("bob", key, CancellationToken.None);
        var result = Assert.Single(SigningServer.Verify(stored, keys));
        Assert.Equal(DkimVerdict.Pass, result.Verdict);
        return result.Signature!.Selector;
    }

    /// <summary>How many signatures each message of bob has.</summary>
    private static int[] All(TestMailServer server) => [.. server.Stores.Mailboxes.ListAsync("bob", CancellationToken.None).ToBlockingEnumerable().Select(m =>
    {
        using var reader = new StreamReader(server.Stores.Mailboxes.OpenAsync("bob", m.Key, CancellationToken.None).Result!);
        return reader.ReadToEnd().Split("DKIM-Signature:").Length - 1;
    })];

    /// <summary>A DNS that changes while it is asked.</summary>
    private sealed class Records : IResolver
    {
        public ConcurrentDictionary<string, string> Texts { get; } = [];

        public ConcurrentQueue<string> Asked { get; } = [];

        public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            Asked.Enqueue(question.Name.ToString());
            return Task.FromResult<DnsOutcome>(Texts.TryGetValue(question.Name.ToString(), out var text)
                ? new DnsFound([new TxtRecord(question.Name, 60, [text])], TimeSpan.FromMinutes(1)) { Name = question.Name }
                : new DnsNoName(TimeSpan.FromMinutes(1)) { Name = question.Name });
        }
    }
}
