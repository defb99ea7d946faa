using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>What the store is given of mail that leads elsewhere: to other domains, and by aliases.</summary>
public sealed class RelayedEnvelopeTests
{
    private const string Routes = "outbound.routes={\"far.test\"=mx}";
    private const string Aliases = "aliases={\"one\"=\"carl@far.test\",\"all\"=[\"ann\",\"bob\",\"carl@far.test\"],\"me\"=\"bob\"}";

    [Fact]
    public async Task Mail_for_another_domain_keeps_all_that_the_sender_asked_for()
    {
        await using var at = await StartAsync(Routes, "listeners.mx.auth=required");
        var envelope = await Send(at, "AUTH PLAIN AGJvYgBzZWNyZXQ=", "MAIL FROM:<bob@mx.test> RET=FULL ENVID=a+2Bb", "RCPT TO:<Carl@Far.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Carl@list.test", "RCPT TO:<ann@mx.test>");

        Assert.Equal(("a+b", DsnReturn.Full, "bob"), (envelope.EnvelopeId, envelope.Return, envelope.User));
        Assert.Equal(new[]
        {
            new Recipient(Mailbox.Parse("Carl@Far.test"), DsnNotify.Success | DsnNotify.Failure, new OriginalRecipient("rfc822", "Carl@list.test")),
            new Recipient(Mailbox.Parse("ann@mx.test")) { Account = "ann" },
        }, envelope.Recipients);
    }

    [Fact]
    public async Task An_alias_of_one_passes_all_on_and_says_whom_the_sender_wrote_to()
    {
        await using var at = await StartAsync(Routes, Aliases);
        var envelope = await Send(at, "MAIL FROM:<x@c.test>", "RCPT TO:<One@mx.test> NOTIFY=SUCCESS,DELAY", "RCPT TO:<me@mx.test> NOTIFY=SUCCESS");

        Assert.Equal("<x@c.test>", envelope.From.ToString());
        Assert.Equal(new[]
        {
            new Recipient(Mailbox.Parse("carl@far.test"), DsnNotify.Success | DsnNotify.Delay, new OriginalRecipient("rfc822", "One@mx.test")),
            new Recipient(Mailbox.Parse("me@mx.test"), DsnNotify.Success) { Account = "bob" },
        }, envelope.Recipients);
    }

    [Theory]
    [InlineData("", DsnNotify.Unspecified, false)]
    [InlineData(" NOTIFY=FAILURE", DsnNotify.Failure, false)]
    [InlineData(" NOTIFY=NEVER", DsnNotify.Never, false)]
    [InlineData(" NOTIFY=SUCCESS,FAILURE", DsnNotify.Failure, true)]
    [InlineData(" NOTIFY=SUCCESS", DsnNotify.Never, true)]
    public async Task An_alias_of_several_asks_none_of_them_for_success_and_says_that_it_was_expanded(string notify, DsnNotify passedOn, bool tells)
    {
        await using var at = await StartAsync(Routes, Aliases);
        var envelope = await Send(at, "MAIL FROM:<x@c.test>", $"RCPT TO:<all@mx.test>{notify} ORCPT=rfc822;orig@c.test");

        var (alias, original) = (Mailbox.Parse("all@mx.test"), new OriginalRecipient("rfc822", "orig@c.test"));
        Recipient[] expected =
        [
            new(alias, passedOn, original) { Account = "ann" },
            new(alias, passedOn, original) { Account = "bob" },
            new(Mailbox.Parse("carl@far.test"), passedOn, original),
        ];
        Assert.Equal(tells ? [.. expected, new Recipient(alias, DsnNotify.Success, original) { IsExpanded = true }] : expected, envelope.Recipients);
    }

    [Fact]
    public async Task Nobody_is_told_of_a_bounce_that_it_was_expanded()
    {
        await using var at = await StartAsync(Routes, Aliases);
        Assert.DoesNotContain((await Send(at, "MAIL FROM:<>", "RCPT TO:<all@mx.test> NOTIFY=SUCCESS")).Recipients, r => r.IsExpanded);
    }

    [Fact]
    public async Task Whoever_is_named_twice_by_whatever_aliases_gets_one_copy()
    {
        await using var at = await StartAsync(Routes, Aliases);
        var envelope = await Send(at, "MAIL FROM:<x@c.test>", "RCPT TO:<me@mx.test>", "RCPT TO:<all@mx.test>", "RCPT TO:<bob@mx.test>", "RCPT TO:<one@mx.test>");

        Assert.Equal(["me@mx.test in bob", "all@mx.test in ann", "carl@far.test in "], envelope.Recipients.Select(r => $"{r.Address} in {r.Account}"));
    }

    [Fact]
    public async Task A_message_grows_by_aliases_up_to_their_limit_and_the_rest_comes_in_another()
    {
        await using var at = await StartAsync(Routes, Aliases, "limits.alias-recipients=5");
        var peer = await Hello(at);
        peer.Send("MAIL FROM:<x@c.test>\r\nRCPT TO:<all@mx.test>\r\nRCPT TO:<all+1@mx.test>\r\nRCPT TO:<one@mx.test>\r\nRCPT TO:<bob@mx.test>\r\nRSET\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<all+1@mx.test>\r\n"u8);
        foreach (var reply in new[] { "250 2.1.0", "250 2.1.5", "452 4.5.3", "250 2.1.5", "250 2.1.5", "250 2.0.0", "250 2.1.0", "250 2.1.5" })
        {
            await Expect(peer, reply);
        }
    }

    [Theory]
    [InlineData("", "body", BodyType.SevenBit)]
    [InlineData(" BODY=8BITMIME", "body", BodyType.SevenBit)]
    [InlineData("", "grüße", BodyType.EightBitMime)]
    [InlineData(" BODY=7BIT", "grüße", BodyType.EightBitMime)]
    [InlineData(" BODY=8BITMIME", "grüße", BodyType.EightBitMime)]
    [InlineData(" BODY=BINARYMIME", "body", BodyType.BinaryMime)]
    public async Task What_the_content_is_its_octets_say_and_not_what_was_said_of_them(string parameter, string body, BodyType kind)
    {
        await using var at = await StartAsync(Routes, Aliases);
        var peer = await Hello(at);
        var content = Encoding.UTF8.GetBytes($"Subject: x\r\n\r\n{body}\r\n");
        peer.Send([.. Encoding.ASCII.GetBytes($"MAIL FROM:<x@c.test>{parameter}\r\nRCPT TO:<one@mx.test>\r\nBDAT {content.Length} LAST\r\n"), .. content]);
        foreach (var reply in new[] { "250 2.1.0", "250 2.1.5", "250 2.0.0" })
        {
            await Expect(peer, reply);
        }

        Assert.Equal(kind, at.Store.Writers.Single().Envelope!.Body);
        peer.Abort();
    }

    [Fact]
    public async Task The_store_of_what_it_accepted_holds_no_other_address_in_its_header_than_the_one_that_was_named()
    {
        await using var server = await TestMailServer.StartAsync(sets: [Routes, Aliases], users: [("ann", "x"), ("bob", "x")]);
        var alone = await Deliver(server, "MAIL FROM:<x@c.test>", "RCPT TO:<all@mx.test>");
        Assert.Contains("\r\n\tfor <all@mx.test>", alone, StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <x@c.test>\r\nDelivered-To: all@mx.test\r\nReceived: ", alone, StringComparison.Ordinal);
        Assert.DoesNotContain("far.test", alone, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_several_named_the_header_names_none()
    {
        await using var server = await TestMailServer.StartAsync(sets: [Routes, Aliases], users: [("ann", "x"), ("bob", "x")]);
        var several = await Deliver(server, "MAIL FROM:<x@c.test>", "RCPT TO:<one@mx.test>", "RCPT TO:<ann@mx.test>");
        Assert.DoesNotContain("for <", several, StringComparison.Ordinal);
        Assert.DoesNotContain("Delivered-To", several, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one@mx.test", "Delivered-To: one@mx.test", true)]
    [InlineData("One@mx.test", "DELIVERED-TO : <ONE@MX.test>", true)]
    [InlineData("one@mx.test", "Delivered-To:\r\n one@\r\n\tmx.test", true)]
    [InlineData("one@mx.test", "Delivered-To: me@mx.test\r\nDelivered-To: one@mx.test", true)]
    [InlineData("one@mx.test", "Delivered-To: other@mx.test", false)]
    [InlineData("one@mx.test", "X-Delivered-To: one@mx.test", false)]
    [InlineData("me@mx.test", "Delivered-To: me@mx.test", false)]       // stays here: no circle
    [InlineData("one@mx.test", "Subject: x\r\n\r\nDelivered-To: one@mx.test", false)]
    public async Task A_message_that_was_passed_on_from_here_before_is_refused(string recipient, string header, bool isRefused)
    {
        await using var at = await StartAsync(Routes, Aliases);
        foreach (var chunked in new[] { false, true })
        {
            var peer = await Hello(at);
            var content = $"{header}\r\nSubject: y\r\n\r\nbody\r\n";
            peer.Send(Encoding.ASCII.GetBytes($"MAIL FROM:<x@c.test>\r\nRCPT TO:<{recipient}>\r\n" + (chunked ? $"BDAT {content.Length} LAST\r\n{content}" : $"DATA\r\n{content}.\r\n")));
            await Expect(peer, "250 2.1.0");
            await Expect(peer, "250 2.1.5");
            if (!chunked)
            {
                await Expect(peer, "354");
            }

            await Expect(peer, isRefused ? "554 5.4.6" : "250 2.0.0");
            peer.Abort();
        }
    }

    [Fact]
    public async Task A_lent_inbox_sends_to_nobody_elsewhere()
    {
        await using var at = await StartAsync(Routes, "listeners.mx.auth=required");
        var password = StoredPassword.Create("secret", new byte[16], StoredPassword.MinIterations).Format();
        Assert.True(at.Server.Server.Lent.TryLend(new UserAccount("lent", password, [], Disabled: false, Admin: false) { SendsAs = ["*"] }));
        var peer = await Hello(at);
        peer.Send("AUTH PLAIN AGxlbnQAc2VjcmV0\r\nMAIL FROM:<lent@mx.test>\r\nRCPT TO:<carl@far.test>\r\nRCPT TO:<bob@mx.test>\r\n"u8);
        foreach (var reply in new[] { "235", "250 2.1.0", "550 5.7.1 A lent inbox", "250 2.1.5" })
        {
            await Expect(peer, reply);
        }
    }

    [Fact]
    public async Task What_an_address_led_to_is_in_the_log_the_transcript_and_the_story()
    {
        await using var at = await StartAsync(Routes, "aliases={\"all\"=[\"ann\",\"ghost\",\"carl@far.test\"]}");
        var envelope = await Send(at, "MAIL FROM:<x@c.test>", "RCPT TO:<all@mx.test>");

        const string Led = "all@mx.test leads to ann, carl@far.test; not to ghost@mx.test: nobody, or disabled";
        var transcript = await at.Server.Inspection.Stories!.TranscriptAsync("s0001-1", CancellationToken.None);
        Assert.Contains(transcript!.Lines, l => l.From == "note" && l.Text == "alias: " + Led);
        var story = await at.Server.Inspection.Stories!.ExplainAsync(envelope.Id.ToString(), CancellationToken.None);
        Assert.Contains(story!.Entries, e => e.What == "alias" && e.Detail == Led);
        Assert.Contains(at.Server.Log.All, l => l.StartsWith("Information all@mx.test of ", StringComparison.Ordinal));
        Assert.Contains(at.Server.Log.All, l => l.StartsWith("Warning alias all leads to nobody, or to a disabled account: ghost@mx.test;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Aliases_that_are_read_anew_count_at_once_and_keep_the_accounts()
    {
        await using var at = await StartAsync(Routes);
        var peer = await Hello(at);
        peer.Send("MAIL FROM:<x@c.test>\r\nRCPT TO:<new@mx.test>\r\n"u8);
        await Expect(peer, "250 2.1.0");
        await Expect(peer, "550 5.1.1");

        at.Server.Server.FollowAddresses(TestMailServer.Settings([Routes, "aliases={\"new\"=\"ann\"}", "recipient-delimiter=\"-\""]).Addresses);
        await Until(() => !at.Server.Server.Accounts!.Rules.Aliases.IsEmpty, "the aliases are not taken in");
        peer.Send("RCPT TO:<new-x@mx.test>\r\nRCPT TO:<bob+x@mx.test>\r\nRCPT TO:<bob-x@mx.test>\r\n"u8);
        await Expect(peer, "250 2.1.5");
        await Expect(peer, "550 5.1.1");
        await Expect(peer, "250 2.1.5");

        at.Server.Server.ReloadAccounts();
        await at.Server.Stores.Users.UpdateAsync(t => t.With(t.Accounts["ann"] with { Disabled = true }), CancellationToken.None);
        await Until(() => at.Server.Server.Accounts!.Account("ann")!.Disabled, "the accounts are not taken in");
        peer.Send("RCPT TO:<new@mx.test>\r\n"u8);
        await Expect(peer, "550 5.2.1");
    }

    private static async Task<Envelope> Send(SessionHarness at, params string[] commands)
    {
        var peer = await Hello(at);
        await Say(peer, commands);
        peer.Abort();
        return at.Store.Writers.Single().Envelope!;
    }

    private static async Task<string> Deliver(TestMailServer server, params string[] commands)
    {
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(60));
        await Greet(peer);
        await Say(peer, commands);
        peer.Abort();
        return await server.ReadOnlyMessageAsync("ann");
    }

    private static async Task Say(DialoguePeer peer, string[] commands)
    {
        foreach (var command in commands)
        {
            peer.Send(Encoding.ASCII.GetBytes(command + "\r\n"));
            await Expect(peer, "2");
        }

        peer.Send("DATA\r\n"u8);
        await Expect(peer, "354");
        peer.Send("Subject: x\r\n\r\nbody\r\n.\r\n"u8);
        await Expect(peer, "250 2.0.0");
    }

    private static async Task<DialoguePeer> Hello(SessionHarness at)
    {
        var peer = await at.ConnectAsync();
        await Greet(peer);
        return peer;
    }

    private static async Task Greet(DialoguePeer peer)
    {
        await Expect(peer, "220 ");
        peer.Send("EHLO c.test\r\n"u8);
        while ((await peer.ReadLineAsync())!.StartsWith("250-", StringComparison.Ordinal))
        {
        }
    }
}
