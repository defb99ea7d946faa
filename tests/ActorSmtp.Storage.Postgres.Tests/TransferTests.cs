using System.Collections.Immutable;
using ActorSmtp.Storage.Access;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Mailboxes from files into the database and back.</summary>
public sealed class TransferTests
{
    [SkippableFact]
    public async Task Mailboxes_come_back_from_the_database_as_they_went_in_also_when_the_way_was_cut_off()
    {
        _ = Cluster.Shared;
        using var first = new TemporaryDirectory();
        using var second = new TemporaryDirectory();
        await using var source = (IMailboxStore)Stores.Mailboxes(TestMail.Settings(first.Path), TimeProvider.System);
        await using var back = Stores.Mailboxes(TestMail.Settings(second.Path), TimeProvider.System);
        await using var all = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(Cluster.Shared.NewDatabase())), TestMail.Settings("unused"), TimeProvider.System);
        await using var shared = all.Mailboxes();
        for (var i = 0; i < 30; i++)
        {
            // Names of other programs too; sizes on both sides of a chunk.
            var name = new MailboxName($"17672{i:D5}.M{i}P7.other", i % 3 == 0 ? "" : i % 3 == 1 ? "S" : "FRS", IsNew: i % 3 == 0);
            var content = TestMail.Content(i, i * 9_000);
            await ((IMailboxTarget)source).PutAsync($"box{i % 4}@exämple.test", name, TestMail.Noon, new MemoryStream(content), content.Length, default);
        }

        await ((IMailboxReader)source).SaveTagsAsync(
            "box0@exämple.test", ImmutableDictionary.Create<string, ImmutableArray<string>>().Add("1767200000.M0P7.other", ["red", "späť"]), default);

        using (var cut = new CancellationTokenSource())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Transfer(source, shared).CopyAsync(
                count =>
                {
                    if (count.Copied == 11)
                    {
                        cut.Cancel();
                    }
                },
                cut.Token));
        }

        var rest = await Transfer(source, shared).CopyAsync(_ => { }, default);
        Assert.Equal((4, 30), (rest.Mailboxes, rest.Copied + rest.Kept));
        Assert.InRange(rest.Kept, 11, 29);
        Assert.Equal(0, (await Transfer(source, shared).CopyAsync(_ => { }, default)).Copied);
        await Transfer(shared, back).CopyAsync(_ => { }, default);

        var sums = new List<(long Messages, string Sum)>();
        foreach (var store in new[] { source, shared, back })
        {
            sums.Add(await MailboxTransfer.SumAsync((IMailboxReader)store, _ => { }, default));
        }

        Assert.Equal(30, sums[0].Messages);
        Assert.Single(sums.Distinct());
        Assert.Equal(Tree(first.Path), Tree(second.Path));
        var summary = (await shared.ShowAsync("box1@exämple.test", default))!;
        Assert.Equal((8, 2), (summary.Messages, summary.Unseen));

        Assert.True(await back.DeleteAsync("box1@exämple.test", (await back.ListAsync("box1@exämple.test", default).ToListAsync())[0].Key, default));
        Assert.NotEqual(sums[0], await MailboxTransfer.SumAsync((IMailboxReader)back, _ => { }, default));
    }

    private static MailboxTransfer Transfer(IMailboxStore from, IMailboxStore to) => new((IMailboxReader)from, (IMailboxTarget)to);

    private static string[] Tree(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}")];
}
