using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage.Access;
using ActorSmtp.Storage.Memory;

namespace ActorSmtp.Storage.Tests;

/// <summary>What every mailbox store promises.</summary>
public abstract class MailboxStoreContract
{
    private static readonly byte[] Prefix = "Return-Path: <ann@example.com>\r\n"u8.ToArray();

    private protected abstract IMailboxStore Open();

    [SkippableFact]
    public async Task Mail_is_delivered_with_its_prefix_and_read_back()
    {
        await using var store = Open();
        await Deliver(store, "bob", "Subject: one\r\n\r\nfirst\r\n", "Subject: two\r\n\r\nsecond\r\n");
        var messages = await List(store, "bob");
        Assert.Equal(2, messages.Count);
        Assert.All(messages, message => Assert.True(message.Unseen));
        Assert.Equal("Return-Path: <ann@example.com>\r\nSubject: one\r\n\r\nfirst\r\n", await Read(store, "bob", messages[0].Key));
        Assert.Equal("Return-Path: <ann@example.com>\r\nSubject: two\r\n\r\nsecond\r\n", await Read(store, "bob", messages[1].Key));
        var summary = await store.ShowAsync("bob", default);
        Assert.Equal((2, 2), (summary!.Messages, summary.Unseen));
        Assert.Equal(messages.Sum(message => message.Octets), summary.Octets);
    }

    [SkippableFact]
    public async Task Order_is_kept_in_each_mailbox()
    {
        await using var store = Open();
        for (var round = 0; round < 5; round++)
        {
            await Deliver(store, ["a", "b", "c"], Enumerable.Range(0, 30).Select(i => $"{(round * 30) + i:D4}\r\n").ToArray());
        }

        foreach (var account in new[] { "a", "b", "c" })
        {
            var texts = new List<string>();
            foreach (var message in await List(store, account))
            {
                texts.Add((await Read(store, account, message.Key))[Prefix.Length..]);
            }

            Assert.Equal(50, texts.Count);
            Assert.Equal(texts.Order(StringComparer.Ordinal), texts);
        }
    }

    [SkippableFact]
    public async Task The_same_message_given_again_after_a_doubt_stays_one()
    {
        await using var store = Open();
        var mail = Mail("once\r\n");
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", Prefix)]);
        mail.GivenBack();
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", Prefix)]);
        Assert.Single(await List(store, "bob"));
    }

    [SkippableFact]
    public async Task What_a_filter_wants_changed_is_changed_in_what_is_delivered()
    {
        await using var store = Open();
        var id = TestMail.NextId();
        var edits = ContentEdits.Of(new ContentEdit(0, 0, "X-Top: 1\r\n"u8.ToArray()), new ContentEdit(14, 8, default), new ContentEdit(24, 5, "changed"u8.ToArray()));
        var mail = new MemoryMail(id, TestMail.Envelope(id) with { Edits = edits }, "Subject: one\r\nX-A: b\r\n\r\nfirst\r\n"u8.ToArray(), sequence: 1);
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", Prefix)]);
        var message = Assert.Single(await List(store, "bob"));
        Assert.Equal("Return-Path: <ann@example.com>\r\nX-Top: 1\r\nSubject: one\r\n\r\nchanged\r\n", await Read(store, "bob", message.Key));
        Assert.Equal((await Read(store, "bob", message.Key)).Length, message.Octets);
    }

    [SkippableFact]
    public async Task Two_recipients_that_share_a_mailbox_get_one_copy()
    {
        await using var store = Open();
        var mail = Mail("once\r\n");
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", Prefix), new MailboxDelivery(mail, 1, "bob", Prefix), new MailboxDelivery(mail, 2, "eve", Prefix)]);
        await Deliver(store, [new MailboxDelivery(mail, 3, "bob", Prefix)]);
        Assert.Single(await List(store, "bob"));
        Assert.Single(await List(store, "eve"));
    }

    [SkippableTheory]
    [InlineData("../../etc/passwd")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("-rf")]
    [InlineData("ümläut@exämple.com")]
    [InlineData("with space\n and line")]
    [InlineData("per%cent%2F")]
    public async Task Any_account_s_name_is_a_mailbox_of_its_own(string account)
    {
        await using var store = Open();
        await Deliver(store, account, "x\r\n");
        await Deliver(store, "other", "y\r\n");
        Assert.Single(await List(store, account));
        var accounts = new List<string>();
        await foreach (var mailbox in store.ListMailboxesAsync(default))
        {
            accounts.Add(mailbox.Account);
        }

        Assert.Equal(new[] { account, "other" }.Order(StringComparer.Ordinal), accounts);
    }

    [SkippableFact]
    public async Task A_very_long_account_s_name_is_a_mailbox_of_its_own()
    {
        await using var store = Open();
        var one = new string('x', 300) + "1";
        var two = new string('x', 300) + "2";
        await Deliver(store, one, "1\r\n");
        await Deliver(store, two, "2\r\n");
        Assert.Single(await List(store, one));
        Assert.Single(await List(store, two));
        var accounts = new List<string>();
        await foreach (var mailbox in store.ListMailboxesAsync(default))
        {
            accounts.Add(mailbox.Account);
        }

        Assert.Equal([one, two], accounts);
    }

    [SkippableFact]
    public async Task Messages_and_mailboxes_can_be_removed()
    {
        await using var store = Open();
        await Deliver(store, "bob", "1\r\n", "2\r\n");
        var messages = await List(store, "bob");
        Assert.True(await store.DeleteAsync("bob", messages[0].Key, default));
        Assert.False(await store.DeleteAsync("bob", messages[0].Key, default));
        Assert.Null(await store.OpenAsync("bob", messages[0].Key, default));
        Assert.Single(await List(store, "bob"));
        Assert.True(await store.DeleteMailboxAsync("bob", default));
        Assert.False(await store.DeleteMailboxAsync("bob", default));
        Assert.Null(await store.ShowAsync("bob", default));
        await Deliver(store, "bob", "3\r\n");
        Assert.Single(await List(store, "bob"));
    }

    [SkippableFact]
    public async Task Nothing_is_known_of_a_mailbox_that_is_not_there()
    {
        await using var store = Open();
        Assert.Null(await store.ShowAsync("nobody", default));
        Assert.Empty(await List(store, "nobody"));
        Assert.Null(await store.OpenAsync("nobody", "x", default));
        Assert.Null(await store.OpenAsync("nobody", "../x", default));
        Assert.False(await store.DeleteAsync("nobody", "x", default));
        Assert.Null(await store.ExportAsync("nobody", Stream.Null, default));
    }

    [SkippableFact]
    public async Task Export_writes_mbox_with_its_From_lines_quoted()
    {
        await using var store = Open();
        await Deliver(store, "bob", "Subject: x\r\n\r\nFrom here\r\n>From there\r\n>>From\r\nfrom\r\nFrom", "second\r\n");
        using var into = new MemoryStream();
        Assert.Equal(2, await store.ExportAsync("bob", into, default));
        var text = Encoding.ASCII.GetString(into.ToArray());
        Assert.Equal(
            "From MAILER-DAEMON Thu Jan 01 12:00:00 2026\nReturn-Path: <ann@example.com>\nSubject: x\n\n>From here\n>>From there\n>>From\nfrom\nFrom\n\n"
            + "From MAILER-DAEMON Thu Jan 01 12:00:00 2026\nReturn-Path: <ann@example.com>\nsecond\n\n",
            text);
    }

    [SkippableFact]
    public async Task A_snapshot_has_names_and_sizes_in_order_and_never_changes()
    {
        await using var store = Open();
        await Deliver(store, "bob", [.. Enumerable.Range(0, 300).Select(i => new string('x', i) + "\r\n")]);
        var listed = await List(store, "bob");
        var asked = 0L;
        var snapshot = (await MailboxSnapshot.TakeAsync((IMailboxReader)store, "bob", more => (asked += more) > 0, default))!;
        await store.DeleteAsync("bob", listed[7].Key, default);

        Assert.Equal(listed.Select(m => (m.Key, m.Octets)), Enumerable.Range(0, snapshot.Count).Select(i => (snapshot.NameOf(i).Key, snapshot.OctetsOf(i))));
        Assert.Equal(listed.Sum(m => m.Octets), snapshot.Octets);
        Assert.Equal(asked, snapshot.Memory);
        Assert.InRange(snapshot.Memory / snapshot.Count, 20, 200);
        Assert.Equal(299, (await MailboxSnapshot.TakeAsync((IMailboxReader)store, "bob", _ => true, default))!.Count);
    }

    [SkippableFact]
    public async Task A_snapshot_for_which_there_is_no_room_is_given_up_and_one_of_nothing_is_empty()
    {
        await using var store = Open();
        await Deliver(store, "bob", [.. Enumerable.Range(0, 300).Select(_ => "x\r\n")]);
        var left = 5000L;
        Assert.Null(await MailboxSnapshot.TakeAsync((IMailboxReader)store, "bob", more => (left -= more) >= 0, default));
        var nobody = (await MailboxSnapshot.TakeAsync((IMailboxReader)store, "nobody", _ => false, default))!;
        Assert.Equal((0, 0), (nobody.Count, nobody.Octets));
    }

    private protected static MemoryMail Mail(string text)
    {
        var id = TestMail.NextId();
        return new MemoryMail(id, TestMail.Envelope(id), Encoding.ASCII.GetBytes(text), sequence: 1);
    }

    private protected static Task Deliver(IMailboxStore store, string account, params string[] texts) => Deliver(store, [account], texts);

    private protected static Task Deliver(IMailboxStore store, string[] accounts, string[] texts) =>
        Deliver(store, [.. texts.Select((text, i) => new MailboxDelivery(Mail(text), 0, accounts[i % accounts.Length], Prefix))]);

    private protected static async Task Deliver(IMailboxStore store, MailboxDelivery[] batch)
    {
        var observer = new Settling(batch.Length);
        store.Deliver(batch, observer);
        Assert.All(await observer.All, result => Assert.True(result.Delivered));
    }

    private protected static async Task<List<MailboxMessage>> List(IMailboxStore store, string account)
    {
        var messages = new List<MailboxMessage>();
        await foreach (var message in store.ListAsync(account, default))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static async Task<string> Read(IMailboxStore store, string account, string key)
    {
        await using var stream = await store.OpenAsync(account, key, default);
        using var reader = new StreamReader(stream!, Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }

    private protected sealed class Settling(int expected) : IMailboxObserver
    {
        private readonly List<DeliveryResult> _results = [];
        private readonly TaskCompletionSource<List<DeliveryResult>> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<string> _delayed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<List<DeliveryResult>> All => _all.Task.WaitAsync(TimeSpan.FromSeconds(60));

        public Task<string> Delayed => _delayed.Task.WaitAsync(TimeSpan.FromSeconds(60));

        public void OnSettled(ReadOnlySpan<DeliveryResult> results)
        {
            lock (_results)
            {
                _results.AddRange(results);
                if (_results.Count == expected)
                {
                    _all.TrySetResult(_results);
                }
            }
        }

        public void OnDelayed(string account, string reason, TimeSpan delay) => _delayed.TrySetResult(reason);
    }
}
