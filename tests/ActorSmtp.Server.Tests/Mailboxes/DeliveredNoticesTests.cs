using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Mailboxes;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Mailboxes;

/// <summary>Senders who asked for it hear that their message is in a mailbox here (RFC 3461 §4.1, NOTIFY=SUCCESS).</summary>
public sealed class DeliveredNoticesTests : PatientTestKit
{
    private static readonly string[] s_sets = ["domains=[mx.test]", "unknown-recipients=accept"];

    [Fact]
    public async Task A_sender_here_gets_one_report_for_each_recipient_that_wanted_it()
    {
        await using var server = await TestMailServer.StartAsync(sets: s_sets);
        await SendAsync(server, "MAIL FROM:<ann@mx.test> RET=HDRS ENVID=Q1", "RCPT TO:<bob@mx.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Robert@mx.test", "RCPT TO:<joe@mx.test> NOTIFY=FAILURE", "RCPT TO:<eve@mx.test>");

        var report = await server.ReadOnlyMessageAsync("ann@mx.test");
        Assert.StartsWith("Return-Path: <>\r\n", report, StringComparison.Ordinal);
        Assert.Contains("Subject: Delivered: bob@mx.test\r\n", report);
        Assert.Contains("\r\nReply-To: <postmaster@mx.test>\r\n", report);             // RFC 3464 §2
        Assert.Contains("Original-Envelope-Id: Q1\r\n", report);
        Assert.Contains("Original-Recipient: rfc822; Robert@mx.test\r\nFinal-Recipient: rfc822; bob@mx.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n", report);
        Assert.Contains("Subject: hello\r\n", report);
        Assert.DoesNotContain("Hello, the three of you", report);
        Assert.DoesNotContain("joe@mx.test", report);
        await AllIsDoneAsync(server);
    }

    [Fact]
    public async Task Nobody_is_told_of_a_bounce_nor_who_cannot_be_told()
    {
        await using var server = await TestMailServer.StartAsync(sets: s_sets);
        await SendAsync(server, "MAIL FROM:<>", "RCPT TO:<bob@mx.test> NOTIFY=SUCCESS");
        await SendAsync(server, "MAIL FROM:<far@far.test>", "RCPT TO:<eve@mx.test> NOTIFY=SUCCESS");         // and no mail leaves this server

        await server.ReadOnlyMessageAsync("bob@mx.test");
        await server.ReadOnlyMessageAsync("eve@mx.test");
        await AllIsDoneAsync(server);
        Assert.Contains(server.Log.All, line => line.Contains("<far@far.test> is not told that eve@mx.test has", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_was_given_back_is_not_told_of_twice()
    {
        await using var stores = await JournalAsync();
        var about = About("bob@mx.test");
        Store(stores, about);
        Store(stores, NoticeOf(about, 0));
        var mail = Take(stores);
        stores.Mail.Deliveries.Release(mail, TimeSpan.Zero);            // it may have been delivered
        var notice = Take(stores);
        stores.Mail.Deliveries.Release(notice, TimeSpan.Zero);
        mail = Take(stores);
        var tells = Tells(stores, new NoticeGate(stores.Mail.Deliveries));
        Assert.True(tells.IsWanted(about, 0));

        Assert.Equal((notice.Id, null), Told(tells, mail, 0));
        Assert.Equal(2, stores.Mail.Statistics.Waiting);
    }

    [Fact]
    public async Task After_a_crash_a_notice_that_is_there_is_not_made_again_though_it_was_taken_first_and_waits_until_that_is_on_record()
    {
        await using var stores = await JournalAsync();
        var about = About("bob@mx.test", "joe@mx.test", "eve@mx.test");
        Store(stores, NoticeOf(about, 0));
        Store(stores, about);
        Store(stores, NoticeOf(about, 1));
        Store(stores, NoticeOf(about, 2));
        var gate = new NoticeGate(stores.Mail.Deliveries);
        var tells = Tells(stores, gate);
        tells.Opened();

        var first = Take(stores);                                       // nothing waits there any more that could be found
        var (mail, second, third) = (Take(stores), Take(stores), Take(stores));
        Assert.All([first, second, third], notice => Assert.True(gate.IsClosed(notice.Id), "delivered, and made again after the next crash"));
        stores.Mail.Deliveries.Complete(mail, 2);                       // as it is on record
        tells.Look(mail);
        Assert.Equal([true, true, false], new[] { first, second, third }.Select(notice => gate.IsClosed(notice.Id)));

        Assert.Equal((first.Id, null), Told(tells, mail, 0));
        Assert.Equal((second.Id, null), Told(tells, mail, 1));
        Assert.Equal(4, stores.Mail.Statistics.Waiting);
        tells.Look(second);
        Assert.Equal([true, true], new[] { first, second }.Select(notice => gate.IsClosed(notice.Id)));       // whoever records the recipient opens it
    }

    [Fact]
    public async Task Notices_whose_message_is_done_with_are_kept_from_nobody()
    {
        await using var stores = await JournalAsync();
        var about = About("bob@mx.test", "joe@mx.test");
        Store(stores, NoticeOf(about, 0));
        Store(stores, NoticeOf(about, 1));
        var gate = new NoticeGate(stores.Mail.Deliveries);
        var tells = Tells(stores, gate);
        tells.Opened();
        var (first, second) = (Take(stores), Take(stores));
        Assert.False(gate.IsClosed(first.Id));
        tells.Look(first);
        Assert.False(gate.IsClosed(second.Id));
    }

    private static async Task<StoreSet> JournalAsync()
    {
        var stores = Stores.InMemory(TestMailServer.Settings(s_sets).Storage.Files);
        await stores.Mail.OpenAsync(default);
        return stores;
    }

    private static Envelope About(params string[] recipients) => new()
    {
        Id = new MailIdGenerator(1).Next(DateTimeOffset.UnixEpoch.AddYears(60)),
        ReceivedAt = DateTimeOffset.UnixEpoch,
        From = new ReversePath(Mailbox.Parse("ann@mx.test")),
        Recipients = [.. recipients.Select(r => new Recipient(Mailbox.Parse(r), DsnNotify.Success) { Account = r })],
        SessionId = "s-1",
    };

    private static Envelope NoticeOf(Envelope about, int recipient) =>
        about with { Id = about.Id.Derive(recipient), From = ReversePath.Null, Recipients = [new Recipient(Mailbox.Parse("ann@mx.test"), DsnNotify.Never) { Account = "ann@mx.test" }] };

    private static DeliveredNotices Tells(StoreSet stores, NoticeGate gate) => new(
        stores.Mail, gate, () => new AccountDirectory(["mx.test"], acceptUnknown: true, UserTable.Empty), [], leaves: false, "mx.test", 1000, new PoolBackground(), TimeProvider.System, new Random(1));

    private (MailId? Notice, string? Failure) Told(DeliveredNotices tells, StoredMail mail, int recipient)
    {
        var inbox = CreateTestProbe();
        tells.Begin(new MailboxDelivery(mail, recipient, "bob@mx.test", default), inbox.Ref);
        var ended = inbox.ExpectMsg<DeliveredNotices.Ended>();
        return (ended.Notice, ended.End.Failure);
    }

    private static StoredMail Take(StoreSet stores)
    {
        var one = new StoredMail[1];
        Assert.Equal(1, stores.Mail.Deliveries.Take(one));
        return one[0];
    }

    private static void Store(StoreSet stores, Envelope envelope)
    {
        var writer = stores.Mail.Begin(envelope.Id, Deaf.Instance);
        writer.Write("Subject: x\r\n\r\n"u8);
        writer.Commit(envelope);
    }

    private sealed class Deaf : IMailWriterObserver
    {
        public static readonly Deaf Instance = new();

        public void OnReady(MailId id)
        {
        }

        public void OnStored(MailId id)
        {
        }

        public void OnStoreFailed(MailId id, StoreFailure failure)
        {
        }
    }

    private static async Task AllIsDoneAsync(TestMailServer server)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); server.Stores.Mail.Statistics.Waiting > 0; await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < until, $"{server.Stores.Mail.Statistics.Waiting} messages are never done with");
        }
    }

    private static async Task SendAsync(TestMailServer server, params string[] commands)
    {
        var peer = await DialoguePeer.ConnectAsync(server.Transport, server.EndPoint, TimeSpan.FromSeconds(30));
        Assert.StartsWith("220 ", await peer.ReadLineAsync(), StringComparison.Ordinal);
        peer.Send(Encoding.Latin1.GetBytes(string.Concat(((string[])["EHLO c.test", .. commands, "DATA", "Subject: hello", "", "Hello, the three of you", ".", "QUIT"]).Select(line => line + "\r\n"))));
        var heard = new List<string>();
        while (await peer.ReadLineAsync() is { } line)
        {
            heard.Add(line);
        }

        Assert.StartsWith("250 2.0.0", heard[^2], StringComparison.Ordinal);
    }
}
