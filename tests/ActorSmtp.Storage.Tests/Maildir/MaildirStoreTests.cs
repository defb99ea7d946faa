namespace ActorSmtp.Storage.Tests.Maildir;

/// <summary>Maildirs on the real disk.</summary>
public sealed class MaildirStoreTests : MailboxStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private protected override IMailboxStore Open() => Stores.Mailboxes(TestMail.Settings(_directory.Path), TimeProvider.System);

    [SkippableFact]
    public async Task The_directories_are_a_plain_Maildir_for_its_owner_only()
    {
        await using var store = Open();
        await Deliver(store, "bob", "x\r\n");
        var maildir = Path.Combine(_directory.Path, "mail", "bob", "Maildir");
        Assert.Equal(["cur", "new", "tmp"], Directory.GetDirectories(maildir).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var file = Assert.Single(Directory.GetFiles(Path.Combine(maildir, "new")));
        Assert.Empty(Directory.GetFiles(Path.Combine(maildir, "tmp")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, TestMail.Mode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, TestMail.Mode(maildir));
    }

    [Fact]
    public async Task A_message_that_a_reader_has_flagged_is_not_delivered_again()
    {
        await using var store = Open();
        var mail = Mail("x\r\n");
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", default)]);
        var maildir = Path.Combine(_directory.Path, "mail", "bob", "Maildir");
        var file = Assert.Single(Directory.GetFiles(Path.Combine(maildir, "new")));
        File.Move(file, Path.Combine(maildir, "cur", Path.GetFileName(file) + ":2,FS"));
        mail.GivenBack();
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", default)]);
        var message = Assert.Single(await List(store, "bob"));
        Assert.Equal("FS", message.Flags);
        Assert.False(message.Unseen);
        Assert.Equal(mail.Id.ToString(), message.Id);
    }

    [Fact]
    public async Task Messages_that_readers_have_moved_and_flagged_are_measured_and_removed_whatever_flags_are_given()
    {
        await using var store = Open();
        await Deliver(store, "bob", "1\r\n", "2\r\n", "3\r\n", "4\r\n");
        var reader = (IMailboxReader)store;
        var names = (await List(store, "bob")).Select(m => new MailboxName(m.Key, "", IsNew: true)).ToList();
        var maildir = Path.Combine(_directory.Path, "mail", "bob", "Maildir");
        File.Move(Path.Combine(maildir, "new", names[0].Key), Path.Combine(maildir, "cur", names[0].Key + ":2,Sa"));     // a keyword of another program's
        File.Move(Path.Combine(maildir, "new", names[1].Key), Path.Combine(maildir, "cur", names[1].Key));
        File.Delete(Path.Combine(maildir, "new", names[2].Key));

        var measured = new List<(string, string, bool, long)>();
        Assert.True(await reader.MeasureAsync("bob", (key, flags, isNew, octets) => measured.Add((key.ToString(), flags.ToString(), isNew, octets)), default));
        Assert.Equal(
            [(names[0].Key, "Sa", false, 35L), (names[1].Key, "", false, 35L), (names[3].Key, "", true, 35L)], measured.Order());
        names.Add(new MailboxName("../cur", "", IsNew: false));
        Assert.Equal([names[0].Key, names[1].Key], (await reader.RemoveAsync("bob", names[..3], default)).Order(StringComparer.Ordinal));
        Assert.Equal(names[3].Key, Assert.Single(await reader.RemoveAsync("bob", names[3..], default)));
        Assert.Empty(await List(store, "bob"));
    }

    [Fact]
    public async Task A_half_written_file_of_a_crash_is_written_anew()
    {
        await using var store = Open();
        var mail = Mail("whole\r\n");
        await Deliver(store, "bob", "first\r\n");
        var maildir = Path.Combine(_directory.Path, "mail", "bob", "Maildir");
        var half = Path.Combine(maildir, "tmp", ActorSmtp.Storage.Maildir.MaildirName.Of(mail));
        await File.WriteAllTextAsync(half, "wh");
        mail.GivenBack();
        await Deliver(store, [new MailboxDelivery(mail, 0, "bob", default)]);
        Assert.False(File.Exists(half));
        Assert.Equal("whole\r\n", await File.ReadAllTextAsync(Path.Combine(maildir, "new", Path.GetFileName(half))));
    }

    [Fact]
    public async Task A_mailbox_that_cannot_be_written_waits_alone_and_is_delivered_when_it_can_be()
    {
        await using var store = Open();
        var root = Path.Combine(_directory.Path, "mail");
        await File.WriteAllTextAsync(Path.Combine(root, "bad"), "in the way");
        var observer = new Settling(1);
        store.Deliver([new MailboxDelivery(Mail("late\r\n"), 0, "bad", default)], observer);
        Assert.Contains("bad", await observer.Delayed, StringComparison.Ordinal);
        await Deliver(store, "good", "1\r\n", "2\r\n", "3\r\n");
        Assert.Equal(1, store.Condition("bad").Waiting);
        Assert.NotNull(store.Condition("bad").Trouble);
        File.Delete(Path.Combine(root, "bad"));
        await observer.All;
        Assert.Single(await List(store, "bad"));
        Assert.Equal(new MailboxCondition(0, null), store.Condition("bad"));
    }

    [Fact]
    public async Task A_crowd_for_many_mailboxes_is_delivered_whole()
    {
        await using var store = Open();
        var accounts = Enumerable.Range(0, 300).Select(i => $"box{i}").ToArray();
        await Deliver(store, accounts, Enumerable.Range(0, 1500).Select(i => $"{i}\r\n").ToArray());
        foreach (var account in accounts)
        {
            Assert.Equal(5, (await List(store, account)).Count);
        }
    }
}
