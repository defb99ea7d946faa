using System.Security.Cryptography;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Signing;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Signing;

/// <summary>Whose mail is signed, for which domain, and what is stored then.</summary>
public sealed class SigningTests
{
    private const string Mail = "From: Ann <ann@mx.test>\nSubject: one\n\nHello\n";

    [Fact]
    public async Task Mail_of_one_who_logged_in_is_signed_for_the_domain_in_From_and_verifies()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));

        var stored = await server.ReadOnlyMessageAsync("bob");
        var result = Assert.Single(SigningServer.Verify(stored, keys));
        Assert.Equal((DkimVerdict.Pass, "mx.test", "s1", DkimAlgorithm.RsaSha256), (result.Verdict, result.Signature!.Domain, result.Signature.Selector, result.Signature.Algorithm));
        Assert.True(stored.IndexOf("DKIM-Signature:", StringComparison.Ordinal) < stored.IndexOf("Received:", StringComparison.Ordinal), stored);
        Assert.Equal(["From", "From", "Reply-To", "Subject", "Subject", "To", "Cc"], result.Signature.Fields, StringComparer.OrdinalIgnoreCase);
        Assert.Contains(server.Log.All, l => l.Contains("dkim-signature: signed (mx.test (s1))", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stranger_s_mail_is_not_signed_whatever_From_says()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail, logsIn: false));

        Assert.DoesNotContain("DKIM-Signature", await server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_neighbour_s_mail_is_signed_too()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Neighbour);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail, logsIn: false));

        Assert.Equal(DkimVerdict.Pass, Assert.Single(SigningServer.Verify(await server.ReadOnlyMessageAsync("bob"), keys)).Verdict);
    }

    [Fact]
    public async Task Where_signing_is_off_keys_do_nothing()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, [.. SigningServer.Submission, "dkim.sign=off"]);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));

        Assert.DoesNotContain("DKIM-Signature", await server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Two_kinds_of_keys_make_two_signatures()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        try
        {
            await keys.MakeAsync("mx.test", "e1", DkimAlgorithm.Ed25519Sha256, 0, DateTimeOffset.UnixEpoch, CancellationToken.None);
        }
        catch (StoreException none)
        {
            Skip.If(true, none.Message);
        }

        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission);

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));

        var results = SigningServer.Verify(await server.ReadOnlyMessageAsync("bob"), keys);
        Assert.Equal([("s1", DkimVerdict.Pass), ("e1", DkimVerdict.Pass)], results.Select(r => (r.Signature!.Selector, r.Verdict)));
    }

    [Fact]
    public async Task A_large_message_is_signed_whole()
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await SigningServer.StartAsync(keys, SigningServer.Submission);
        var lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} with  some   white space \n"));

        var reply = await SigningServer.SendAsync(server, Mail + lines + ".. a dot\n");
        Assert.True(reply == "250 2.0.0", reply + string.Join('\n', server.Log.All));

        var stored = await server.ReadOnlyMessageAsync("bob");
        Assert.Equal(DkimVerdict.Pass, Assert.Single(SigningServer.Verify(stored, keys)).Verdict);
        Assert.Equal(DkimVerdict.Fail, Assert.Single(SigningServer.Verify(stored.Replace("line 19999 ", "line 19998 ", StringComparison.Ordinal), keys)).Verdict);
    }

    [Theory]
    [InlineData("on-failure=defer", "451 4.3.0")]
    [InlineData("on-failure=send", "250 2.0.0")]
    public async Task Where_the_machine_cannot_sign_mail_is_put_off_or_goes_unsigned(string setting, string reply)
    {
        var keys = new MemorySigningKeys();
        keys.Put("mx.test", "s1", new BrokenKey(), DateTimeOffset.UnixEpoch);
        await using var server = await SigningServer.StartAsync(keys, [.. SigningServer.Submission, "dkim." + setting]);

        Assert.Equal(reply, await SigningServer.SendAsync(server, Mail));

        Assert.Contains(server.Log.All, l => l.Contains("dkim-signature: failed (out of order)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("From: a@here.test", "a@here.test", "here.test")]
    [InlineData("From: a@here.test", "", "here.test")]
    [InlineData("From: a@HERE.test", "a@bounces.here.test", "here.test")]
    [InlineData("From: a@sub.here.test", "a@here.test", "here.test")]
    [InlineData("From: a@deep.sub.here.test", "a@here.test", "here.test")]
    [InlineData("From: a@own.here.test", "a@own.here.test", "own.here.test")]
    [InlineData("From: a@sub.strict.test", "a@strict.test", null, "there is no key for sub.strict.test")]
    [InlineData("From: a@strict.test", "a@strict.test", "strict.test")]
    [InlineData("From: a@off.test", "a@off.test", null, "mail from off.test is not to be signed")]
    [InlineData("From: a@elsewhere.test", "a@elsewhere.test", null, "there is no key for elsewhere.test")]
    [InlineData("From: a@here.test", "a@elsewhere.test", null, "it is sent by elsewhere.test, and From says here.test")]
    [InlineData("From: a@elsewhere.test, b@here.test", "b@here.test", "here.test")]
    [InlineData("From: a@here.test\r\nFrom: b@here.test", "a@here.test", null, "it has no From, or several")]
    [InlineData("To: a@here.test", "a@here.test", null, "it has no From, or several")]
    [InlineData("From: nobody", "a@here.test", null, "it has no From, or several")]
    public async Task The_domain_in_From_says_whose_key_signs(string header, string sender, string? domain, string why = "")
    {
        var keys = await SigningServer.KeysOfAsync("here.test", "own.here.test", "strict.test", "off.test");
        using var metrics = new Metrics();
        var settings = TestMailServer.Settings(["dkim.sign=on", "dkim.domains.\"strict.test\".subdomains=off", "dkim.domains.\"off.test\".sign=off"]).Dkim;
        var board = new SigningBoard { Current = new SigningTable((await keys.LoadAsync([], CancellationToken.None)).Keys) };
        var signer = new MailSigner(settings, board, TimeProvider.System, metrics);

        var plan = signer.PlanOf(HeaderList.Read(System.Text.Encoding.ASCII.GetBytes(header + "\r\n\r\n"), MimeLimits.Ample), sender.Length == 0 ? null : Mailbox.TryParse(sender));

        Assert.Equal((domain, why), (plan.Keys?.Domain, plan.Why));
    }

    /// <summary>Anybody may send from nobody, and then nothing says that From is the sender's.</summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "here.test")]
    public async Task What_a_user_sends_from_nobody_is_not_signed(bool isOfUser, string? domain)
    {
        var keys = await SigningServer.KeysOfAsync("here.test");
        using var metrics = new Metrics();
        var board = new SigningBoard { Current = new SigningTable((await keys.LoadAsync([], CancellationToken.None)).Keys) };
        var mail = new MailSigner(TestMailServer.Settings(["dkim.sign=on"]).Dkim, board, TimeProvider.System, metrics).Begin(null, isOfUser);
        mail.Message.Take("From: ceo@here.test\r\n\r\nPay!\r\n"u8);
        mail.Message.Complete();

        Assert.Equal(domain, mail.Plan.Keys?.Domain);
        Assert.Equal(isOfUser ? "it is sent by nobody (<>)" : "", mail.Plan.Why);
        mail.Message.Dispose();
    }

    [Theory]
    [InlineData(0, "X-Spam-Status: No\r\nX-Other: 1\r\n\tand more\r\n", false)]
    [InlineData(0, "Subject: another\r\n", true)]
    [InlineData(0, "reply-to: eve@evil.test\r\n", true)]
    [InlineData(0, "X-Spam: yes\r\n\r\nbody\r\n", true)]
    [InlineData(0, "no field\r\n", true)]
    [InlineData(0, "X-Spam: without an end", true)]
    [InlineData(7, "", true)]
    public void A_filter_s_changes_are_looked_at(long removed, string inserted, bool touched)
    {
        var plan = new SigningPlan(null, DkimSigningForm.Usual, "");
        var edits = ContentEdits.Of(new ContentEdit(10, removed, System.Text.Encoding.ASCII.GetBytes(inserted)));

        Assert.Equal(touched, MailSigner.IsTouched(plan, edits, ""));
        Assert.False(MailSigner.IsTouched(plan, null, ""));
        Assert.Equal(removed > 0 ? false : touched, MailSigner.IsTouched(plan, null, inserted));
    }

    [Theory]
    [InlineData("X-Seen", true)]
    [InlineData("Subject", false)]
    public async Task A_field_that_a_hook_puts_in_front_is_looked_at_too(string name, bool signed)
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await TestMailServer.StartAsync(
            sets: [.. SigningServer.Submission, "listeners.mx.checks=[http-hook]", "gatekeeping.http-hooks.a.url=\"http://hook.test/\"", "gatekeeping.http-hooks.a.sessions=all"],
            users: [("bob", "secret"), ("ann", "secret")],
            ports: p => p with { SigningKeys = keys, Hooks = new FieldHook(name) });

        Assert.Equal("250 2.0.0", await SigningServer.SendAsync(server, Mail));

        var stored = await server.ReadOnlyMessageAsync("bob");
        Assert.Contains($"\r\n{name}: by a hook\r\n", stored, StringComparison.Ordinal);
        Assert.Equal(signed ? [DkimVerdict.Pass] : [], SigningServer.Verify(stored, keys).Select(r => r.Verdict));
        Assert.Equal(!signed, server.Log.All.Any(l => l.Contains("dkim-signature: unsigned (a filter changes what would be signed)", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("on-failure=defer", "451 4.3.0")]
    [InlineData("on-failure=send", "250 2.0.0")]
    public async Task A_machine_that_does_not_get_to_signing_in_time_puts_mail_off_or_sends_it_unsigned(string setting, string reply)
    {
        var keys = await SigningServer.KeysOfAsync("mx.test");
        await using var server = await TestMailServer.StartAsync(
            sets: [.. SigningServer.Submission, "dkim." + setting, "gatekeeping.timeout=150ms"], users: [("bob", "secret"), ("ann", "secret")],
            ports: p => p with { SigningKeys = keys, Background = new NeverAtContent() });

        Assert.Equal(reply, await SigningServer.SendAsync(server, Mail));

        Assert.Contains(server.Log.All, l => l.Contains("dkim-signature: failed (no answer within 0.15 s)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_several_keys_the_one_that_began_last_signs_and_none_before_its_time()
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var keys = new MemorySigningKeys();
        foreach (var (selector, hours) in new[] { ("s1", -48), ("s2", -24), ("s3", 24) })
        {
            await keys.MakeAsync("here.test", selector, DkimAlgorithm.RsaSha256, 2048, now.AddHours(hours), CancellationToken.None);
        }

        var table = new SigningTable((await keys.LoadAsync([], CancellationToken.None)).Keys).Find("here.test")!;

        Assert.Empty(table.At(now.AddHours(-49)));
        Assert.Equal("s1", Assert.Single(table.At(now.AddHours(-48))).Selector);
        Assert.Equal("s2", Assert.Single(table.At(now)).Selector);
        Assert.Equal("s3", Assert.Single(table.At(now.AddHours(24))).Selector);
    }

    [Theory]
    [InlineData("dkim.key-bits=1024", "actorsmtp.dkim.key-bits")]
    [InlineData("dkim.sing=on", "actorsmtp.dkim.sing")]
    [InlineData("dkim.on-failure=reject", "actorsmtp.dkim.on-failure")]
    [InlineData("dkim.domain-defaults.canonicalization=nofws", "actorsmtp.dkim.domain-defaults.canonicalization")]
    [InlineData("dkim.domain-defaults.headers=[From, Received]", "actorsmtp.dkim.domain-defaults.headers")]
    [InlineData("dkim.domain-defaults.headers=[Date, From]", "actorsmtp.dkim.domain-defaults.headers")]
    [InlineData("dkim.domain-defaults.oversign=[Subject]", "actorsmtp.dkim.domain-defaults.oversign")]
    [InlineData("dkim.domain-defaults.oversign=[From, from]", "actorsmtp.dkim.domain-defaults.oversign")]
    [InlineData("dkim.domain-defaults.expire-after=10m", "actorsmtp.dkim.domain-defaults.expire-after")]
    [InlineData("dkim.domains.\"a b\".sign=on", "actorsmtp.dkim.domains.\"a b\".sign")]
    [InlineData("dkim.domains.\"here.test\".sings=on", "actorsmtp.dkim.domains.\"here.test\".sings")]
    [InlineData("dkim.keys=[{ domain = here.test, selector = s1 }]", "actorsmtp.dkim.keys.0.file")]
    [InlineData("dkim.keys=[{ domain = \"\", selector = s1, file = x }]", "actorsmtp.dkim.keys.0.domain")]
    [InlineData("dkim.keys=[{ domain = here.test, selector = \"s 1\", file = x }]", "actorsmtp.dkim.keys.0.selector")]
    [InlineData("dkim.keys=[{ domain = here.test, selector = s1, file = x, active-from = soon }]", "actorsmtp.dkim.keys.0.active-from")]
    [InlineData("dkim.rotate-wait=2", "actorsmtp.dkim.rotate-wait")]
    [InlineData("arc.domain=\"a b\"", "actorsmtp.arc.domain")]
    public void A_mistake_is_told_with_its_path(string set, string path)
    {
        var wrong = Assert.Throws<SettingsException>(() => TestMailServer.Settings([set]));

        Assert.Contains(wrong.Mistakes, m => m.Path == path);
    }

    [Fact]
    public void A_key_elsewhere_is_read_from_the_settings()
    {
        var settings = TestMailServer.Settings(["dkim.keys=[{ domain = Here.test, selector = S1, file = /k/x, active-from = \"2026-01-31T12:00:00Z\" }, { domain = here.test, selector = s2, file = y }]"]).Dkim;

        Assert.Equal(
            [new SigningKeyFile("here.test", "s1", "/k/x", new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)), new SigningKeyFile("here.test", "s2", "y", DateTimeOffset.UnixEpoch)],
            settings.Keys.ToArray());
    }

    /// <summary>Adds a field to each message.</summary>
    private sealed class FieldHook(string name) : ActorSmtp.Transport.IHttpPosts
    {
        public Task<ActorSmtp.Transport.HttpAnswer> PostAsync(ActorSmtp.Transport.HttpPost post, CancellationToken cancellation) => Task.FromResult(new ActorSmtp.Transport.HttpAnswer(
            200, System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(post.Body.Span).Contains("\"step\":\"content\"", StringComparison.Ordinal)
                ? $$"""{"action":"accept","headers":[{"name":"{{name}}","value":"by a hook"}]}""" : """{"action":"accept"}""")));
    }

    /// <summary>Verifies passwords, and never gets to hash a message.</summary>
    private sealed class NeverAtContent : ActorSmtp.Server.Threads.IBackground
    {
        public Task<T> Run<T>(Func<T> work) => typeof(T) == typeof(bool) && work.Method.DeclaringType!.FullName!.Contains("OriginTap", StringComparison.Ordinal)
            ? new TaskCompletionSource<T>().Task : Task.Run(work);
    }

    /// <summary>Of a machine whose cryptography is out of order.</summary>
    private sealed class BrokenKey : DkimPrivateKey
    {
        public override DkimAlgorithm Algorithm => DkimAlgorithm.RsaSha256;

        public override int Bits => 2048;

        protected override byte[] PublicKey => [];

        public override byte[] Sign(ReadOnlySpan<byte> hash) => throw new CryptographicException("out of order");
    }
}
