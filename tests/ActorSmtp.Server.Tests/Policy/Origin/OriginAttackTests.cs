using System.Text;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>Mail that is made to be costly: what is asked, held and said stays within bounds.</summary>
public sealed class OriginAttackTests
{
    private const string All = "\"iprev=tag\",\"spf=tag\",\"dkim=tag\",\"arc=tag\",dmarc";
    private const string Mail = "From: Ann <ann@example.com>\r\nSubject: one\r\n\r\nHello\r\n";

    [Fact]
    public async Task Hundreds_of_signatures_a_chain_of_fifty_and_records_that_go_on_for_ever_cost_so_many_questions()
    {
        var world = new OriginWorld();
        var signature = world.Signed(Mail)[..^Mail.Length];
        var attack = new StringBuilder();
        for (var i = 0; i < 300; i++)
        {
            attack.Append(signature.Replace("s=s1;", $"s=s{i};", StringComparison.Ordinal));
        }

        for (var i = 50; i >= 1; i--)
        {
            attack.Append($"ARC-Seal: i={i}; a=rsa-sha256; cv={(i == 1 ? "none" : "pass")}; d=d{i}.evil.test; s=s; b=AAAA\r\n")
                .Append($"ARC-Message-Signature: i={i}; a=rsa-sha256; c=relaxed/relaxed; d=d{i}.evil.test; s=s; h=from; bh=AAAA; b=AAAA\r\n")
                .Append($"ARC-Authentication-Results: i={i}; evil.test; dmarc=pass\r\n");
        }

        var resolver = new EndlessResolver();
        await using var server = await OriginWorld.StartAsync(All, resolver);

        Assert.EndsWith("250 2.0.0, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(attack.Append(Mail).ToString(), "a@s.evil.test", helo: "h.evil.test")), StringComparison.Ordinal);

        Assert.InRange(resolver.Asked, 1, 11 + 11 + 11 + 8 + 2 + 51);
        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.InRange(stored.IndexOf("Received:", StringComparison.Ordinal), 100, 4_000);
        Assert.Contains(server.Server.Log.All, l => l.Contains("292 more signatures are not looked at", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("X", 200_000, "250 2.0.0")]
    [InlineData("X", 300_000, "552 5.3.4")]                         // From stands behind what is looked at
    [InlineData("From", 200_000, "550 5.7.1")]                      // two of them
    [InlineData("DKIM-Signature", 200_000, "250 2.0.0")]
    [InlineData("ARC-Seal", 200_000, "250 2.0.0")]
    [InlineData("Authentication-Results", 200_000, "250 2.0.0")]
    public async Task A_field_of_any_size_is_judged_and_told_of_in_a_few_words(string name, int octets, string reply)
    {
        await using var server = await new OriginWorld().StartAsync(All);
        var line = "v=1; " + string.Concat(Enumerable.Repeat("a=b,(c)<@\"; ", 60)) + "\r\n ";
        var field = $"{name}: {string.Concat(Enumerable.Repeat(line, octets / line.Length))}x\r\n";

        Assert.EndsWith($"{reply}, 221 2.0.0", await server.TalkAsync(
            OriginWorld.Dialogue(field + Mail, "eve@evil.test", "203.0.113.9", "evil.test").Replace("ann@example.com", "ann@nowhere.test", StringComparison.Ordinal)), StringComparison.Ordinal);

        if (reply[0] == '2')
        {
            Assert.InRange((await server.Server.ReadOnlyMessageAsync("bob")).IndexOf("Received:", StringComparison.Ordinal), 50, 4_000);
        }
    }

    [Theory]
    [InlineData(All, "552 5.3.4")]
    [InlineData("\"dkim=tag\",\"dmarc=tag\"", "250 2.0.0")]
    public async Task A_flood_of_fields_is_not_looked_through(string checks, string reply)
    {
        await using var server = await new OriginWorld().StartAsync(checks);
        var flood = string.Concat(Enumerable.Repeat("a:\r\n", 50_000));

        Assert.EndsWith($"{reply}, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue("DKIM-Signature: v=1\r\nFrom: ann@nowhere.test\r\n" + flood + "\r\nHello\r\n")), StringComparison.Ordinal);

        if (reply[0] == '2')
        {
            Assert.Contains("dkim=permerror reason=\"the header is too long to be checked\"", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
        }
    }

    /// <summary>Ways around a policy: which From counts, and whether it is looked at at all.</summary>
    [Theory]
    [InlineData("From: x@nowhere.test\r\nFrom: Ann <ann@example.com>\r\n", "550 5.7.1", false)]
    [InlineData("From: Ann <ann@example.com>\r\nfrom : x@nowhere.test\r\n", "550 5.7.1", false)]
    [InlineData("From: x@nowhere.test, Ann <ann@example.com>\r\n", "550 5.7.1", false)]            // each is asked
    [InlineData("From: x@nowhere.test, y@elsewhere.test\r\n", "250 2.0.0", true)]                  // origin.several-authors = tag
    [InlineData("From: x@a.test, x@b.test, x@c.test, x@d.test, Ann <ann@example.com>\r\n", "550 5.7.1", false)]
    [InlineData("From: Ann <ann@EXAMPLE.com>\r\n", "550 5.7.1", false)]
    [InlineData("From: Team: Ann <ann@example.com>;\r\n", "550 5.7.1", false)]
    [InlineData("From: =?utf-8?q?ann=40nowhere=2Etest?= <ann@example.com>\r\n", "550 5.7.1", false)]
    [InlineData("Subject: no From\r\n", "550 5.7.1", false)]
    [InlineData("From: ann@example.com <x>\r\n", "550 5.7.1", false)]
    [InlineData("From: \"Ann of example.com\" <>\r\n", "550 5.7.1", false)]
    [InlineData("From: Ann of example.com:;\r\n", "550 5.7.1", false)]
    [InlineData("Subject: one\r\nthis is no field\r\nFrom: Ann <ann@example.com>\r\n", "550 5.7.1", false)]
    [InlineData("From: x@nowhere.test\r\nthis is no field\r\nFROM : Ann <ann@example.com>\r\n", "550 5.7.1", false)]
    [InlineData("From: x@nowhere.test\r\nthis is no field\r\nSubject: From: Ann\r\n", "250 2.0.0", false)]
    public async Task A_policy_cannot_be_got_around_by_a_From_that_readers_and_servers_read_differently(string header, string reply, bool isMarked)
    {
        await using var server = await new OriginWorld().StartAsync("dmarc");

        Assert.EndsWith($"354, {reply}, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(header + "\r\nHello\r\n", "eve@evil.test", "203.0.113.9", "evil.test")), StringComparison.Ordinal);

        if (reply[0] == '2')
        {
            Assert.Equal(isMarked, (await server.Server.ReadOnlyMessageAsync("bob")).Contains("X-Policy: dmarc=", StringComparison.Ordinal));
        }
    }

    /// <summary>What becomes of mail without an author is for the administrator to say; no more than dmarc may do at the listener.</summary>
    [Theory]
    [InlineData("dmarc", "origin.without-author=reject", "550 5.7.1", false)]
    [InlineData("dmarc", "origin.without-author=defer", "451 4.7.1", false)]
    [InlineData("dmarc", "origin.without-author=tag", "250 2.0.0", true)]
    [InlineData("dmarc", "origin.without-author=log", "250 2.0.0", false)]
    [InlineData("\"dmarc=tag\"", "origin.without-author=reject", "250 2.0.0", true)]
    [InlineData("\"dmarc=log\"", "origin.without-author=reject", "250 2.0.0", false)]
    public async Task What_is_done_with_mail_without_an_author_is_a_switch(string checks, string set, string reply, bool isMarked)
    {
        await using var server = await new OriginWorld().StartAsync(checks, set);

        Assert.EndsWith($"354, {reply}, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue("Subject: no From\r\n\r\nHello\r\n", "eve@evil.test", "203.0.113.9", "evil.test")), StringComparison.Ordinal);

        if (reply[0] == '2')
        {
            Assert.Equal(isMarked, (await server.Server.ReadOnlyMessageAsync("bob")).Contains("X-Policy: dmarc=permerror (there is no From field)", StringComparison.Ordinal));
        }
    }

    /// <summary>With BINARYMIME a bare CR may come, which some readers take for the end of a line.</summary>
    [Theory]
    [InlineData("From: x@nowhere.test\r\nSubject: a\rFrom: ann@example.com\r\n\r\nHello\r\n", "550 5.7.1")]
    [InlineData("From: x@nowhere.test\r\nSubject: a\rFrom ann@example.com\r\n\r\nFrom: Hello\r\n", "250 2.0.0")]
    public async Task A_From_behind_a_bare_CR_is_no_way_round_a_policy(string message, string reply)
    {
        await using var server = await new OriginWorld().StartAsync("dmarc");
        var peer = await server.ConnectAsync();
        peer.Send(Encoding.Latin1.GetBytes(
            $"EHLO a\r\nXCLIENT ADDR=203.0.113.9\r\nEHLO evil.test\r\nMAIL FROM:<eve@evil.test> BODY=BINARYMIME\r\nRCPT TO:<bob@mx.test>\r\nBDAT {message.Length} LAST\r\n{message}QUIT\r\n"));

        Assert.EndsWith($"250 2.1.5, {reply}, 221 2.0.0", await PolicyServer.HearAsync(peer), StringComparison.Ordinal);
    }

    /// <summary>Names of signatures and senders are a stranger's choice: that nobody answers for them takes no time from the author's own policy.</summary>
    [Theory]
    [InlineData("\"dmarc=tag\"", "250 2.0.0")]
    [InlineData("dmarc", "550 5.7.1")]
    public async Task Names_that_nobody_answers_for_do_not_keep_a_policy_from_being_known(string checks, string reply)
    {
        var world = new OriginWorld();
        var deadlines = new HeldDeadlines(TimeSpan.FromSeconds(13));
        await using var server = await PolicyServer.StartAsync(
            new HalfSilentResolver(world.Resolver, "evil.test", question => deadlines.Pass(question.Name == DnsName.Parse("_dmarc.example.com"))),
            [$"listeners.mx.checks=[{checks}]", "listeners.mx.xclient-trusted=[127.0.0.1]", "origin.deadline=13s"], ports => ports with { Time = deadlines });
        var signature = world.Signed(Mail)[..^Mail.Length].Replace("d=example.com", "d=evil.test", StringComparison.Ordinal);

        Assert.EndsWith($"354, {reply}, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(signature + Mail, "eve@evil.test", "203.0.113.9", "evil.test")), StringComparison.Ordinal);

        if (reply[0] == '2')
        {
            Assert.Contains("X-Policy: dmarc=fail", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
        }
    }

    /// <summary>What there is no memory for is put off where it might be refused, and taken where nothing hangs on it.</summary>
    [Theory]
    [InlineData("dmarc", "451 4.4.3")]
    [InlineData("dkim", "451 4.7.5")]
    [InlineData("\"dkim=tag\"", "250 2.0.0")]
    public async Task More_than_there_is_memory_for_is_put_off(string checks, string reply)
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(checks, "origin.memory=256KiB", "origin.header=1MiB");
        var large = world.Signed("From: ann@example.com\r\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"X-{i}: {new string('x', 900)}\r\n")) + "\r\nHello\r\n");

        Assert.EndsWith($"354, {reply}, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(large)), StringComparison.Ordinal);
        Assert.EndsWith("354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_larger_than_all_the_memory_there_is_for_it_is_hashed_while_it_comes()
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync("dkim", "origin.memory=256KiB");
        var line = new string('x', 998) + "\r\n";
        var large = world.Signed("From: ann@example.com\r\n\r\n" + string.Concat(Enumerable.Repeat(line, 700)));

        Assert.EndsWith("354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(large)), StringComparison.Ordinal);
        Assert.Contains("dkim=pass", (await server.Server.ReadOnlyMessageAsync("bob"))[..1000], StringComparison.Ordinal);
    }

    /// <summary>A clock by which one span of time passes when the test says so, however slow the machine is.</summary>
    private sealed class HeldDeadlines(TimeSpan span) : TimeProvider
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<Held> _held = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != span)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            var held = new Held(() => callback(state));
            _held.Enqueue(held);
            return held;
        }

        public void Pass(bool isOver)
        {
            while (isOver && _held.TryDequeue(out var held))
            {
                held.Ring();
            }
        }

        private sealed class Held(Action ring) : ITimer
        {
            private Action? _ring = ring;

            public void Ring() => Interlocked.Exchange(ref _ring, null)?.Invoke();

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => Interlocked.Exchange(ref _ring, null);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }

    /// <summary>Never answers for one domain and those below it; says what it has an answer for, before it gives it.</summary>
    private sealed class HalfSilentResolver(IResolver others, string silent, Action<DnsQuestion> answers) : IResolver
    {
        private readonly DnsName _silent = DnsName.Parse(silent);

        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            if (question.Name.IsAtOrBelow(_silent))
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            answers(question);
            return await others.ResolveAsync(question, CancellationToken.None);
        }
    }

    /// <summary>Every domain's record includes three that nobody has heard of, every name has a key, every address hundreds of names.</summary>
    private sealed class EndlessResolver : IResolver
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            var n = Interlocked.Increment(ref _asked);
            IEnumerable<DnsRecord> records = question.Type switch
            {
                DnsType.Txt when question.Name.ToString().StartsWith("_dmarc", StringComparison.Ordinal) => [new TxtRecord(question.Name, 60, ["v=DMARC1; p=none"])],
                DnsType.Txt => [new TxtRecord(question.Name, 60, [$"v=spf1 include:a{n}.test include:b{n}.test include:c{n}.test -all"])],
                DnsType.Ptr => Enumerable.Range(0, 300).Select(i => new PointerRecord(question.Name, 60, DnsType.Ptr, DnsName.Parse($"n{i}.test"))),
                _ => [],
            };
            return Task.FromResult<DnsOutcome>(records.Any() ? new DnsFound([.. records], TimeSpan.FromMinutes(1)) { Name = question.Name } : new DnsNoName(TimeSpan.Zero) { Name = question.Name });
        }
    }
}
